"""The law of the training loop, verified while it trains (installed as `looplint.runtime_check`).

Not built yet: `looplint check` reads the source; this package will watch the run.
"""
