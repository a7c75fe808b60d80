"""The contact form, its inbox in the admin, and replies by email."""
