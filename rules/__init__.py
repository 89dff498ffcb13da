"""The catalogue: one file a rule, found by its presence here (installed as `looplint.rules`)."""
