"""What one user has in private stays unseen and untouched: every operation, on two libraries that differ in nothing else."""
