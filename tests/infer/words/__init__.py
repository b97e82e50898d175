"""Tests of facetd.infer.words."""
