"""Redirects on the writing desk: said in words, taken from files whole or not at all, one click from a 404."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from lxml import html
from lxml.html import HtmlElement

from redirects import services
from redirects.csv_io import MOST_ROWS
from redirects.models import NotFound, Redirect
from tests.factories import make_post

pytestmark = pytest.mark.django_db

ADD = "/admin/redirects/redirect/add/"
IMPORT = "/admin/redirects/redirect/import/"
LIST = "/admin/redirects/redirect/"


def lead(old: str, target: str, kind: int = 301, **fields: Any) -> Redirect:
    """A stored redirect."""
    row = Redirect(old_path=old, **fields)
    row.lead_to(target, kind)
    services.store([row])
    return Redirect.objects.get(old_path=old)


def tree(content: bytes) -> HtmlElement:
    """A page as a tree."""
    return html.fromstring(content)


def said(response: Any) -> str:
    """What the page says after an action."""
    return " ".join(str(message) for message in response.context["messages"])


def add(client: Client, old: str, target: str, kind: int = 301) -> str:
    """Fill in the form: "" when it was taken, else what is wrong."""
    response = client.post(ADD, {"old_path": old, "target": target, "kind": kind, "note": ""}, follow=True)
    errors = tree(response.content).xpath("//ul[contains(@class, 'errorlist')]//text()")
    return " ".join(errors).strip()


def test_a_redirect_is_made_by_hand_and_its_parts_are_brought_into_order(signed_in: Client, owner: object) -> None:
    assert add(signed_in, " /Old-Post/ ", "http://testserver/new-post/") == ""
    row = Redirect.objects.get()
    assert (row.old_path, row.target, row.target_path, row.origin) == (
        "/old-post",
        "/new-post/",
        "/new-post",
        "by hand",
    )


def test_what_cannot_be_is_refused_in_words_and_kept_in_the_form(signed_in: Client) -> None:
    make_post(slug="the-knee")
    lead("/a", "/b/")
    for old, target, kind, words in (
        ("/the-knee/", "/new/", 301, "There is a page at this address"),
        ("/A", "/c/", 301, "Change that redirect instead"),
        ("/b/", "/a/", 301, "circle"),
        ("/x/", "/X", 301, "Both addresses are the same"),
        ("/x/*", "/x/y/*", 301, "circle"),
        ("/x/", "/y/*", 301, "so the old one must too"),
        ("/x/", "javascript:alert(1)", 301, "https://"),
        ("/x/", "", 301, "Gone for good"),
        ("/x/", "/y/", 410, "leads nowhere"),
        ("/x\x00", "/y/", 301, "characters"),
        ("/" + "x" * 5000, "/y/", 301, "500"),
        ("", "/y/", 301, "required"),
    ):
        assert words in add(signed_in, old, target, kind)
    page = tree(signed_in.post(ADD, {"old_path": "/x/", "target": "//evil", "kind": 301}).content)
    assert page.xpath("//input[@name='target']/@value") == ["//evil"]
    assert Redirect.objects.count() == 1


def test_a_chain_is_flattened_and_the_desk_says_so(signed_in: Client) -> None:
    lead("/b", "/c/")
    response = signed_in.post(ADD, {"old_path": "/a/", "target": "/b/", "kind": 301, "note": ""}, follow=True)
    assert "straight to its end: /c/" in said(response)
    assert Redirect.objects.get(old_path="/a").target == "/c/"
    row = Redirect.objects.get(old_path="/b")
    signed_in.post(f"{LIST}{row.pk}/change/", {"old_path": "/b/", "target": "/d/", "kind": 302, "note": "x"})
    assert dict(Redirect.objects.values_list("old_path", "target")) == {"/a": "/c/", "/b": "/d/"}


def test_the_list_marks_and_finds_what_leads_nowhere(signed_in: Client) -> None:
    make_post(slug="the-knee")
    lead("/old", "/the-knee/")
    lead("/dead", "/no-such-post/")
    lead("/out", "https://other.example/")
    page = tree(signed_in.get(LIST).content)
    assert page.xpath("//tr[.//span[contains(., 'No page')]]/th//text()") == ["/dead"]
    page = tree(signed_in.get(LIST, {"leads": "nowhere"}).content)
    assert page.xpath("//table[@id='result_list']/tbody/tr/th//text()") == ["/dead"]


# ---- Files ----------------------------------------------------------------------------------------------


def send(client: Client, data: bytes) -> Any:
    """Show what is in a file."""
    return client.post(IMPORT, {"file": SimpleUploadedFile("redirects.csv", data)})


PLAIN = "old,new,kind\n/a/,/b/,301\n/c,/d/,302\n/gone/,,410\n"


@pytest.mark.parametrize(
    "data",
    [
        PLAIN.encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace(",", ";").replace("\n", "\r\n").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.partition("\n")[2].encode(),
        # Redirection's own file, then Yoast's.
        b"source,target,regex,code,type,hits,title,status\n/a/,/b/,0,301,url,7,,enabled\n"
        b"/c,/d/,0,307,url,0,,enabled\n/gone/,,0,410,url,0,,enabled\n/off/,/x/,0,301,url,0,,disabled\n",
        b'"Origin","Target","Type","Format"\n"a","b/","301","plain"\n"c","/d/","302","plain"\n"gone","","410","plain"\n'
        b'"x(.*)","y","301","regex"\n',
    ],
    ids=["plain", "mark", "semicolons", "tabs", "no header", "Redirection", "Yoast"],
)
def test_files_are_shown_first_and_then_taken(signed_in: Client, data: bytes) -> None:
    response = send(signed_in, data)
    assert not Redirect.objects.exists()
    page = tree(response.content)
    assert page.xpath("//button[@name='_take']/text()") == ["Take these 3"]
    text = page.xpath("//textarea[@name='text']/text()")[0]
    signed_in.post(IMPORT, {"text": text, "_take": "1"})
    found = set(Redirect.objects.values_list("old_path", "target", "kind", "origin"))
    assert found == {
        ("/a", "/b/", 301, "imported"),
        ("/c", "/d/", 302, "imported"),
        ("/gone", "", 410, "imported"),
    }


def test_what_a_file_has_wrong_is_said_line_by_line(signed_in: Client) -> None:
    make_post(slug="the-knee")
    lead("/out", "/in/")
    lines = [
        "old,new,kind",
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
    table = send(signed_in, "\n".join(lines).encode()).context["table"]
    assert [line for line, _ in table.taken] == [2, 12]
    assert table.rows[1].target == "/b/"
    reasons = {each.line: each.reason for each in table.refused}
    assert list(reasons) == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    for line, words in ((3, "Line 2"), (4, "a page"), (5, "circle"), (6, "circle"), (8, "410"), (9, "missing")):
        assert words in reasons[line]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Choose a file"),
        (b"\xff\xfe\x00old", "UTF-8"),
        (b"a\x00b", "no CSV"),
        (b"name,price\nx,1\n", "name the columns"),
        (b'old,new\n"/a/' + b"x" * 200_000, "never ends"),
        (b"old,new\n" + b"/a/,/b/\n" * (MOST_ROWS + 1), "lines"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(signed_in: Client, data: bytes, words: str) -> None:
    response = send(signed_in, data) if data else signed_in.post(IMPORT)
    error = tree(response.content).xpath("//p[@role='alert']/text()")
    assert words in error[0]


def test_ten_thousand_lines_are_taken_in_one_go(signed_in: Client) -> None:
    text = "old,new\n" + "".join(f"/o{number}/,/n{number}/\n" for number in range(MOST_ROWS))
    signed_in.post(IMPORT, {"text": text, "_take": "1"})
    assert Redirect.objects.count() == MOST_ROWS


def test_the_export_holds_everything_and_no_formula_and_can_be_taken_again(signed_in: Client) -> None:
    lead("/a", "/b/", note='=HYPERLINK("x")')
    lead("/c", "https://other.example/,;x", note="+1")
    lead("/gone", "", 410)
    data = signed_in.get("/admin/redirects/redirect/export/").content
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0][:4] == ["old", "new", "kind", "note"]
    assert not [cell for row in rows for cell in row if cell[:1] in set("=+-@\t\r")]
    before = set(Redirect.objects.values_list("old_path", "target", "kind"))
    Redirect.objects.all().delete()
    signed_in.post(IMPORT, {"text": data.decode("utf-8-sig"), "_take": "1"})
    assert set(Redirect.objects.values_list("old_path", "target", "kind")) == before


def test_files_are_for_those_who_may(reader: Client) -> None:
    for path in (IMPORT, "/admin/redirects/redirect/export/"):
        assert reader.get(path).status_code == 302


# ---- What was not found -----------------------------------------------------------------------------------


def test_a_redirect_is_one_click_from_an_address_that_was_not_found(signed_in: Client, reader: Client) -> None:
    make_post(slug="knee-pain-on-the-stairs")
    for path in ("/knee-pain-on-stairs/", "/knee-pain-on-stairs/", "/once/"):
        reader.get(path)
    page = tree(signed_in.get("/admin/redirects/notfound/").content)
    assert page.xpath("//td[@class='field-path']/text() | //th[@class='field-path']/text()") == [
        "/knee-pain-on-stairs",
        "/once",
    ]
    form = tree(signed_in.get(page.xpath("//td[@class='field-what_to_do']/a/@href")[0]).content)
    old, target = (form.xpath(f"//input[@name='{name}']/@value")[0] for name in ("old_path", "target"))
    assert (old, target) == ("/knee-pain-on-stairs", "/knee-pain-on-the-stairs/")
    assert add(signed_in, old, target) == ""
    assert list(NotFound.objects.values_list("path", flat=True)) == ["/once"]
    assert reader.get("/knee-pain-on-stairs/")["Location"] == "/knee-pain-on-the-stairs/"


def test_addresses_can_be_called_gone_for_good(signed_in: Client, reader: Client) -> None:
    reader.get("/once/")
    key = str(NotFound.objects.get().pk)
    signed_in.post(reverse("admin:redirects_notfound_changelist"), {"action": "say_gone", "_selected_action": [key]})
    assert reader.get("/once/").status_code == 410
    assert not NotFound.objects.exists()


def test_renaming_a_post_at_the_desk_says_when_it_takes_over_an_address(signed_in: Client, reader: Client) -> None:
    lead("/knee", "/elsewhere/")
    post = make_post(slug="the-knee", excerpt="In a word.")
    sent = {name: value for name, value in post.snapshot().items() if value}
    sent |= {"slug": "knee", "author": post.author_id, "base_version": post.version, "_save": "1"}
    sent |= {"published_at_0": "2024-05-17", "published_at_1": "12:00"}
    response = signed_in.post(f"/admin/blog/post/{post.pk}/change/", sent, follow=True)
    assert "led to /elsewhere/ until now" in said(response)
    assert reader.get("/knee/").status_code == 200
    assert reader.get("/the-knee/")["Location"] == "/knee/"
