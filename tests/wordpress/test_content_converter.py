"""Test the conversion of WordPress bodies to HTML."""

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzzing import examples
from wordpress.content_converter import ConvertedBody, to_html

IMAGE = '<img src="knee.jpg" alt="A knee" />'


def html_of(body: str) -> str:
    """Return the HTML without line ends."""
    return to_html(body).html.replace("\n", "")


def block(name: str, inner: str) -> str:
    return f"<!-- wp:{name} -->\n{inner}\n<!-- /wp:{name} -->"


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("one\r\n\r\ntwo\r\nthree", "<p>one</p><p>two<br />three</p>"),
        ("one  \n \n\n\n two", "<p>one</p><p>two</p>"),
        ("one<br>\ntwo", "<p>one<br />two</p>"),
        ("one<br /><br />two", "<p>one</p><p>two</p>"),
        ("<strong>one</strong> two", "<p><strong>one</strong> two</p>"),
        ("<p>one\ntwo</p>\n\nthree", "<p>one<br />two</p><p>three</p>"),
        ("<p>one\n\ntwo", "<p>one</p><p>two</p>"),
        ("<div>one</div>two", "<div>one</div><p>two</p>"),
        ("one<div>two</div>", "<p>one</p><div>two</div>"),
        ("<div>one\n\ntwo</div>", "<div><p>one</p><p>two</p></div>"),
        ("<blockquote>one</blockquote>", "<blockquote><p>one</p></blockquote>"),
        ("<h2>one</h2>\ntwo", "<h2>one</h2><p>two</p>"),
        ("one\n<hr />\ntwo", "<p>one</p><hr /><p>two</p>"),
        ("<ul>\n<li>one</li>\n\n<li>two</li>\n</ul>", "<ul><li>one</li><li>two</li></ul>"),
        ("<table>\n<tr>\n<td>one</td>\n</tr>\n</table>", "<table><tr><td>one</td></tr></table>"),
        (f"{IMAGE}\n\none", f"<p>{IMAGE}</p><p>one</p>"),
        ('<a href="x"><div>one</div></a>', '<a href="x"><div>one</div></a>'),
        ("3 < 5 & 7 > 6", "<p>3 < 5 & 7 > 6</p>"),
    ],
)
def test_classic_body_gets_automatic_paragraphs(body: str, html: str) -> None:
    assert html_of(body) == html


@pytest.mark.parametrize(
    "expected",
    [
        "<pre>one\n\n  two [gallery]</pre>",
        "<code>a[foo_bar]\n\nb</code>",
        "<script>if (a < b) {\n\n}</script>",
        "<style>p {\n\n}</style>",
        '<em title="[foo_bar]\n\nhttps://x.example/">',
    ],
)
@pytest.mark.parametrize("before", ["", block("paragraph", "<p>word</p>")])
def test_code_and_attributes_are_unchanged(expected: str, before: str) -> None:
    body = to_html(f"{before}\n\n{expected}")
    assert expected in body.html
    assert body.shortcodes == ()


@pytest.mark.parametrize("mark", ["<!--more-->", "<!--more Read on-->", "<!--nextpage-->", "<!--noteaser-->"])
def test_more_and_nextpage_comments_are_removed(mark: str) -> None:
    assert html_of(f"one\n\n{mark}\n\ntwo") == "<p>one</p><p>two</p>"
    assert html_of(block("more", mark) + block("paragraph", "<p>two</p>")) == "<p>two</p>"


def test_block_comments_are_removed() -> None:
    columns = block(
        "columns", '<div class="c">' + block("column", "<div>" + block("paragraph", "<p>one</p>") + "</div>")
    )
    body = to_html(columns.replace("<!-- /wp:columns", "</div><!-- /wp:columns"))
    assert "".join(body.html.split()) == '<divclass="c"><div><p>one</p></div></div>'
    assert body.blocks == ()


def test_only_text_between_blocks_gets_paragraphs() -> None:
    body = f"{block('paragraph', '<p>one\n\ntwo</p>')}\n\nfree\nform\n\n[foo_bar]\n\n{block('freeform', 'three')}"
    assert to_html(body).html.split("</p>") == ["<p>one\n\ntwo", "\n\n<p>free<br />\nform", "\n\n<p>three", ""]


def test_dynamic_blocks_are_removed_and_reported_once() -> None:
    inner = "<div>" + block("post-template", "<p>Pattern</p><!-- wp:post-title /-->") + "</div>"
    body = to_html(block("query", inner) + '<!-- wp:latest-posts {"postsToShow":3} /--><!-- wp:spacer /-->')
    assert body == ConvertedBody(html="", shortcodes=(), blocks=("latest-posts", "query"))


def test_unclosed_block_does_not_remove_following_text() -> None:
    body = to_html("<!-- wp:query -->\n" + block("paragraph", "<p>one</p>"))
    assert body.html == "<p>one</p>"
    assert body.blocks == ("query",)


