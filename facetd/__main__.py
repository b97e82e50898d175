"""`python -m facetd`."""

from facetd.cli.main import main

if __name__ == "__main__":
    main()
