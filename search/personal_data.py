"""The search index stores no personal data. Searches are counted by their words only, in `analytics`."""

from privacy.registry import register
from search.models import IndexEntry, VocabularyWord

register.add_impersonal(
    IndexEntry,
    "title keywords summary categories body"
    " title_tokens keywords_tokens summary_tokens body_tokens words keyword_words problem",
    "A copy of published content.",
)
register.add_impersonal(VocabularyWord, "word form", "Words of published content.")
