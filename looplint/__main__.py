"""`looplint`, and `python -m looplint`: what runs first, and answers an interrupt quietly from then on."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line, and leave with its status."""
    try:
        from looplint.cli import main as run

        run()
    except KeyboardInterrupt:  # while it is being imported: later on it is its own affair
        sys.exit(130)


if __name__ == "__main__":
    main()
