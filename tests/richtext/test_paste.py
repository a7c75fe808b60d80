"""Pasted text of word processors is clean and complete, in the editor and on the server."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from blog.models import Post
from richtext.analysis import plain_text
from richtext.sanitizer import parse, sanitize
from tests.factories import make_post

CLIPBOARD = Path(__file__).parent / "clipboard"
WRITERS = ("word", "google-docs", "wordpress-classic", "wordpress-blocks")


def clipboard_html(writer: str) -> str:
    """Return the clipboard content of a word processor."""
    return (CLIPBOARD / f"{writer}.html").read_text()


def visible_words(markup: str) -> list[str]:
    """Return the visible words of `markup`, without list markers."""
    root = parse(re.sub(r"<!--.*?-->|<!\[.*?\]>", "", markup, flags=re.DOTALL))
    for element in list(root.iterdescendants()):
        if element.tag in {"head", "style"} or "mso-list:Ignore" in (element.get("style") or ""):
            element.drop_tree()
    for line_break in root.iter("br"):
        line_break.tail = f" {line_break.tail or ''}"
    for quotation in root.iter("q"):
        opening, closing = "‘’" if next(quotation.iterancestors("q"), None) is not None else "“”"
        quotation.text = opening + (quotation.text or "")
        quotation.tail = closing + (quotation.tail or "")
    return root.text_content().split()


@pytest.mark.parametrize("writer", WRITERS)
def test_pasted_text_is_clean_and_complete(writer: str) -> None:
    stored = sanitize(clipboard_html(writer))
    assert plain_text(stored).split() == visible_words(clipboard_html(writer))
    for rest in ("style=", "class=", "mso-", "<span", "o:p", "<!--", "<font", "src=", "lang=", "dir=", "file:"):
        assert rest not in stored
    assert not [
        element
        for element in parse(stored).iterdescendants("p", "strong", "em", "li")
        if not list("".join(element.itertext()).strip())
    ]
    assert sanitize(stored) == stored


def test_list_paragraphs_of_word_become_lists() -> None:
    stored = sanitize(clipboard_html("word"))
    assert (
        "<ul><li>Lift with the palm <strong>up</strong><ul><li>A light bottle first</li></ul></li>"
        "<li>Rest a day between</li></ul>"
    ) in stored
    assert (
        '<ol><li>Hold</li><li>Lower, as in <a href="https://example.org/eccentric">this trial</a></li></ol>'
    ) in stored
    assert "[1]" in stored
    assert "#_ftn" not in stored


def test_a_continued_list_keeps_its_number_and_depth() -> None:
    item = "<p class=MsoListParagraph style='mso-list:l0 level{} lfo1'><span style='mso-list:Ignore'>{}</span>{}</p>"
    stored = sanitize(item.format(1, "3.", "three") + item.format(3, "a.", "deep") + item.format(1, "4.", "four"))
    assert stored == '<ol start="3"><li>three<ol><li>deep</li></ol></li><li>four</li></ol>'
    assert sanitize(item.format(2, "·", "no parent")) == "<ul><li>no parent</li></ul>"


@pytest.mark.parametrize("writer", ["word", "google-docs"])
def test_heading_1_becomes_a_heading_below_the_title(writer: str) -> None:
    levels = [heading.tag for heading in parse(sanitize(clipboard_html(writer))).iter("h1", "h2", "h3", "h4")]
    assert levels[:2] == ["h2", "h3"]
    assert sanitize('<p class="MsoHeading2">x</p>') == '<h2 id="x">x</h2>'


def test_inline_styles_become_elements() -> None:
    stored = sanitize(clipboard_html("google-docs"))
    assert "Most backs are <strong>stiff</strong><em>est</em> before breakfast.<sup>3</sup>" in stored
    assert "Water is H<sub>2</sub>O; see" in stored
    assert "<s> or not</s>" in stored
    assert "<li>Knees to chest<ul><li>One leg first</li></ul></li>" in stored
    assert sanitize('<b style="font-weight:normal">x</b>') == "<p>x</p>"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("writer", WRITERS)
def test_pasting_into_the_editor_gives_the_same_result_as_the_server(admin_page: Page, writer: str) -> None:
    post = make_post(body="", status=Post.Status.DRAFT)
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    editor = admin_page.locator(".ProseMirror[contenteditable]")
    editor.click()
    editor.evaluate(
        """(editor, html) => {
            const clipboardData = new DataTransfer()
            clipboardData.setData("text/html", html)
            editor.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }))
        }""",
        clipboard_html(writer),
    )
    assert "style=" not in admin_page.locator("textarea[name=body]").input_value()
    admin_page.get_by_role("button", name="Save draft").click()
    expect(admin_page.locator(".messagelist")).to_be_visible()
    post.refresh_from_db()
    assert post.body == sanitize(clipboard_html(writer))
