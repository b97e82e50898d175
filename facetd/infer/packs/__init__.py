"""Packs: models that a user installs, from a publisher or from a folder."""
