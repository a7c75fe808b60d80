"""Disclaimers: worded once for all posts, and found where authors typed them."""
