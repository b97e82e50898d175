"""Measurements of facetd. `python -m bench.run` runs them all; each prints a table and one line of JSON, and never fails on time."""
