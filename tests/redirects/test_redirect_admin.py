"""The redirect admin: validation, CSV import in one transaction, and the 404 log."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from lxml import html
from lxml.html import HtmlElement

from redirects.csv_io import MAX_ROWS
from redirects.models import NotFoundLog, Redirect
from tests.factories import make_post
from tests.redirects.factories import make_redirect

pytestmark = pytest.mark.django_db

ADD = "/admin/redirects/redirect/add/"
IMPORT = "/admin/redirects/redirect/import/"
LIST = "/admin/redirects/redirect/"


def parse(content: bytes) -> HtmlElement:
    """Parse a page."""
    return html.fromstring(content)


def messages(response: Any) -> str:
    """Return the messages shown after an action."""
    return " ".join(str(message) for message in response.context["messages"])


def add(client: Client, old: str, target: str, kind: int = 301) -> str:
    """Submit the form and return its errors, or ""."""
    response = client.post(ADD, {"old_path": old, "target": target, "status_code": kind, "note": ""}, follow=True)
    errors = parse(response.content).xpath("//ul[contains(@class, 'errorlist')]//text()")
    return " ".join(errors).strip()


def test_a_manual_redirect_is_normalized(admin_client: Client) -> None:
    assert add(admin_client, " /Old-Post/ ", "http://testserver/new-post/") == ""
    row = Redirect.objects.get()
    assert (row.old_path, row.target, row.target_path, row.origin) == (
        "/old-post",
        "/new-post/",
        "/new-post",
        "manual",
    )


def test_invalid_input_is_explained_and_stays_in_the_form(admin_client: Client) -> None:
    make_post(slug="the-knee")
    make_redirect("/a", "/b/")
    for old, target, kind, expected in (
        ("/the-knee/", "/new/", 301, "This URL has a page"),
        ("/A", "/c/", 301, "Edit that redirect instead"),
        ("/b/", "/a/", 301, "redirect loop"),
        ("/x/", "/X", 301, "Both URLs are the same"),
        ("/x/*", "/x/y/*", 301, "redirect loop"),
        ("/x/", "/y/*", 301, "so the old URL must end in * too"),
        ("/x/", "javascript:alert(1)", 301, "https://"),
        ("/x/", "", 301, "if nothing replaces the page"),
        ("/x/", "/y/", 410, "has no new URL"),
        ("/x\x00", "/y/", 301, "characters"),
        ("/" + "x" * 5000, "/y/", 301, "500"),
        ("", "/y/", 301, "required"),
    ):
        assert expected in add(admin_client, old, target, kind)
    page = parse(admin_client.post(ADD, {"old_path": "/x/", "target": "//evil", "status_code": 301}).content)
    assert page.xpath("//input[@name='target']/@value") == ["//evil"]
    assert Redirect.objects.count() == 1


def test_a_chain_is_flattened_with_a_message(admin_client: Client) -> None:
    make_redirect("/b", "/c/")
    response = admin_client.post(ADD, {"old_path": "/a/", "target": "/b/", "status_code": 301, "note": ""}, follow=True)
    assert "so this redirect points to /c/" in messages(response)
    assert Redirect.objects.get(old_path="/a").target == "/c/"
    row = Redirect.objects.get(old_path="/b")
    admin_client.post(f"{LIST}{row.pk}/change/", {"old_path": "/b/", "target": "/d/", "status_code": 302, "note": "x"})
    assert dict(Redirect.objects.values_list("old_path", "target")) == {"/a": "/c/", "/b": "/d/"}


def test_the_list_marks_and_filters_broken_targets(admin_client: Client) -> None:
    make_post(slug="the-knee")
    make_redirect("/old", "/the-knee/")
    make_redirect("/dead", "/no-such-post/")
    make_redirect("/out", "https://other.example/")
    page = parse(admin_client.get(LIST).content)
    assert page.xpath("//tr[.//span[contains(., 'No page')]]/th//text()") == ["/dead"]
    page = parse(admin_client.get(LIST, {"target": "broken"}).content)
    assert page.xpath("//table[@id='result_list']/tbody/tr/th//text()") == ["/dead"]


# ---- Files ----------------------------------------------------------------------------------------------


def send(client: Client, data: bytes) -> Any:
    """Upload a file for preview."""
    return client.post(IMPORT, {"file": SimpleUploadedFile("redirects.csv", data)})


PLAIN = "old,new,code\n/a/,/b/,301\n/c,/d/,302\n/gone/,,410\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace(",", ";").replace("\n", "\r\n").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.partition("\n")[2].encode(),
        b"sep=;\r\n" + PLAIN.replace(",", ";").encode(),
        PLAIN.encode("utf-16"),
        b'"old","note, or ticket","new","code"\n"/a/","the \\"old\\" one","/b/",301\n"/c","5, 6","/d/",302\n"/gone/","","",410\n',
        b'"old";"new";"code";"note, or ticket, or name"\n"/a/";"/b/";301;x\n"/c";"/d/";302;y\n"/gone/";"";410;z\n',
        # A file from Redirection, then one from Yoast SEO.
        b"source,target,regex,code,type,hits,title,status\n/a/,/b/,0,301,url,7,,enabled\n"
        b"/c,/d/,0,307,url,0,,enabled\n/gone/,,0,410,url,0,,enabled\n/off/,/x/,0,301,url,0,,disabled\n",
        b'"Origin","Target","Type","Format"\n"a","b/","301","plain"\n"c","/d/","302","plain"\n"gone","","410","plain"\n'
        b'"x(.*)","y","301","regex"\n',
    ],
    ids=[
        "plain",
        "BOM",
        "semicolons",
        "tabs",
        "no header",
        "sep=",
        "UTF-16",
        "backslashes",
        "quoted delimiters",
        "Redirection",
        "Yoast",
    ],
)
def test_a_file_is_previewed_and_then_imported(admin_client: Client, data: bytes) -> None:
    response = send(admin_client, data)
    assert not Redirect.objects.exists()
    page = parse(response.content)
    assert page.xpath("//button[@name='_import']/text()") == ["Import 3 redirects"]
    text = page.xpath("//textarea[@name='text']/text()")[0]
    admin_client.post(IMPORT, {"text": text, "_import": "1"})
    found = set(Redirect.objects.values_list("old_path", "target", "status_code", "origin"))
    assert found == {
        ("/a", "/b/", 301, "imported"),
        ("/c", "/d/", 302, "imported"),
        ("/gone", "", 410, "imported"),
    }


def test_problems_in_a_file_are_reported_line_by_line(admin_client: Client) -> None:
    make_post(slug="the-knee")
    make_redirect("/out", "/in/")
    lines = [
        "old,new,code",
        "/a/,/b/,301",
        "/A,/x/,301",
        "/the-knee/,/x/,",
        "/in/,/out/,",
        "/p/,/q/,",
        "/q/,/p/,",
        "/k/,/l/,418",
        "/m/,,301",
        "https://elsewhere.example/,/l/,301",
        "/n/,javascript:alert(1),301",
        "/s/,/a/,301",
    ]
    parsed = send(admin_client, "\n".join(lines).encode()).context["parsed"]
    assert [line for line, _ in parsed.accepted] == [2, 12]
    assert parsed.rows[1].target == "/b/"
    reasons = {each.line: each.reason for each in parsed.skipped}
    assert list(reasons) == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    for line, expected in (
        (3, "Line 2"),
        (4, "a page"),
        (5, "redirect loop"),
        (6, "redirect loop"),
        (8, "410"),
        (9, "missing"),
    ):
        assert expected in reasons[line]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "Choose a file"),
        (b"\xffold", "UTF-8"),
        (b"a\x00b", "not a CSV file"),
        (b"name,price\nx,1\n", "name the columns"),
        (b'old,new\n"/a/' + b"x" * 200_000, "never closed"),
        (b"old,new\n" + b"/a/,/b/\n" * (MAX_ROWS + 1), "lines"),
    ],
)
def test_an_unreadable_file_is_rejected_with_an_explanation(admin_client: Client, data: bytes, expected: str) -> None:
    response = send(admin_client, data) if data else admin_client.post(IMPORT)
    error = parse(response.content).xpath("//p[@role='alert']/text()")
    assert expected in error[0]


@pytest.mark.slow
def test_ten_thousand_lines_can_be_imported(admin_client: Client) -> None:
    text = "old,new\n" + "".join(f"/o{number}/,/n{number}/\n" for number in range(MAX_ROWS))
    admin_client.post(IMPORT, {"text": text, "_import": "1"})
    assert Redirect.objects.count() == MAX_ROWS


def test_an_export_contains_no_formulas_and_can_be_imported_again(admin_client: Client) -> None:
    make_redirect("/a", "/b/", note='=HYPERLINK("x")')
    make_redirect("/c", "https://other.example/,;x", note="+1")
    make_redirect("/gone", "", 410)
    data = admin_client.get("/admin/redirects/redirect/export/").getvalue()
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0][:4] == ["old", "new", "code", "note"]
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r")]
    before = set(Redirect.objects.values_list("old_path", "target", "status_code", "note"))
    Redirect.objects.all().delete()
    admin_client.post(IMPORT, {"text": data.decode("utf-8-sig"), "_import": "1"})
    assert set(Redirect.objects.values_list("old_path", "target", "status_code", "note")) == before


def test_import_and_export_require_sign_in(client: Client) -> None:
    for path in (IMPORT, "/admin/redirects/redirect/export/"):
        assert client.get(path).status_code == 302


# ---- 404 log -----------------------------------------------------------------------------------


def test_a_404_log_entry_becomes_a_redirect_with_one_click(admin_client: Client, client: Client) -> None:
    make_post(slug="knee-pain-on-the-stairs")
    for path in ("/knee-pain-on-stairs/", "/knee-pain-on-stairs/", "/once/"):
        client.get(path)
    page = parse(admin_client.get("/admin/redirects/notfoundlog/").content)
    assert page.xpath("//td[@class='field-path']/text() | //th[@class='field-path']/text()") == [
        "/knee-pain-on-stairs",
        "/once",
    ]
    form = parse(admin_client.get(page.xpath("//td[@class='field-next_step']/a/@href")[0]).content)
    old, target = (form.xpath(f"//input[@name='{name}']/@value")[0] for name in ("old_path", "target"))
    assert (old, target) == ("/knee-pain-on-stairs", "/knee-pain-on-the-stairs/")
    assert add(admin_client, old, target) == ""
    assert list(NotFoundLog.objects.values_list("path", flat=True)) == ["/once"]
    assert client.get("/knee-pain-on-stairs/")["Location"] == "/knee-pain-on-the-stairs/"


def test_404_log_entries_can_be_marked_gone(admin_client: Client, client: Client) -> None:
    client.get("/once/")
    key = str(NotFoundLog.objects.get().pk)
    admin_client.post(
        reverse("admin:redirects_notfoundlog_changelist"), {"action": "mark_gone", "_selected_action": [key]}
    )
    assert client.get("/once/").status_code == 410
    assert not NotFoundLog.objects.exists()


def test_renaming_a_post_to_a_redirected_path_shows_a_message(admin_client: Client, client: Client) -> None:
    make_redirect("/knee", "/elsewhere/")
    post = make_post(slug="the-knee", excerpt="In a word.")
    data = {name: value for name, value in post.snapshot().items() if value}
    data |= {"slug": "knee", "author": post.author_id, "base_version": post.version, "_save": "1"}
    data |= {"published_at_0": "2024-05-17", "published_at_1": "12:00"}
    response = admin_client.post(f"/admin/blog/post/{post.pk}/change/", data, follow=True)
    assert "used to redirect to /elsewhere/" in messages(response)
    assert client.get("/knee/").status_code == 200
    assert client.get("/the-knee/")["Location"] == "/knee/"
