"""Admin for this app. Importing the modules registers their models."""

from affiliates.admin import earnings, links, products, programs

__all__ = ["earnings", "links", "products", "programs"]
