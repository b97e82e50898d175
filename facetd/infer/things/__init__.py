"""Things: what the object detector knows by name."""
