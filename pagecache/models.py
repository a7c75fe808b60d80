"""Version tokens that decide whether a cached page is still current."""

import secrets

from django.db import models

MAX_PATH_LENGTH = 500
# The row whose version covers every page.
ALL_PAGES = ""
# The row whose version covers pages that are made from the texts of many documents: feeds, sitemaps, search results.
ALL_TEXTS = "*texts"


class CacheVersionManager(models.Manager["CacheVersion"]):
    """Changes version tokens; `pagecache.versions` reads them."""

    def bump(self, path: str = ALL_PAGES) -> None:
        """Give `path` a new version, or every page if it is empty. A single statement, so concurrent bumps are safe."""
        version = CacheVersion(path=path, token=secrets.token_hex(8))
        self.bulk_create([version], update_conflicts=True, unique_fields=["path"], update_fields=["token"])


class CacheVersion(models.Model):
    """A random token that changes whenever the pages it covers change."""

    path = models.CharField(max_length=MAX_PATH_LENGTH, unique=True)
    token = models.CharField(max_length=16)

    objects = CacheVersionManager()

    def __str__(self) -> str:
        return self.path or "all pages"
