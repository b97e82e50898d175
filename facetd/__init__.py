"""facetd: a photo library for a home NAS."""
