"""Exercise cards that many texts share, their pages, and what visitors do with them."""
