"""Commands: `start_shop` and `check_links`."""
