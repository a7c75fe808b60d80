"""Template tags for the newsletter."""