@pytest.mark.parametrize("name", ["embed", "core/embed", "core-embed/youtube"])
def test_embed_block_becomes_link_with_caption(name: str) -> None:
    inner = "<figure><div>\nhttps://v.example/?a=1&amp;b=2\n</div><figcaption>Our <b>film</b></figcaption></figure>"
    link = '<p><a href="https://v.example/?a=1&amp;b=2">https://v.example/?a=1&amp;b=2</a></p>'
    assert html_of(block(name, inner)) == f"{link}<p>Our <b>film</b></p>"


def test_embed_block_with_other_text_is_unchanged() -> None:
    assert html_of(block("embed", "<figure>See https://v.example/ today</figure>")) == (
        "<figure>See https://v.example/ today</figure>"
    )


@pytest.mark.parametrize("wrapped", ["{}", "one\n{}\ntwo", "<p>{}</p>", "<div>{}</div>"])
def test_url_on_its_own_line_becomes_link(wrapped: str) -> None:
    html = to_html(wrapped.format("https://v.example/?a=1&b=2")).html
    assert '<a href="https://v.example/?a=1&amp;b=2">https://v.example/?a=1&amp;b=2</a>' in html


def test_url_within_a_line_stays_text() -> None:
    assert html_of("see https://v.example/ today") == "<p>see https://v.example/ today</p>"


@pytest.mark.parametrize("name", ["caption", "wp_caption"])
@pytest.mark.parametrize("media", [IMAGE, f'<a href="big.jpg">{IMAGE}</a>'])
def test_caption_becomes_figure_with_links(name: str, media: str) -> None:
    text = 'A <em>knee</em>, by <a href="x">Pat</a>'
    body = to_html(f'one\n[{name} id="a_1" align="left" width="300"]{media} {text}[/{name}]\ntwo')
    figure = f'<figure class="left">{media}<figcaption>{text}</figcaption></figure>'
    assert body.html.replace("\n", "") == f"<p>one</p>{figure}<p>two</p>"
    assert body.shortcodes == ()


def test_caption_is_read_from_old_attribute() -> None:
    assert html_of(f'[caption id="a" width="3" caption="A &quot;knee&quot; [left]"]{IMAGE}[/caption]') == (
        f"<figure>{IMAGE}<figcaption>A &quot;knee&quot; [left]</figcaption></figure>"
    )


def test_empty_caption_becomes_figure_without_figcaption() -> None:
    assert html_of(f'[caption width="3"]{IMAGE}[/caption]') == f"<figure>{IMAGE}</figure>"


@pytest.mark.parametrize("gallery", ["[gallery]", '[gallery ids="1,2" columns=3]', "[gallery columns=2]"])
def test_gallery_becomes_an_element_that_stands_for_its_images(gallery: str) -> None:
    body = to_html(f"one\n\n{gallery}\n\ntwo")
    ids = ' data-ids="1,2"' if "ids" in gallery else ""
    assert body.html.replace("\n", "") == f'<p>one</p><p><img data-wp-gallery="1"{ids}></p><p>two</p>'
    assert body.shortcodes == ()


