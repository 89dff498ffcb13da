"""looplint in CI systems, and in the hook that comes before them."""
