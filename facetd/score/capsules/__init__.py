"""Capsules: which photos of a library belong together. Pure rules; they run in a worker and need NumPy."""
