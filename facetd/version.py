"""The version of facetd, read by setup.cfg and `facetd --version`."""

__version__ = "0.1.0"
