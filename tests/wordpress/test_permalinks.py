"""Test that every URL of the old site leads to its page, for each way WordPress can build permalinks."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from blog.models import Post
from pages.models import Page
from redirects.models import NotFoundLog, Redirect
from tests.factories import make_post
from tests.wordpress.exports import Writer, all_rows, item
from wordpress.models import ReportRow
from wordpress.old_urls import OldUrlReport, check_old_urls
from wordpress.reader import Export, Item, read_export

pytestmark = pytest.mark.django_db
SITE = "https://old.example"

# The URL of the post 45 of 17 May 2020, "knee-pain", with each structure.
PERMALINKS = {
    "plain": "/?p=45",
    "day and name": "/2020/05/17/knee-pain/",
    "month and name": "/2020/05/knee-pain/",
    "year and name": "/2020/knee-pain/",
    "numeric": "/archives/45",
    "post name": "/knee-pain/",
    "post name without slash": "/knee-pain",
    "category and name": "/pain/low-back/knee-pain/",
    "author and name": "/robin/knee-pain/",
    "author admin and name": "/admin/knee-pain/",
    "below the blog": "/blog/knee-pain/",
    "index.php": "/index.php/2020/05/17/knee-pain/",
    "html": "/knee-pain.html",
    "htm": "/knee-pain.htm",
    "php": "/knee-pain.php",
    "aspx": "/articles/knee-pain.aspx",
    "dated html": "/2020/05/knee-pain.html",
    "category and html": "/pain/knee-pain.html",
    "id": "/45/",
    "id and html": "/45.html",
    "numeric html": "/archives/45.html",
    "name and id": "/knee-pain-45/",
    "id and name": "/45-knee-pain/",
    "id, slash and name": "/45/knee-pain/",
    "date and id": "/2020/05/17/45/",
    "month and id": "/2020/05/45/",
    "date path and id": "/date/2020/05/45/",
    "time": "/2020/05/17/101500/",
    "name and date": "/knee-pain/2020/05/17/",
    "category list": "/category/pain/knee-pain/",
}


def get(client: Client, url: str) -> tuple[int, str]:
    """Return the status of the response, and the path it redirects to."""
    response = client.get(url)
    return response.status_code, response.get("Location", "")


def meta(name: str, value: str) -> str:
    return f"<wp:postmeta><wp:meta_key>{name}</wp:meta_key><wp:meta_value>{value}</wp:meta_value></wp:postmeta>"


def variants(link: str) -> set[str]:
    """Return what visitors and search engines request for a permalink."""
    if "?" in link:
        return {link, f"/index.php{link[1:]}", f"{link}&utm_source=x"}
    bare = link.rstrip("/")
    below = {
        f"{bare}/{end}" for end in ("amp/", "2/", "comment-page-2/", "feed/", "feed/atom/", "trackback/", "embed/")
    }
    return {bare, f"{bare}/", f"/index.php{bare}/", bare.upper(), *below, "/?p=45", "/?p=45&preview=true"}


@pytest.mark.parametrize("link", PERMALINKS.values(), ids=PERMALINKS)
def test_every_permalink_structure_leads_to_the_post_in_one_step(write: Writer, client: Client, link: str) -> None:
    other = item(
        46,
        slug="other-post",
        link=SITE + link.replace("knee-pain", "other-post").replace("45", "46").replace("1015", "1016"),
    )
    call_command("import_wordpress", write(item(45, slug="knee-pain", link=SITE + link), other))
    assert client.get("/knee-pain/").status_code == 200
    here = {(200, ""), (301, "/knee-pain/"), (301, "/knee-pain/?utm_source=x")}
    found = {url: get(client, url) for url in variants(link)}
    assert {url: answer for url, answer in found.items() if answer not in here} == {}
    assert [url for url, answer in found.items() if answer[0] == 200 and url != "/knee-pain/"] == []


@pytest.mark.parametrize("link", PERMALINKS.values(), ids=PERMALINKS)
def test_earlier_slugs_lead_to_the_post_in_its_own_permalink_structure(
    write: Writer, client: Client, link: str
) -> None:
    earlier = [meta("_wp_old_slug", slug) for slug in ("sore-knee", "%e0%a4%98%e0%a5%81%e0%a4%9f%e0%a4%a8%e0%a4%be")]
    call_command("import_wordpress", write(item(45, slug="knee-pain", link=SITE + link, more="".join(earlier))))
    if "knee-pain" in link:
        for slug in ("sore-knee", quote("घुटना")):
            assert get(client, link.replace("knee-pain", slug)) == (301, "/knee-pain/"), slug


def test_post_follows_a_slug_that_changed_in_a_newer_export(write: Writer, client: Client) -> None:
    call_command("import_wordpress", write(item(1, slug="sore-knee"), item(2, slug="sore-hip")))
    Post.objects.filter(slug="sore-hip").update(title="Edited here")
    path = write(item(1, slug="knee-pain"), item(2, slug="hip-pain"))
    call_command("import_wordpress", path)
    assert client.get("/knee-pain/").status_code == 200
    assert get(client, "/sore-knee/") == (301, "/knee-pain/")
    # The text that was edited here stays where it is.
    assert get(client, "/hip-pain/") == (301, "/sore-hip/")
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before


@pytest.mark.parametrize("kind", ["post", "page"])
@pytest.mark.parametrize("is_batched", [True, False])
def test_published_text_does_not_lose_its_slug_to_a_draft(write: Writer, kind: str, is_batched: bool) -> None:
    model = Post if kind == "post" else Page
    draft = item(1, slug="", title="Knee pain", status="draft", kind=kind)
    public = item(2, slug="knee-pain", title="Public", kind=kind)
    for path in [write(draft, public)] if is_batched else [write(draft), write(public, name="second")]:
        call_command("import_wordpress", path)
    assert dict(model.objects.values_list("title", "slug")) == {"Knee pain": "knee-pain-2", "Public": "knee-pain"}
    before = all_rows()
    call_command("import_wordpress", write(draft, public))
    assert all_rows() == before


def test_draft_written_here_keeps_its_slug(write: Writer, client: Client) -> None:
    mine = make_post(slug="knee-pain", status="draft", published_at=None)
    call_command("import_wordpress", write(item(2, slug="knee-pain")))
    mine.refresh_from_db()
    assert mine.slug == "knee-pain"
    assert get(client, "/knee-pain/") == (301, "/knee-pain-2/")


def test_ids_of_the_front_page_and_of_attachments_lead_to_pages(write: Writer, client: Client) -> None:
    front = item(7, kind="page", slug="welcome", link=f"{SITE}/", body="Hello.")
    scan = item(8, kind="attachment", slug="scan", parent=9, link=f"{SITE}/knee-pain/scan/")
    body = f'<a href="{SITE}/knee-pain/scan/">a</a> <a href="{SITE}/?page_id=7">b</a> <a href="../knee-pain/">c</a>'
    path = write(front, scan, item(9, slug="knee-pain", body=body))
    call_command("import_wordpress", path)
    wanted = {
        "/?page_id=7": "/",
        "/welcome/": "/",
        "/?attachment_id=8": "/knee-pain/",
        "/knee-pain/scan/": "/knee-pain/",
        "/author/bossold-example/": "/author/robin/",
    }
    links = '<a href="/knee-pain/">a</a> <a href="/">b</a> <a href="/knee-pain/">c</a>'
    assert Post.objects.get().body == f"<p>{links}</p>"
    assert ReportRow.objects.filter(kind="url").values_list("outcome", flat=True).get() == "ok"
    assert {old: get(client, old) for old in wanted} == {old: (301, new) for old, new in wanted.items()}
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before


@pytest.mark.parametrize("folder", ["blog", "journal"])
def test_blog_in_a_folder_answers_at_its_old_urls(write: Writer, client: Client, folder: str) -> None:
    site = f"{SITE}/{folder}"
    about = item(3, kind="page", slug="about-us", link=f"{site}/about-us/")
    knee = item(4, slug="knee", link=f"{site}/2020/05/knee/", body=f'<a href="{site}/about-us/">a</a>')
    path = write(about, knee, item(5, kind="attachment", parent=4, link=f"{site}/?attachment_id=5"))
    with open(path, encoding="utf-8") as file:
        text = file.read().replace(f"<wp:base_blog_url>{SITE}", f"<wp:base_blog_url>{site}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    call_command("import_wordpress", path)
    wanted = {
        "about-us/": "/about-us/",
        "?page_id=3": "/about-us/",
        "?p=4": "/knee/",
        "?attachment_id=5": "/knee/",
        "?m=202005": "/2020/05/",
        "?s=knee": "/search/?q=knee",
        "2020/05/knee/": "/knee/",
        "2020/05/": "/2020/05/",
        "category/pain/low-back/": "/category/pain/low-back/",
        "tag/desk-work/": "/tag/desk-work/",
        "feed/": "/feed/",
    }
    assert {old: get(client, f"/{folder}/{old}") for old in wanted} == {old: (301, new) for old, new in wanted.items()}
    assert Post.objects.get().body == '<p><a href="/about-us/">a</a></p>'
    call_command("check_old_urls", path)


def test_posts_may_be_called_like_scripts_of_wordpress(write: Writer, client: Client) -> None:
    slugs = (
        "wp-login-problems",
        "wp-config-explained",
        "wp-admin-tips",
        "wp-cron-and-you",
        "xmlrpc-attacks",
        "wp-json",
    )
    call_command("import_wordpress", write(*(item(number, slug=slug) for number, slug in enumerate(slugs, 1))))
    statuses = {slug: client.get(f"/{slug}/").status_code for slug in slugs[:-1]}
    assert set(statuses.values()) == {200}
    for path in ("/wp-login.php", "/wp-config.php.bak", "/wp-admin/setup.php", "/xmlrpc.php", "/wp-json/wp/v2/posts"):
        assert client.get(path).content == b"Not found"


@pytest.mark.parametrize("slug", ["घुटना-दर्द", "knä-œdème", "می‌خواهم", "膝の痛み", "боль-в-колене", "кни" + "й"])
def test_slugs_in_any_script_keep_their_url(write: Writer, client: Client, slug: str) -> None:
    encoded = quote(slug).lower()
    call_command("import_wordpress", write(item(1, slug=encoded, link=f"{SITE}/2020/05/{encoded}/")))
    here = Post.objects.get().get_absolute_url()
    for path in (encoded, encoded.upper(), quote(slug), f"2020/05/{encoded}"):
        status, location = get(client, f"/{path}/")
        assert (status, location) in {(200, ""), (301, here)}, path


def test_text_at_a_page_of_this_site_is_reachable_and_named_by_the_check(
    write: Writer, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(item(1, kind="page", slug="blog", title="My blog", body="Own words."), item(2))
    call_command("import_wordpress", path)
    assert client.get("/blog/").status_code == 200
    assert get(client, "/?page_id=1") == (301, "/blog-2/")
    assert b"Own words." in client.get("/blog-2/").content
    call_command("check_old_urls", path)
    output = capsys.readouterr().out
    assert "Without their page: 0." in output
    assert "“My blog” was at /blog/, where this site has another page. It is at /blog-2/." in output


def test_check_without_static_files_says_what_to_run(write: Writer, tmp_path: Path, settings: Settings) -> None:
    storage = {"BACKEND": "ptcomplete.staticfiles_storage.BundlingStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": storage}
    settings.STATIC_ROOT = tmp_path / "static"
    with pytest.raises(CommandError, match="Run collectstatic first"):
        call_command("check_old_urls", write(item()))


def test_check_names_urls_that_do_not_lead_to_their_page(
    write: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(item(45, slug="knee-pain", link=f"{SITE}/knee-pain.html"), item(46, title="Lost"), item(47))
    call_command("import_wordpress", path)
    call_command("check_old_urls", path)
    assert "Without their page: 0." in capsys.readouterr().out
    Redirect.objects.all().delete()
    Post.objects.filter(title="Lost").update(status="draft")
    listed = tmp_path / "urls.txt"
    listed.write_text(f"{SITE}/nowhere/\nhttp://www.old.example/post-47\n", encoding="utf-8")
    before = all_rows()
    with pytest.raises(CommandError, match="Add redirects"):
        call_command("check_old_urls", path, "--urls", str(listed))
    output = capsys.readouterr().out
    assert "/knee-pain.html (“Post 45”) returns 404." in output
    assert "/nowhere/ (“your list”) returns 404." in output
    assert "“Lost” was public in WordPress and is not public here" in output
    assert "post-47" not in output
    assert all_rows() == before
    assert not NotFoundLog.objects.exists()


def test_check_after_an_import_requests_texts_from_the_whole_export(
    write: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wordpress.importing.MAX_CHECKED_TEXTS", 2)
    path = write(*(item(number, slug=f"text-{number}", link=f"{SITE}/{number}.html") for number in range(1, 7)))
    requested: list[str] = []
    get = Client.get

    def recorded(self: Client, url: str, **kwargs: object) -> object:
        requested.append(url)
        return get(self, url, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Client, "get", recorded)
    call_command("import_wordpress", path)
    assert [url for url in requested if url.endswith(".html")] == ["/1.html", "/4.html"]
    call_command("check_old_urls", path)
    assert [url for url in requested if url.endswith(".html")][2:] == [f"/{number}.html" for number in range(1, 7)]


def test_redirects_of_new_posts_do_not_take_a_query_each(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Visits to old URLs look for redirects too.
    monkeypatch.setattr("wordpress.importing.check_old_urls", lambda *args, **kwargs: OldUrlReport())
    paths = [
        write(*(item(n, slug=f"text-{n}", link=f"{SITE}/{n}.html") for n in numbers), name=f"{len(numbers)}")
        for numbers in (range(1, 2), range(11, 31))
    ]
    counts = []
    for path in paths:
        with CaptureQueriesContext(connection) as queries:
            call_command("import_wordpress", path)
        counts.append(sum("redirects_redirect" in query["sql"] and "SELECT" in query["sql"] for query in queries))
    assert Redirect.objects.filter(old_path="/30.html").exists()
    # A batch takes one or two more, and not one for each of its posts.
    assert counts[1] - counts[0] < 3


def test_check_of_some_texts_reads_the_export_once(write: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(*(item(number) for number in range(1, 9)))
    call_command("import_wordpress", path)
    export = read_export(Path(path))
    calls: list[str] = []
    read_items = Export.items

    def items(export: Export, post_type: str = "") -> Iterator[Item]:
        calls.append(post_type)
        return read_items(export, post_type)

    monkeypatch.setattr(Export, "items", items)
    some = check_old_urls([export], max_texts=4)
    assert calls == [""]
    every = check_old_urls([export])
    assert 0 < some.checked < every.checked
    assert not some.failures
    assert not every.failures
