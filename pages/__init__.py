"""Standing pages with roles, services and starter texts."""
