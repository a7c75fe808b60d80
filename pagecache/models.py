"""Whether what was kept of the site may still be shown."""

import secrets

from django.db import models

LONGEST_PATH = 500


class StampManager(models.Manager["Stamp"]):
    def renew(self, path: str) -> None:
        """What is shown at `path` has changed, or anything if it is empty. One statement, whoever else writes."""
        fresh = Stamp(path=path, token=secrets.token_hex(8))
        self.bulk_create([fresh], update_conflicts=True, unique_fields=["path"], update_fields=["token"])

    def at(self, path: str) -> str:
        """What has to be the same for a kept page of `path` to be true. One query."""
        found = dict(self.filter(path__in=("", path)).values_list("path", "token"))
        return f"{found.get('', '')} {found.get(path, '')}"


class Stamp(models.Model):
    """Renewed with every change that readers can see: in general, or at one address alone."""

    path = models.CharField(max_length=LONGEST_PATH, unique=True)
    token = models.CharField(max_length=16)

    objects = StampManager()

    def __str__(self) -> str:
        return self.path or "everything"
