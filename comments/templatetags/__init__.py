"""Template tags for comments."""
