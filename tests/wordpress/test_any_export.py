"""Whatever an export contains, it is imported safely or refused with a sentence."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blog.models import Post
from pages.models import Page
from richtext.sanitizer import sanitize
from tests.fuzzing import examples
from tests.test_query_strings import ODD_VALUES
from tests.wordpress.exports import HEAD, TAIL, item

pytestmark = pytest.mark.django_db
fuzz = settings(
    max_examples=examples(20), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

_MARKUP = st.lists(
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<svg/onload=alert(1)>",
            "<p>",
            "</p>",
            "[gallery ids=1]",
        ]
        + [
            '<!-- wp:image {"id":1} -->',
            "<!-- /wp:image -->",
            "<!-- wp:",
            "-->",
            "]]>",
            '[caption id="x"]',
            "[/caption]",
        ]
        + [
            '<a href="javascript:alert(1)">',
            "</a>",
            "https://youtu.be/abcDEF123_-",
            "\n\n",
            "<ol start=NaN><li>",
            "&#0;",
            "&",
        ]
        + [
            "<table><td>",
            "[shop id='",
            "<iframe src=//evil.example>",
            "word",
            "<h2>",
            "<math><mi>",
            "<style>p{}</style>",
        ]
    ),
    max_size=12,
).map("".join)
_VALUES = st.sampled_from(ODD_VALUES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | _MARKUP
_KINDS = st.sampled_from(["post", "page", "attachment", "nav_menu_item", "wp_block", "feedback", ""])
_FIELDS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("title", "slug", "status", "date", "password", "creator", "more", "link", "parent", "order", "modified"),
        _VALUES,
    )
    | {"body": _MARKUP, "kind": _KINDS},
)


def import_and_check(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with transaction.atomic():
        with suppress(CommandError):
            call_command("import_wordpress", str(path), verbosity=0)
        for document in (*Post.objects.all(), *Page.objects.all()):
            assert sanitize(document.body) == document.body
        transaction.set_rollback(True)


@fuzz
@given(st.lists(_FIELDS, min_size=1, max_size=3))
def test_any_items_are_imported_safely(tmp_path: Path, items: list[dict[str, Any]]) -> None:
    text = HEAD + "".join(item(number, **fields) for number, fields in enumerate(items, start=1)) + TAIL
    import_and_check(tmp_path / "site.xml", text.encode())


@fuzz
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 40), st.binary(max_size=6)), min_size=1, max_size=4))
def test_any_damage_is_repaired_or_refused(tmp_path: Path, damages: list[tuple[int, int, bytes]]) -> None:
    content = (HEAD + item() + item(2, kind="page") + TAIL).encode()
    for start, length, added in damages:
        content = content[:start] + added + content[start + length :]
    import_and_check(tmp_path / "site.xml", content)
