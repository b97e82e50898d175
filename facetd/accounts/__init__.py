"""Who asks: viewers, and what they may see."""
