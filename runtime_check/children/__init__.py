"""What the Python processes that a watched run starts find first on their path: `sitecustomize`."""
