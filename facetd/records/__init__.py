"""The dataclasses that cross rooms. No behaviour."""
