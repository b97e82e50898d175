"""Files to pixels and facts. Knows nothing of databases, users or HTTP."""
