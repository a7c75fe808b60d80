"""Export the whole site to a folder, and import such a folder into an empty site."""
