"""Users who sign in with an email address, and the authors shown to visitors."""
