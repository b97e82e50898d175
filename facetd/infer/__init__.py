"""Models: what is known about each, and running them."""
