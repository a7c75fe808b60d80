"""The words of every document, in plain text. All of it is derived: `rebuild_search` makes it anew at any time."""

from django.contrib.contenttypes.models import ContentType
from django.db import models


class Entry(models.Model):
    """The words of one document, public or not: what readers may find is asked of the document at that time.

    The full-text index over these columns is the database's own (`search.backends.sqlite`, `search.backends.postgres`).
    """

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    title = models.TextField()
    keywords = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    # The paths of its main categories between slashes, as /i-am-in-pain/my-best/
    topics = models.TextField(default="/")
    body = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=("content_type", "object_id"), name="search_entry_one_each")]

    def __str__(self) -> str:
        return self.title


class Word(models.Model):
    """A word that occurs in some entry, or once did: where a misspelt one may find its right spelling."""

    SHORTEST = 3
    LONGEST = 40

    word = models.CharField(max_length=LONGEST, unique=True)

    def __str__(self) -> str:
        return self.word
