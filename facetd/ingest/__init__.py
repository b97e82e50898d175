"""The pipeline: discover, decode, analyse, store. Resumable and idempotent."""
