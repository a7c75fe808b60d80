"""Test links between the texts of an export: most get their targets before the texts are saved."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from blog.models import Post
from richtext.references import Reference
from tests.factories import make_post
from tests.wordpress.exports import Writer, item
from tests.wordpress.test_pages import SITE, page
from wordpress import links as links_module

pytestmark = pytest.mark.django_db


def test_links_between_posts_of_an_export_need_no_second_save(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    make_post(slug="post-4", title="Mine")
    links = {
        "page-1/": "/page-1/",
        "2020/05/post-1/#part": "/post-1/#part",
        "2020/05/post-3": "/post-3/",
        "2020/05/post-4/": "/post-4-2/",
        "2020/05/post-5/": "/twin-2/",
        "2020/05/post-6/": "/twin/",
        "2020/05/post-7/": f"{SITE}/2020/05/post-7/",
        "?p=3#part": "/post-3/#part",
    }
    body = "\n\n".join(f"<a href='{SITE}/{path}'>x</a>" for path in links)
    posts = [item(number, body="Words.", link=f"{SITE}/2020/05/post-{number}/") for number in (1, 3, 4)]
    twins = [
        item(5, slug="twin", status="draft", body="Words.", link=f"{SITE}/2020/05/post-5/"),
        item(6, slug="twin", body="Words.", link=f"{SITE}/2020/05/post-6/"),
        item(7, status="trash", link=f"{SITE}/2020/05/post-7/"),
    ]
    early_links = {path: url for path, url in links.items() if url.startswith(("/page-1/", "/post-1/", "/post-3/"))}
    early = item(2, body="\n\n".join(f'<a href="{SITE}/{path}">x</a>' for path in early_links))
    saved: list[str] = []
    update_rows = links_module.update_rows

    def record(rows: Sequence[Any], *names: str) -> None:
        saved.extend(row.slug for row in rows if isinstance(row, Post))
        update_rows(rows, *names)

    monkeypatch.setattr(links_module, "update_rows", record)
    call_command("import_wordpress", write(page(1), early, item(8, body=body), *posts, *twins))
    assert saved == ["post-8"]
    first, second = (Post.objects.get(slug=slug).body.split("\n") for slug in ("post-2", "post-8"))
    assert first == [f'<p><a href="{url}">x</a></p>' for url in early_links.values()]
    assert second == [f'<p><a href="{url}">x</a></p>' for url in links.values()]
    paths = Reference.objects.from_model(Post).filter(path__isnull=False).values_list("path", flat=True)
    assert {"page-1", "post-1", "post-3", "post-4-2", "twin"} <= set(paths)


def test_link_to_a_post_that_was_deleted_here_stays(write: Writer) -> None:
    target = item(1, link=f"{SITE}/2020/05/post-1/")
    call_command("import_wordpress", write(target))
    Post.objects.get().delete()
    call_command("import_wordpress", write(target, item(2, body=f'<a href="{SITE}/2020/05/post-1/">x</a>')))
    assert Post.objects.get().body == f'<p><a href="{SITE}/2020/05/post-1/">x</a></p>'


def test_links_to_posts_that_failed_keep_their_old_url_until_these_are_imported(
    write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The links are right after every run, also if another text got the URL that a post was expected to get."""
    old = f"{SITE}/2020/05"
    links = [f"{old}/post-2/#part", f"{SITE}/?p=3", f"{old}/post-4/", f"{old}/post-5/"]
    first = item(1, body="\n\n".join(f'<a href="{link}">x</a>' for link in links), link=f"{old}/post-1/")
    others = [item(number, body="Words.", link=f"{old}/post-{number}/") for number in (2, 3, 4, 5)]
    export = write(first, *others)
    update = Post.update_derived_fields

    def failing(self: Post) -> object:
        if self.title in ("Post 2", "Post 3"):
            if not Post.objects.filter(title="Mine").exists():
                make_post(slug="post-4", title="Mine")
            raise ValueError("broken on purpose")
        return update(self)

    with monkeypatch.context() as patch:
        patch.setattr(Post, "update_derived_fields", failing)
        for _ in range(2):
            with pytest.raises(CommandError, match="2 posts or pages could not"):
                call_command("import_wordpress", export)
            hrefs = re.findall('href="([^"]*)"', Post.objects.get(slug="post-1").body)
            assert hrefs == [f"{old}/post-2/#part", f"{old}/post-3/", "/post-4-2/", "/post-5/"]
            paths = Reference.objects.from_model(Post).filter(path__isnull=False).values_list("path", flat=True)
            assert set(paths) == {"post-4-2", "post-5"}
    call_command("import_wordpress", export)
    hrefs = re.findall('href="([^"]*)"', Post.objects.get(slug="post-1").body)
    assert hrefs == ["/post-2/#part", "/post-3/", "/post-4-2/", "/post-5/"]
