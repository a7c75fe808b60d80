"""What the author says about the files: other types, other hosts, other words in URLs, the time zone."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from blog.models import Post
from pages.models import Page
from tests.wordpress.exports import Writer, all_rows, item
from tests.wordpress.test_import_admin import RUNS, data_dir, export, owner, text_of, upload, work
from tests.wordpress.test_undo import dump, undo_last
from wordpress.answers import AnswerError, may_be_content, parse_base, parse_hosts
from wordpress.models import ImportRun
from wordpress.report_summary import matches_files

__all__ = ["data_dir", "owner"]
pytestmark = pytest.mark.django_db
RECIPE = item(7, kind="recipe", slug="soup", title="Soup", body="Boil.", link="https://old.example/recipe/soup/")
LOCAL = item(8).replace("<wp:post_date_gmt>2020-05-01 10:00:00<", "<wp:post_date_gmt>0000-00-00 00:00:00<")


def test_other_types_are_not_imported_unless_chosen(write: Writer, client: Client) -> None:
    path = write(item(), RECIPE, item(9, kind="wp_global_styles", body="{}"))
    call_command("import_wordpress", path)
    assert [post.slug for post in Post.objects.all()] == ["post-1"]
    call_command("import_wordpress", path, types=["recipe=post"])
    assert {post.slug for post in Post.objects.all()} == {"post-1", "soup"}
    assert client.get("/recipe/soup/")["Location"] == "/soup/"
    assert matches_files(ImportRun.objects.latest("pk"))
    before = all_rows()
    call_command("import_wordpress", path, types=["recipe=post"])
    assert all_rows() == before


def test_other_type_becomes_pages(write: Writer, client: Client) -> None:
    call_command("import_wordpress", write(item(), RECIPE), types=["recipe=page"])
    assert Page.objects.get().title == "Soup"
    assert client.get("/recipe/soup/")["Location"] == "/soup/"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("recipe", True), ("portfolio", True), ("product", True), ("post", False), ("nav_menu_item", False)]
    + [(kind, False) for kind in ("", "wp_template_part", "acf-field-group", "feedback", "revision", "shop_order")],
)
def test_private_and_technical_types_are_never_offered(kind: str, expected: bool) -> None:
    assert may_be_content(kind) is expected


def test_links_and_images_of_another_address_of_the_old_site_are_led_here(write: Writer) -> None:
    body = '<a href="http://www.older.example/post-2/#top">x</a> <a href="https://else.example/post-2/">y</a>'
    path = write(item(body=body), item(2))
    call_command("import_wordpress", path, old_hosts="https://older.example/")
    body = Post.objects.get(slug="post-1").body
    assert 'href="/post-2/#top"' in body
    assert 'href="https://else.example/post-2/"' in body


def test_other_words_before_categories_and_tags_redirect(write: Writer, client: Client) -> None:
    before = dump()
    call_command("import_wordpress", write(item()), category_base="/topics/", tag_base="about")
    assert client.get("/topics/pain/low-back/")["Location"] == "/category/pain/low-back/"
    assert client.get("/topics/pain/low-back/page/2/")["Location"] == "/category/pain/low-back/"
    assert client.get("/about/desk-work/")["Location"] == "/tag/desk-work/"
    undo_last()
    assert dump() == before


@pytest.mark.parametrize(("zone", "hour"), [("America/New_York", 14), ("Europe/Paris", 8), ("", 10)])
def test_dates_without_utc_are_in_the_chosen_time_zone(write: Writer, zone: str, hour: int) -> None:
    call_command("import_wordpress", write(LOCAL), time_zone=zone)
    published_at = Post.objects.get().published_at
    assert published_at is not None
    assert (published_at.hour, published_at.tzname()) == (hour, "UTC")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"types": ["recipe"]}, "such as recipe=post"),
        ({"types": ["feedback=post"]}, "such as recipe=post"),
        ({"old_hosts": "old site"}, "“old” is no address of a site"),
        ({"category_base": "a b"}, "no part of a URL"),
        ({"time_zone": "Mars"}, "There is no time zone “Mars”"),
    ],
)
def test_answer_that_cannot_be_used_is_refused_with_a_sentence(
    write: Writer, options: dict[str, object], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("import_wordpress", write(item()), **options)
    assert not ImportRun.objects.exists()


def test_hosts_and_bases_are_read_from_what_people_paste() -> None:
    assert parse_hosts(" https://www.A-b.example/x, c.example;c.example\n") == ("a-b.example", "c.example")
    assert parse_hosts("") == ()
    assert parse_base(" /Topics/all/ ") == "topics/all"
    with pytest.raises(AnswerError):
        parse_hosts("http://[")


def test_questions_in_the_admin(owner: Client) -> None:
    run = upload(owner, export(item(), RECIPE, LOCAL, item(9, kind="feedback")))
    work(run)
    page = text_of(owner, run)
    assert "“recipe”" in page
    assert "1 text of a type that a plugin or theme added" in page
    assert "“feedback”" not in page
    assert "1 published text has only the local time" in page
    wrong = owner.post(f"{RUNS}{run.pk}/start/", {"images": "", "hosts": "old site"}).content.decode()
    assert "is no address of a site" in wrong
    data = {"images": "", "type_0": "post", "hosts": "older.example", "time_zone": "Asia/Tokyo"}
    owner.post(f"{RUNS}{run.pk}/start/", data)
    work(run)
    assert (run.state, run.options["hosts"], run.options["types"]) == ("done", ["older.example"], {"recipe": "post"})
    assert {post.slug for post in Post.objects.all()} == {"post-1", "post-8", "soup"}
    assert Post.objects.get(slug="post-8").published_at.hour == 1  # type: ignore[union-attr]
    assert "Every item of the files is accounted for" in text_of(owner, run)
    assert "The theme and its settings" in text_of(owner, run, "?kind=note")


def test_questions_that_the_files_answer_are_not_asked(owner: Client) -> None:
    run = upload(owner, export(item()))
    work(run)
    assert "Time zone" not in text_of(owner, run)
    assert "plugin or theme added" not in text_of(owner, run)
