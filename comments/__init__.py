"""Comments on posts and pages, shown once a moderator has approved them."""
