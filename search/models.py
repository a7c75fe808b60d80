"""The search index: plain text derived from the documents. `rebuild_search` recreates all of it at any time."""

from django.contrib.contenttypes.models import ContentType
from django.db import models


class IndexEntry(models.Model):
    """The searchable text of one document, public or not.

    Excerpts come from the texts. Whether visitors may see the document is checked at search time. The full-text
    index over the tokens belongs to the database (`search.backends`).
    """

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    title = models.TextField()
    keywords = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    # Paths of its top-level categories between slashes, such as /i-am-in-pain/my-best/
    categories = models.TextField(default="/")
    body = models.TextField(blank=True)
    # What is searched: the tokens of each text, and their distinct words. See `search.tokens`.
    title_tokens = models.TextField(blank=True, default="")
    keywords_tokens = models.TextField(blank=True, default="")
    summary_tokens = models.TextField(blank=True, default="")
    body_tokens = models.TextField(blank=True, default="")
    words = models.TextField(blank=True, default="")
    keyword_words = models.TextField(blank=True, default="")
    # Why the document cannot be found: the error that its text raised. It is tried again when it is saved.
    problem = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        """One entry for each document."""

        verbose_name_plural = "index entries"
        constraints = [
            models.UniqueConstraint(fields=("content_type", "object_id"), name="search_indexentry_unique_document")
        ]

    def __str__(self) -> str:
        return self.title


class VocabularyWord(models.Model):
    """A word that occurs, or once occurred, in an index entry: a candidate for spelling suggestions."""

    MIN_LENGTH = 3
    MAX_LENGTH = 40

    word = models.CharField(max_length=MAX_LENGTH, unique=True)
    # The folded word, which is compared with what visitors type.
    form = models.CharField(max_length=MAX_LENGTH, db_index=True)

    def __str__(self) -> str:
        return self.word
