"""Send sequences: find who is due for which email, and have the campaigns' delivery send it."""
