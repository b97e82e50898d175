"""The HTML pages: thin shells whose scripts talk to the JSON API."""

from facetd.http.pages.errors import error_page, wants_html
from facetd.http.pages.setup import FIND_PERSON, FIND_PHOTO, setup_pages

__all__ = ["FIND_PERSON", "FIND_PHOTO", "error_page", "setup_pages", "wants_html"]