@pytest.mark.parametrize(
    ("shortcode", "url"),
    [
        ("[embed]https://v.example/1[/embed]", "https://v.example/1"),
        ('[embed width="3"]https://v.example/1[/embed]', "https://v.example/1"),
        ("[youtube https://v.example/1]", "https://v.example/1"),
        ("[youtube=https://v.example/1]", "https://v.example/1"),
        ('[youtube id="dQw4w9WgXcQ"]', "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("[vimeo 123456]", "https://vimeo.com/123456"),
        ("[wpvideo OO2thna8 w=640]", "https://videopress.com/v/OO2thna8"),
        ("[googlemaps https://maps.v.example/?q=knee]", "https://maps.v.example/?q=knee"),
        ("[spotify spotify:episode:4rOoJ6]", "https://open.spotify.com/episode/4rOoJ6"),
        ("[audio https://v.example/a.mp3]", "https://v.example/a.mp3"),
        ('[audio mp3="https://v.example/a.mp3"][/audio]', "https://v.example/a.mp3"),
        ('[video width="640" mp4="https://v.example/a.mp4"][/video]', "https://v.example/a.mp4"),
    ],
)
def test_embedding_shortcode_becomes_link(shortcode: str, url: str) -> None:
    body = to_html(f"one\n\n{shortcode}\n\ntwo")
    assert body.html.replace("\n", "") == f'<p>one</p><p><a href="{url}">{url}</a></p><p>two</p>'
    assert body.shortcodes == ()


@pytest.mark.parametrize("name", ["video", "audio"])
def test_media_shortcode_without_url_is_removed_and_reported(name: str) -> None:
    assert to_html(f"[{name}]") == ConvertedBody("", (name,), ())


def test_code_shortcode_keeps_text_unchanged() -> None:
    body = to_html('[sourcecode lang="py"]\nif a < b & c[foo_bar]:\n\n    x = "[gallery]"\n[/sourcecode]')
    assert body.html == '<pre><code>if a &lt; b &amp; c[foo_bar]:\n\n    x = "[gallery]"</code></pre>'
    assert body.shortcodes == ()


def test_escaped_code_is_not_escaped_twice() -> None:
    assert to_html("[code]a &lt; b & c[/code]").html == "<pre><code>a &lt; b &amp; c</code></pre>"


@pytest.mark.parametrize(
    ("escaped", "shown"),
    [
        ("[[gallery]]", "[gallery]"),
        ('[[gallery ids="1"]]', '[gallery ids="1"]'),
        ("[[box]in[/box]]", "[box]in[/box]"),
        ("[[1, 2], [3]]", "[[1, 2], [3]]"),
    ],
)
def test_escaped_shortcode_stays_text(escaped: str, shown: str) -> None:
    body = to_html(f"one {escaped} two")
    assert body.html == f"<p>one {shown} two</p>"
    assert body.shortcodes == ()


@pytest.mark.parametrize(
    "text",
    ["[1]", "[sic]", "array[0]", "[contact me]", "[p. 12]", "$row[user_name]", "[x]", "[Doe 2020]", "[don't]", "[ ]"]
    + ["[n=40]", "[total n=40]", "[mean difference = 3.2]", "[low-back] pain", "[COVID-19]", "[page-two](two)", "[/x]"]
    + ["[gallery of rogues]", "[video below]", "[youtube channel]", "[and/or]", "[see [1]]", "[", "]", "[note: later]"],
)
@pytest.mark.parametrize("frame", ["{}", "one {} two", "<p>{}</p>", block("paragraph", "<p>one {}</p>")])
def test_brackets_in_text_are_unchanged(text: str, frame: str) -> None:
    body = to_html(frame.format(text))
    assert text in body.html
    assert body.shortcodes == ()


@pytest.mark.parametrize(
    ("body", "html", "names"),
    [
        ("one [foo_bar] two", "<p>one  two</p>", ("foo_bar",)),
        ("[contact]\n\ntwo", "<p>two</p>", ("contact",)),
        ("one\n\n[my-form]", "<p>one</p>", ("my-form",)),
        ("one\n\n[my-form2 large]", "<p>one</p>", ("my-form2",)),
        ('[contact-form-7 id="9" title="Write"]', "", ("contact-form-7",)),
        ('one [box color="red"]two <b>three</b>[/box] four', "<p>one two <b>three</b> four</p>", ("box",)),
        ("[drop_cap]O[/drop_cap]ne", "<p>One</p>", ("drop_cap",)),
        ("[row][half]one[/half][half]two[/half][/row]", "<p>one</p><p>two</p>", ("half", "row")),
        (block("shortcode", "[foo_bar]") + block("paragraph", "<p>one</p>"), "<p>one</p>", ("foo_bar",)),
        ("<p>one [foo_bar]</p>", "<p>one</p>", ("foo_bar",)),
    ],
)
def test_unknown_shortcode_is_removed_but_its_text_remains(body: str, html: str, names: tuple[str, ...]) -> None:
    found = to_html(body)
    assert found.html.replace("\n", "") == html
    assert found.shortcodes == names


WORDS = ["one ", "two", " ", "\n", "\n\n", "[1]", "don't ", "3 < 5 ", "&amp;"]
NAMES = ["p", "div", "ul", "li", "blockquote", "h2", "em", "strong", "table", "figure", "figcaption"]
TAGS = [f"<{slash}{name}>" for name in NAMES for slash in ("", "/")]
CODES = ["[gallery]", "[foo_bar]", "[/foo_bar]", '[caption width="1"]', "[/caption]", "[code]", "[/code]", "[[", "]]"]
BLOCKS = [
    "<!-- wp:paragraph -->",
    "<!-- /wp:paragraph -->",
    "<!-- wp:query -->",
    "<!-- wp:search /-->",
    "<!--",
    "<pre>",
]


@settings(max_examples=examples(60))
@given(st.lists(st.sampled_from(WORDS + TAGS), max_size=30).map("".join))
def test_classic_body_preserves_every_character_in_order(body: str) -> None:
    def characters(text: str) -> list[str]:
        for tag in TAGS + ["<br />"]:
            text = text.replace(tag, " ")
        return list("".join(text.split()))

    assert characters(to_html(body).html) == characters(body)


@settings(max_examples=examples(60))
@given(st.lists(st.sampled_from(WORDS + TAGS + CODES + BLOCKS) | st.text(max_size=3), max_size=30).map("".join))
def test_any_body_converts_without_leftover_placeholders(body: str) -> None:
    assert not set(to_html(body).html) & set(map(chr, (0, 1, 2, 3, 4, 5, 6, 7, 8)))


@pytest.mark.parametrize("part", ["<!--", "<code>", "<a ", "[foo_bar]", "[caption]", "<!-- wp:p {", "[", "<p>", "<pre"])
def test_broken_body_converts_in_linear_time(part: str) -> None:
    before = process_time()
    assert "end" in to_html(part * 10_000 + " end").html
    assert process_time() - before < 5


def test_deeply_nested_shortcodes_do_not_fail() -> None:
    names = [f"box_{number}" for number in range(1_500)]
    body = "".join(f"[{name}]" for name in names) + "core" + "".join(f"[/{name}]" for name in reversed(names))
    assert "core" in to_html(body).html
