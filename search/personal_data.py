"""The search index stores no personal data, and searches are not recorded."""

from privacy.registry import register
from search.models import IndexEntry, VocabularyWord

register.add_impersonal(IndexEntry, "title keywords summary categories body", "A copy of published content.")
register.add_impersonal(VocabularyWord, "word", "Words of published content.")
