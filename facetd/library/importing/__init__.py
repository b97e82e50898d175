"""Bringing the library of another program over."""
