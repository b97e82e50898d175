"""The command line: one command tree, each command a thin call into the rooms."""
