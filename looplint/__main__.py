"""`python -m looplint`."""

from looplint.cli import main

if __name__ == "__main__":
    main()
