"""How like two posts are: their topic, their tags, and the telling words of title, headings and short version."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Case, Count, Func, IntegerField, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from blog.models import Post

MAX_KEYWORDS = 16
_WORD = re.compile(r"[^\W\d_]{4,}")
# Words of English titles that say nothing about the matter. Other languages have theirs ranked a little worse.
_STOP_WORD_LIST = (
    "about above after again also been before being best better between both cannot could does doing done down"
    " each easy even ever every everything find first five four from good great guide have help helps here into just"
    " know last less like little long look made make makes many might more most much must need never next only other"
    " over part really right same should simple some start still stop such take than that their them then there these"
    " they thing things this those three through tips under until used very want well were what when where which"
    " while will with without work would year years your yours"
)
STOP_WORDS = frozenset(_STOP_WORD_LIST.split())


def extract_keywords(texts: Iterable[str]) -> str:
    """The first 16 different words of `texts` that tell what they are about, in a form to search within.

    A word stands for its plural and its longer forms: it loses an s and all after the sixth letter.
    """
    spoken = (word for text in texts for word in _WORD.findall(text.casefold()))
    found = (word.removesuffix("s")[:6] for word in spoken if word not in STOP_WORDS)
    words = list(dict.fromkeys(found))[:MAX_KEYWORDS]
    return f" {' '.join(words)} " if words else ""


class _SharedWords(Func):
    """How many of `words` a column of `extract_keywords()` holds: one expression, since Django takes long over many."""

    output_field = IntegerField()

    def __init__(self, *columns: str, words: Iterable[str] = ()) -> None:
        super().__init__(*columns)
        self.words = list(words)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str, ...]]:  # type: ignore[override]
        column, _ = compiler.compile(self.source_expressions[0])
        # Never a bare number: databases take one in ORDER BY for a column's place.
        tests = [f"CASE WHEN {column} LIKE %s THEN 1 ELSE 0 END"] * len(self.words)
        return f"({' + '.join(tests or ['CASE WHEN 1 = 0 THEN 1 ELSE 0 END'])})", tuple(
            f"% {word} %" for word in self.words
        )


def similarity(post: Post) -> Any:
    """An expression: the same topic counts three, each shared tag two, each shared word one. No query of its own."""
    total: Any = _SharedWords("keywords", words=post.keywords.split())
    if post.primary_category_id:
        total += Case(When(primary_category=post.primary_category_id, then=3), default=0)
    if tags := [tag.pk for tag in post.tags.all() if tag.pk] if post.pk else []:
        shared = apps.get_model("blog", "TaggedPost").objects.filter(content_object=OuterRef("pk"), tag__in=tags)
        count = shared.order_by().values("content_object").annotate(count=Count("pk")).values("count")
        total += Value(2) * Coalesce(Subquery(count, output_field=IntegerField()), 0)
    return total
