"""Opinions: what models of installed packs think of a photo, as numbers that score/ brings onto its scale."""
