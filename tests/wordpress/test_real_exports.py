"""Every export beside the project, read and converted: no word of any body may get lost."""

import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest

from wordpress.content_converter import to_html
from wordpress.reader import ExportError, read_export

EXPORTS = Path(__file__).parents[3] / "shared" / "wxr"
FILES = sorted(path for path in EXPORTS.iterdir() if path.suffix in {".xml", ".wxr"})
REFUSED = {
    "nikola-qtranslate-item.xml": "a piece",
    "wpimporter-malformed-simple.xml": "“Broken”",
    "wpimporter-malformed.xml": "damaged",
    "wpimporter-missing-version-tag.xml": "no posts",
    "wpimporter-term-formats.xml": "no posts",
}
READ = [path for path in FILES if path.name not in REFUSED]
INLINE = {"a", "abbr", "b", "bdo", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd", "label", "mark"} | {
    *("q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var")
}


class Words(HTMLParser):
    """The words a reader sees; only inline elements do not part them."""

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
    names = "caption|gallery|sourcecode|ninja_forms_display_form|gs_faq|contact-form-7"
    return Words(re.sub(rf"\[/?({names})\b[^\]]*\]", " ", body)).text.split()


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_every_word_of_every_body_arrives(path: Path) -> None:
    items = list(read_export(path).items())
    assert items
    for item in items:
        assert Words(to_html(item.body).html).text.split() == expected_words(item.body), item.title


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_a_broken_export_is_refused_with_its_reason(name: str, reason: str) -> None:
    with pytest.raises(ExportError, match=reason):
        read_export(EXPORTS / name)


def test_the_theme_unit_test_data_arrives_complete() -> None:
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


def test_items_that_share_an_id_all_arrive() -> None:
    items = list(read_export(EXPORTS / "pelican-wordpressexport.xml").items())
    types = Counter(item.post_type for item in items)
    assert (types["post"], types["page"], len(items)) == (11, 2, 20)


def test_a_nested_end_mark_is_read_as_its_escaped_twin() -> None:
    crazy, escaped = (
        list(read_export(EXPORTS / f"wpimporter-crazy-cdata{name}.xml").items()) for name in ("", "-escaped")
    )
    assert crazy == escaped
