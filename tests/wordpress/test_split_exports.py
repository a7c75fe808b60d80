"""Test exports that were split into several files: what one declares counts for the others, in any order."""

from itertools import permutations
from pathlib import Path

import pytest
from django.core.management import call_command

from blog.models import Category, Post
from tests.wordpress.exports import HEAD, TAIL, all_rows, item
from tests.wordpress.test_permalinks import meta
from wordpress.preview import build_preview
from wordpress.reader import read_export

pytestmark = pytest.mark.django_db
# The beginning of a file without the authors and categories.
BARE = HEAD.partition("<wp:author>")[0]
BLOCK = '<!-- wp:paragraph --><p>Words.</p><!-- /wp:paragraph --><!-- wp:block {"ref":3} /-->'
GUEST = meta("cap-display_name", "Sam Poe") + meta("cap-user_login", "sam") + meta("cap-description", "Sam runs.")
PARTS = (
    BARE
    + item(1, body=BLOCK, more='<category domain="author" nicename="cap-sam"><![CDATA[sam]]></category>')
    + item(2, creator="boss@old.example"),
    HEAD + item(3, kind="wp_block", body="<!-- wp:paragraph --><p>Shared.</p><!-- /wp:paragraph -->"),
    BARE + item(4, kind="guest-author", slug="cap-sam", title="Sam Poe", more=GUEST),
)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_parts_of_an_export_are_one_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    paths = [tmp_path / f"{number}.xml" for number in order]
    for path, number in zip(paths, order, strict=True):
        path.write_text(PARTS[number] + TAIL, encoding="utf-8")
    authors = build_preview([read_export(path) for path in paths])["authors"]
    assert sorted((author["name"], author["posts"]) for author in authors) == [("Robin", 2)]
    call_command("import_wordpress", *map(str, paths))
    first, second = Post.objects.order_by("slug")
    assert first.plain_text().split() == ["Words.", "Shared."]
    assert (first.author.name, first.author.short_bio, second.author.name) == ("Sam Poe", "Sam runs.", "Robin")
    assert Category.objects.get(slug="low-back").path.strip("/") == "pain/low-back"
    before = all_rows()
    call_command("import_wordpress", *map(str, paths))
    assert all_rows() == before
