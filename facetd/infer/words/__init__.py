"""Words: text as networks take it, and as directions that photos can be compared with."""
