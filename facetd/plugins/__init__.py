"""What others build on facetd: Python plugins and webhooks, told of what happens in the library."""

from facetd.plugins.hooks import Photo, ScanSummary, hookimpl

__all__ = ["Photo", "ScanSummary", "hookimpl"]
