"""Sentences about photos by an installed network."""
