"""The project package: settings, URLs, home page, admin site and worker."""
