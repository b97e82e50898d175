"""Bringing libraries of other programs over."""
