"""Faces: found, checked, measured and turned into numbers that tell people apart."""
