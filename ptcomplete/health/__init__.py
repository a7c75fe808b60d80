"""Checks of the running site, for `manage.py doctor`, the “Site health” page and the dashboard."""
