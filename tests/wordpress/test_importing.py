"""Test the import of posts: complete, repeatable, and without overwriting the author's changes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.forms.models import model_to_dict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from blog.models import Post
from newsletter.campaigns import automation
from newsletter.models import NewsletterSettings
from siteinfo.models import SiteInfo
from tests.factories import make_author, make_category, make_post
from tests.wordpress.exports import HEAD, TAIL, Writer, all_rows, item
from wordpress import path_mapping

pytestmark = pytest.mark.django_db


def test_post_is_imported_with_its_related_objects(write: Writer, client: Client) -> None:
    call_command("import_wordpress", write(item(), item(2, kind="attachment")))
    post = Post.objects.get()
    assert post.body == "<p>First words.</p>\n<p>Second <strong>words</strong>.</p>"
    assert post.published_at is not None
    assert post.published_at.isoformat() == "2020-05-01T10:00:00+00:00"
    assert post.primary_category is not None
    assert post.primary_category.path == "pain/low-back/"
    assert post.primary_category.name == "Low & back"
    assert [tag.name for tag in post.tags.all()] == ["Desk work"]
    assert post.author.name == "Robin"
    assert SiteInfo.objects.get().name == "The Old Clinic"
    assert client.get("/post-1/").status_code == 200


def test_posts_published_in_wordpress_are_not_announced(write: Writer) -> None:
    NewsletterSettings.objects.create(is_automation_enabled=True)
    call_command("import_wordpress", write(item(), item(2, status="draft")))
    assert automation.plan_campaigns() == 0
    Post.objects.get(status="draft").publish()
    assert automation.plan_campaigns() == 1


def test_unsupported_items_are_counted_by_type(write: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    call_command(
        "import_wordpress",
        write(item(), item(2, kind="feedback"), item(3, kind="attachment"), item(4, kind="feedback")),
    )
    output = capsys.readouterr().out
    assert "Posts: 1 created." in output
    assert "Not supported yet: 2 feedback" in output


def test_second_run_changes_nothing(write: Writer) -> None:
    path = write(item(), item(2, status="draft"), item(1, slug="same-number", title="Same number"))
    call_command("import_wordpress", path)
    assert Post.objects.count() == 3
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before


def test_dry_run_saves_nothing(write: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(item(body="[booking]Words[/booking]"), item(2, status="draft"))
    before = all_rows()
    with CaptureQueriesContext(connection) as queries:
        call_command("import_wordpress", path, "--dry-run")
    # Also nothing that is rolled back, which would block other writers for minutes.
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}
    assert all_rows() == before
    output = capsys.readouterr().out
    assert "The Old Clinic (https://old.example)" in output
    assert "Posts: 2 (1 published, 1 draft)." in output
    assert "Posts and pages: 2 new." in output
    assert "Shortcode “booking” is not supported. Its text would be kept. Used in “Post 1”." in output


def test_dry_run_says_what_an_import_would_change(write: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    pages = [item(8, kind="page", slug="child", parent=9), item(9, kind="page", slug="above")]
    call_command("import_wordpress", write(item(), item(2), item(3), *pages))
    Post.objects.get(slug="post-3").delete()
    capsys.readouterr()
    newer = write(item(), item(2, body="Newer."), item(3), item(4), *pages, name="newer")
    call_command("import_wordpress", newer, "--dry-run")
    counts = "1 new, 1 changed in WordPress since the last import, 3 already here, 1 deleted here."
    assert f"Posts and pages: {counts}" in capsys.readouterr().out


def test_newer_export_updates_only_unedited_posts(write: Writer) -> None:
    call_command("import_wordpress", write(item(), item(2)))
    edited = Post.objects.get(slug="post-2")
    edited.body = "<p>My own words.</p>"
    edited.save()
    call_command("import_wordpress", write(item(body="Newer."), item(2, body="Newer.")))
    assert {post.slug: post.plain_text() for post in Post.objects.all()} == {
        "post-1": "Newer.",
        "post-2": "My own words.",
    }


def test_deleted_post_is_not_imported_again(write: Writer) -> None:
    path = write(item())
    call_command("import_wordpress", path)
    Post.objects.all().delete()
    call_command("import_wordpress", path)
    assert not Post.objects.exists()


@pytest.mark.parametrize(
    ("values", "is_public"),
    [
        ({"status": "publish"}, True),
        ({"status": "draft"}, False),
        ({"status": "pending"}, False),
        ({"status": "private"}, False),
        ({"status": "something-else"}, False),
        ({"status": "future", "date": "2020-01-01 00:00:00"}, False),
        ({"status": "future", "date": "2099-01-01 00:00:00"}, False),
        ({"password": "secret"}, False),
        ({"date": "0000-00-00 00:00:00"}, False),
        ({"date": "0020-05-01 10:00:00"}, False),
    ],
)
def test_only_published_posts_become_public(
    write: Writer, client: Client, values: dict[str, Any], is_public: bool
) -> None:
    call_command("import_wordpress", write(item(**values)))
    assert Post.objects.count() == 1
    assert (client.get("/post-1/").status_code == 200) is is_public
    assert ("post-1" in client.get("/feed/").content.decode()) is is_public


def test_scheduled_post_stays_scheduled(write: Writer) -> None:
    call_command("import_wordpress", write(item(status="future", date="2099-01-01 00:00:00")))
    assert Post.objects.get().is_scheduled


def test_existing_content_is_never_replaced(write: Writer) -> None:
    make_post(slug="post-1", title="Mine")
    call_command("import_wordpress", write(item(), item(2, slug="blog"), item(3, slug="")))
    assert Post.objects.get(slug="post-1").title == "Mine"
    assert set(Post.objects.values_list("slug", flat=True)) == {"post-1", "post-1-2", "blog-2", "post-3"}


def test_no_user_is_created_and_no_login_is_shown(write: Writer, client: Client) -> None:
    call_command("import_wordpress", write(item(), item(2, creator="ghost@old.example")))
    assert not User.objects.exists()
    for url in ("/post-1/", "/post-2/", "/author/robin/", "/feed/"):
        assert "@old.example" not in client.get(url).content.decode()


def test_failed_post_is_reported_and_others_are_imported(
    write: Writer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    update = Post.update_derived_fields

    def failing(self: Post) -> object:
        if self.title == "Post 2":
            raise ValueError("broken on purpose")
        return update(self)

    monkeypatch.setattr(Post, "update_derived_fields", failing)
    with pytest.raises(CommandError, match="1 posts or pages could not"):
        call_command("import_wordpress", write(item(), item(2), item(3)))
    assert set(Post.objects.values_list("slug", flat=True)) == {"post-1", "post-3"}
    assert "Post 2" in capsys.readouterr().out


@pytest.mark.parametrize("error", [ValueError("broken on purpose"), RecursionError("too deep")])
def test_objects_rolled_back_with_a_failed_post_are_created_for_the_next(
    write: Writer, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    redirect = path_mapping.redirect_all_from_source

    def failing(texts: Sequence[tuple[Post, Any]], *rest: Any) -> list[str]:
        if any(text.title == "Post 1" for text, _ in texts):
            raise error
        return redirect(texts, *rest)

    monkeypatch.setattr(path_mapping, "redirect_all_from_source", failing)
    more = '<category domain="category" nicename="fresh"><![CDATA[Fresh]]></category>'
    with pytest.raises(CommandError, match="1 posts or pages could not"):
        call_command("import_wordpress", write(*(item(number, more=more) for number in (1, 2, 3))))
    assert {post.author.name for post in Post.objects.all()} == {"Robin"}
    assert Post.objects.filter(categories__slug="fresh", tags__name="Desk work").count() == 2


@pytest.mark.parametrize("change", ["categories", "tags", "primary_category", "author", "trash"])
def test_newer_export_preserves_the_authors_changes(write: Writer, change: str) -> None:
    call_command("import_wordpress", write(item()))
    post = Post.objects.get()
    mine = make_category()
    if change == "categories":
        post.categories.add(mine)
    elif change == "tags":
        post.tags.add("Mine")
    elif change == "primary_category":
        post.primary_category = mine
        post.save()
    elif change == "author":
        post.author = make_author()
        post.save()
    else:
        post.trash()
    before = Post.objects.get().snapshot()
    call_command("import_wordpress", write(item(body="Newer.", creator="ghost")))
    assert Post.objects.get().snapshot() == before


def test_post_without_categories_has_no_primary_category(write: Writer) -> None:
    path = write(item())
    call_command("import_wordpress", path)
    text = Path(path).read_text()
    Path(path).write_text(text.replace('<category domain="category" nicename="low-back">', '<category domain="x">'))
    call_command("import_wordpress", path)
    post = Post.objects.get()
    assert (post.primary_category, post.categories.count()) == (None, 0)


def test_each_unnamed_author_keeps_a_separate_profile(write: Writer) -> None:
    path = write(item(), item(2, creator="a@b.example"), item(3, creator="c@b.example"), item(4, creator="a@b.example"))
    call_command("import_wordpress", path)
    call_command("import_wordpress", path)
    assert {post.slug: post.author.name for post in Post.objects.all()} == {
        "post-1": "Robin",
        "post-2": "Guest author",
        "post-3": "Guest author 2",
        "post-4": "Guest author",
    }


@pytest.mark.parametrize(
    "content", ["not xml at all", "<html><body>Log in</body></html>", HEAD + item()[:400], HEAD + TAIL, ""]
)
def test_invalid_file_is_rejected_and_nothing_is_saved(tmp_path: Path, content: str) -> None:
    path = tmp_path / "wrong.xml"
    path.write_text(content)
    before = all_rows()
    with pytest.raises(CommandError, match=r"\.$"):
        call_command("import_wordpress", str(path))
    assert all_rows() == before


def test_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.xml"):
        call_command("import_wordpress", str(tmp_path / "nowhere.xml"))


def test_nothing_is_imported_if_one_file_is_invalid(write: Writer, tmp_path: Path) -> None:
    (tmp_path / "wrong.xml").write_text("no")
    with pytest.raises(CommandError):
        call_command("import_wordpress", write(item()), str(tmp_path / "wrong.xml"))
    assert not Post.objects.exists()


def test_unrelated_posts_are_unchanged(write: Writer) -> None:
    mine = make_post(tags=["Desk work"])
    before = model_to_dict(mine, exclude=["tags", "categories"])
    call_command("import_wordpress", write(item()))
    assert model_to_dict(Post.objects.get(pk=mine.pk), exclude=["tags", "categories"]) == before
