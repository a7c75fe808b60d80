"""Test that real exports are read and converted without losing a word."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from wordpress.content_converter import to_html
from wordpress.reader import ExportError, read_export

EXPORTS = Path(__file__).parents[3] / "shared" / "wxr"
FILES = sorted(path for path in EXPORTS.iterdir() if path.suffix in {".xml", ".wxr"})
REJECTED = {
    "nikola-qtranslate-item.xml": "only part of",
    "wpimporter-malformed-simple.xml": "“Broken”",
    "wpimporter-malformed.xml": "damaged",
    "wpimporter-missing-version-tag.xml": "no posts",
    "wpimporter-term-formats.xml": "no posts",
}
ACCEPTED = [path for path in FILES if path.name not in REJECTED]
INLINE = {"a", "abbr", "b", "bdo", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "label", "mark"} | {
    *("q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var")
}


class Words(HTMLParser):
    """Collect the visible words. Only inline elements do not separate words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.hidden = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.hidden += tag in {"script", "style"}
        self.text += "" if tag in INLINE else " "

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in {"script", "style"}
        self.text += "" if tag in INLINE else " "

    def handle_data(self, data: str) -> None:
        self.text += "" if self.hidden else data


def expected_words(body: str) -> list[str]:
    body = re.sub(r"<!-- wp:(query|navigation|comments) .*?<!-- /wp:\1 -->", " ", body, flags=re.DOTALL)
    body = re.sub(r'\[caption[^\]]*caption="([^"]*)"\](.*?)\[/caption\]', r" \2 \1 ", body, flags=re.DOTALL)
    body = re.sub(r"\[audio (\S+)\]", r" \1 ", body)
    body = re.sub(r"</a>(?=<a\b[^>]*wp-block-file__button)", "</a> ", body)
    # A link with the name of the file takes the place of a player.
    body = re.sub(r'<(?:audio|video)\b[^>]*\ssrc="[^"]*/([^"/]+)"', r" \1 \g<0>", body)
    names = "caption|gallery|sourcecode|ninja_forms_display_form|gs_faq|contact-form-7"
    return Words(re.sub(rf"\[/?({names})\b[^\]]*\]", " ", body)).text.split()


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
def test_every_word_of_every_body_is_preserved(path: Path) -> None:
    items = list(read_export(path).items())
    assert items
    for item in items:
        assert Words(to_html(item.body).html).text.split() == expected_words(item.body), item.title


@pytest.mark.parametrize(("name", "reason"), REJECTED.items())
def test_broken_export_is_rejected_with_a_reason(name: str, reason: str) -> None:
    with pytest.raises(ExportError, match=reason):
        read_export(EXPORTS / name)


def test_theme_unit_test_data_is_read_completely() -> None:
    export = read_export(EXPORTS / "themeunittestdata.wordpress.xml")
    items = list(export.items())
    assert Counter(f"{item.post_type}/{item.status}" for item in items) == {
        "attachment/inherit": 37,
        "nav_menu_item/publish": 70,
        "page/publish": 21,
        "post/draft": 1,
        "post/future": 1,
        "post/publish": 56,
    }
    assert Counter(term.taxonomy for term in export.terms if term.taxonomy in {"category", "post_tag"}) == {
        "category": 68,
        "post_tag": 114,
    }
    kinds = Counter(f"{comment.kind}/{comment.approved}" for item in items for comment in item.comments)
    assert kinds == {"comment/0": 3, "comment/1": 26, "pingback/1": 2, "trackback/1": 2}
    assert [item.password for item in items if item.password] == ["enter"]


def test_items_with_the_same_id_are_all_read() -> None:
    items = list(read_export(EXPORTS / "pelican-wordpressexport.xml").items())
    types = Counter(item.post_type for item in items)
    assert (types["post"], types["page"], len(items)) == (11, 2, 20)


def test_nested_cdata_end_marker_reads_like_an_escaped_one() -> None:
    crazy, escaped = (
        list(read_export(EXPORTS / f"wpimporter-crazy-cdata{name}.xml").items()) for name in ("", "-escaped")
    )
    assert crazy == escaped
