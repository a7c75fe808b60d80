"""Commands for the newsletter."""
