"""Test that an undo restores the database as it was, but for what was edited or used since."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Author
from affiliates.models import Link, Program
from blog.models import Category, Post, Tag
from comments.models import Comment
from feedback.models import HelpfulCount, Suggestion
from layout.models import Block
from newsletter.models import AnnouncedPost
from pages.models import Page
from pages.starter_pages import create_starter_pages
from redirects.models import Redirect
from tests.ads.test_ads import make_ad
from tests.comments.factories import make_comment
from tests.factories import make_campaign, make_post
from tests.wordpress.exports import Writer, item
from tests.wordpress.test_item_handlers import affiliate
from wordpress import undo
from wordpress.models import ImportedObject, ImportRun, ReportRow

pytestmark = pytest.mark.django_db
EXPORTS = Path(__file__).parents[3] / "shared" / "wxr"
# What happened stays on record, and cached pages have changed twice.
LOGS = {"wordpress.ImportRun", "wordpress.ReportRow", "accounts.AuditEvent", "pagecache.CacheVersion"}


def dump() -> dict[str, list[dict[str, Any]]]:
    models = [model for model in apps.get_models() if model._meta.label not in LOGS and model._meta.managed]
    rows = {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}
    return {label: found for label, found in rows.items() if found}


def undo_last() -> ImportRun:
    run = ImportRun.objects.latest("pk")
    call_command("import_wordpress", undo=run.pk)
    run.refresh_from_db()
    return run


def many_items() -> list[str]:
    return [
        item(link="https://old.example/2020/05/a/b/"),
        item(2, status="draft", creator="ghost"),
        item(3, kind="page", slug="about", title="About"),
        item(4, kind="page", slug="child", parent=3, link="https://old.example/elsewhere/child/"),
        item(5, slug="taken"),
    ]


def test_undo_restores_the_database(write: Writer) -> None:
    create_starter_pages()
    make_post(slug="taken")
    Redirect.objects.create(old_path="/post-1", target="/taken/", target_path="/taken")
    Redirect.objects.create(old_path="/elsewhere/child", target="/taken/", target_path="/taken")
    before = dump()
    call_command("import_wordpress", write(*many_items()))
    assert dump() != before
    run = undo_last()
    assert dump() == before
    assert (run.task, run.state) == ("undo", "done")
    assert set(ReportRow.objects.filter(object_type="blog.post").values_list("undone", flat=True)) == {"Removed"}


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exports are not available")
@pytest.mark.parametrize("name", ["themeunittestdata.wordpress.xml", "genesis-sample.xml", "blueprints-content.xml"])
def test_undo_of_a_real_export_restores_the_database(name: str) -> None:
    before = dump()
    call_command("import_wordpress", str(EXPORTS / name))
    undo_last()
    assert dump() == before


def test_undo_removes_only_what_this_run_created(write: Writer) -> None:
    call_command("import_wordpress", write(item()))
    before = dump()
    call_command("import_wordpress", write(item(), item(2), name="newer"))
    undo_last()
    assert dump() == before
    assert [post.slug for post in Post.objects.all()] == ["post-1"]


def test_undo_leaves_what_was_edited_or_is_used(write: Writer) -> None:
    page = item(4, kind="page", slug="p", link="https://old.example/somewhere/p/")
    call_command("import_wordpress", write(item(), item(2), item(3), page))
    assert Redirect.objects.count() == 1
    edited = Post.objects.get(slug="post-1")
    edited.title = "Mine now"
    edited.save()
    undo_last()
    assert [post.title for post in Post.objects.all()] == ["Mine now"]
    assert {category.slug for category in Category.objects.all()} == {"pain", "low-back"}
    assert Tag.objects.count() == Author.objects.count() == 1
    row = ReportRow.objects.get(object_type="blog.post", object_id=edited.pk)
    assert row.undone == "Not removed: you changed it"
    assert not Redirect.objects.exists()
    # It is recognized in the next import.
    call_command("import_wordpress", write(item(), name="again"))
    assert Post.objects.count() == 1


def test_page_above_an_edited_page_stays(write: Writer) -> None:
    pages = [item(1, kind="page", slug="a"), item(3, kind="page", slug="c")]
    pages.append(item(2, kind="page", slug="b", parent=1, link="https://old.example/elsewhere/b/"))
    call_command("import_wordpress", write(*pages))
    page = Page.objects.get(slug="b")
    page.title = "Mine now"
    page.save()
    undo_last()
    assert {page.slug for page in Page.objects.all()} == {"a", "b"}
    # The old URL leads to the page that stays.
    assert Redirect.objects.get().target == "/a/b/"


def test_interrupted_undo_goes_on(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dump()
    call_command("import_wordpress", write(*many_items()))

    def interrupted(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(undo, "_restore_redirects", interrupted)
        with pytest.raises(KeyboardInterrupt):
            undo_last()
    assert ImportRun.objects.get().state == "failed"
    undo_last()
    assert dump() == before


def test_undone_import_cannot_be_undone_again(write: Writer) -> None:
    call_command("import_wordpress", write(item()))
    run = undo_last()
    with pytest.raises(CommandError, match="no import"):
        call_command("import_wordpress", undo=run.pk)
    assert not ImportedObject.objects.exists()


def _block(document: Post | Page) -> None:
    Block.objects.create(area="top_bar", block_type="link", position=9, **{str(document._meta.model_name): document})


USES: list[tuple[str, Callable[[Any], object]]] = [
    ("there are comments on it", make_comment),
    ("there are comments on it", lambda post: make_comment(post, status=Comment.Status.PENDING)),
    ("visitors suggested corrections to it", lambda post: Suggestion.objects.create(post=post, submission=uuid4())),
    ("visitors said whether it helped them", lambda post: HelpfulCount.objects.add(post, True)),
    ("a newsletter links to it", lambda post: make_campaign(post=post)),
    ("a newsletter links to it", lambda post: AnnouncedPost.objects.update(digested_at=timezone.now())),
    ("a menu or another part of the layout links to it", _block),
    ("another post names it as related", lambda post: make_post(slug="mine", related_first=post)),
]


@pytest.mark.parametrize(("reason", "use"), USES)
def test_undo_leaves_a_post_with_what_visitors_wrote_or_what_shows_it(
    write: Writer, reason: str, use: Callable[[Any], object]
) -> None:
    call_command("import_wordpress", write(item(), item(2)))
    post = Post.objects.get(slug="post-1")
    AnnouncedPost.objects.exclude(post=post).delete()
    use(post)
    undo_last()
    assert list(Post.objects.filter(slug__startswith="post-")) == [post]
    assert ReportRow.objects.get(object_type="blog.post", object_id=post.pk).undone == f"Not removed: {reason}"


def test_undo_leaves_a_page_with_comments_and_the_pages_above_it(write: Writer) -> None:
    pages = [item(1, kind="page", slug="a"), item(2, kind="page", slug="b", parent=1), item(3, kind="page", slug="c")]
    call_command("import_wordpress", write(*pages))
    comment = make_comment(Page.objects.get(slug="b"))
    undo_last()
    assert {page.slug for page in Page.objects.all()} == {"a", "b"}
    assert Comment.objects.get() == comment


def test_undo_removes_posts_with_nothing_but_spam(write: Writer) -> None:
    call_command("import_wordpress", write(item()))
    make_comment(Post.objects.get(), status=Comment.Status.SPAM)
    undo_last()
    assert not Post.objects.exists()


def test_undo_restores_a_starter_page_under_its_comments(write: Writer) -> None:
    create_starter_pages()
    before = Page.objects.get(path="about").body
    call_command("import_wordpress", write(item(3, kind="page", slug="about", title="About us")))
    page = Page.objects.get(path="about")
    assert page.body != before
    make_comment(page)
    undo_last()
    page.refresh_from_db()
    assert page.body == before
    assert Comment.objects.exists()


def test_undo_leaves_affiliate_links_that_a_remaining_text_uses(write: Writer) -> None:
    items = [affiliate(30, "https://www.shop.example/roller"), affiliate(31, "https://www.shop.example/b", slug="b")]
    call_command("import_wordpress", write(*items))
    make_post(body='<p><a href="/go/roller/">A roller</a></p>')
    undo_last()
    assert [link.slug for link in Link.objects.all()] == ["roller"]
    assert Program.objects.count() == 1


@pytest.mark.parametrize("status", ["published", "draft"])
def test_undo_names_links_of_remaining_texts_that_lead_nowhere_now(
    write: Writer, status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    old = make_post(slug="old", title="Old", body='<p><a href="/never-there/">Dead before</a></p>')
    mine = make_post(slug="mine", title="Mine", status=status)
    call_command("import_wordpress", write(*many_items()))
    mine.body = (
        '<p><a href="/post-1/#top">Gone</a> <a href="/post-1/">again</a> <a href="/2020/05/a/b/">old URL</a>'
        '<a href="/category/pain/">list</a> <a href="/old/">stays</a> <a href="/never-there/">dead before</a></p>'
    )
    mine.save()
    run = undo_last()
    found = run.rows.filter(kind="link", outcome="missing").order_by("source")
    assert [(row.title, row.source, row.object_id) for row in found] == [
        ("Mine", "/2020/05/a/b/", mine.pk),
        ("Mine", "/category/pain/", mine.pk),
        ("Mine", "/post-1/", mine.pk),
    ]
    assert "“Mine” links to /post-1/, which is no longer there." in capsys.readouterr().out
    assert Post.objects.get(slug="old") == old


def test_undo_leaves_categories_that_an_ad_avoids(write: Writer) -> None:
    call_command("import_wordpress", write(item()))
    make_ad().excluded_categories.add(Category.objects.get(slug="low-back"))
    undo_last()
    assert "low-back" in {category.slug for category in Category.objects.all()}
