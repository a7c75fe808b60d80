from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wordpress.content_converter import Body, to_html

PICTURE = '<img src="knee.jpg" alt="A knee" />'


def html_of(body: str) -> str:
    """The HTML on one line, so that a test speaks of elements and not of line ends."""
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
        (f"{PICTURE}\n\none", f"<p>{PICTURE}</p><p>one</p>"),
        ('<a href="x"><div>one</div></a>', '<a href="x"><div>one</div></a>'),
        ("3 < 5 & 7 > 6", "<p>3 < 5 & 7 > 6</p>"),
    ],
)
def test_a_classic_body_gets_the_paragraphs_wordpress_shows(body: str, html: str) -> None:
    assert html_of(body) == html


@pytest.mark.parametrize(
    "kept",
    [
        "<pre>one\n\n  two [gallery]</pre>",
        "<code>a[foo_bar]\n\nb</code>",
        "<script>if (a < b) {\n\n}</script>",
        "<style>p {\n\n}</style>",
        '<em title="[foo_bar]\n\nhttps://x.example/">',
    ],
)
@pytest.mark.parametrize("before", ["", block("paragraph", "<p>word</p>")])
def test_nothing_inside_code_or_attributes_changes(kept: str, before: str) -> None:
    body = to_html(f"{before}\n\n{kept}")
    assert kept in body.html
    assert body.shortcodes == ()


@pytest.mark.parametrize("mark", ["<!--more-->", "<!--more Read on-->", "<!--nextpage-->", "<!--noteaser-->"])
def test_more_and_page_marks_vanish(mark: str) -> None:
    assert html_of(f"one\n\n{mark}\n\ntwo") == "<p>one</p><p>two</p>"
    assert html_of(block("more", mark) + block("paragraph", "<p>two</p>")) == "<p>two</p>"


def test_block_comments_go_and_the_inner_html_stays() -> None:
    columns = block(
        "columns", '<div class="c">' + block("column", "<div>" + block("paragraph", "<p>one</p>") + "</div>")
    )
    body = to_html(columns.replace("<!-- /wp:columns", "</div><!-- /wp:columns"))
    assert "".join(body.html.split()) == '<divclass="c"><div><p>one</p></div></div>'
    assert body.blocks == ()


def test_only_the_text_between_blocks_gets_paragraphs() -> None:
    body = f"{block('paragraph', '<p>one\n\ntwo</p>')}\n\nfree\nform\n\n[foo_bar]\n\n{block('freeform', 'three')}"
    assert to_html(body).html.split("</p>") == ["<p>one\n\ntwo", "\n\n<p>free<br />\nform", "\n\n<p>three", ""]


def test_blocks_a_site_fills_are_left_out_and_named_once() -> None:
    inner = "<div>" + block("post-template", "<p>Pattern</p><!-- wp:post-title /-->") + "</div>"
    body = to_html(block("query", inner) + '<!-- wp:latest-posts {"postsToShow":3} /--><!-- wp:spacer /-->')
    assert body == Body(html="", shortcodes=(), blocks=("latest-posts", "query"), pictures=0)


def test_a_block_that_is_never_closed_swallows_nothing() -> None:
    body = to_html("<!-- wp:query -->\n" + block("paragraph", "<p>one</p>"))
    assert body.html == "<p>one</p>"
    assert body.blocks == ("query",)


@pytest.mark.parametrize("name", ["embed", "core/embed", "core-embed/youtube"])
def test_an_embed_block_becomes_a_link_and_keeps_its_caption(name: str) -> None:
    inner = "<figure><div>\nhttps://v.example/?a=1&amp;b=2\n</div><figcaption>Our <b>film</b></figcaption></figure>"
    link = '<p><a href="https://v.example/?a=1&amp;b=2">https://v.example/?a=1&amp;b=2</a></p>'
    assert html_of(block(name, inner)) == f"{link}<p>Our <b>film</b></p>"


def test_an_embed_block_that_holds_more_than_an_address_is_kept() -> None:
    assert html_of(block("embed", "<figure>See https://v.example/ today</figure>")) == (
        "<figure>See https://v.example/ today</figure>"
    )


@pytest.mark.parametrize("wrapped", ["{}", "one\n{}\ntwo", "<p>{}</p>", "<div>{}</div>"])
def test_a_bare_address_alone_on_a_line_becomes_a_link(wrapped: str) -> None:
    html = to_html(wrapped.format("https://v.example/?a=1&b=2")).html
    assert '<a href="https://v.example/?a=1&amp;b=2">https://v.example/?a=1&amp;b=2</a>' in html


def test_an_address_within_a_line_stays_text() -> None:
    assert html_of("see https://v.example/ today") == "<p>see https://v.example/ today</p>"


@pytest.mark.parametrize("name", ["caption", "wp_caption"])
@pytest.mark.parametrize("media", [PICTURE, f'<a href="big.jpg">{PICTURE}</a>'])
def test_a_caption_becomes_a_figure_with_its_links(name: str, media: str) -> None:
    text = 'A <em>knee</em>, by <a href="x">Pat</a>'
    body = to_html(f'one\n[{name} id="a_1" align="left" width="300"]{media} {text}[/{name}]\ntwo')
    figure = f"<figure>{media}<figcaption>{text}</figcaption></figure>"
    assert body.html.replace("\n", "") == f"<p>one</p>{figure}<p>two</p>"
    assert body.shortcodes == ()
    assert body.pictures == 1


def test_an_old_caption_stands_in_the_attribute() -> None:
    assert html_of(f'[caption id="a" width="3" caption="A &quot;knee&quot; [left]"]{PICTURE}[/caption]') == (
        f"<figure>{PICTURE}<figcaption>A &quot;knee&quot; [left]</figcaption></figure>"
    )


def test_a_caption_without_words_is_only_the_picture() -> None:
    assert html_of(f'[caption width="3"]{PICTURE}[/caption]') == f"<figure>{PICTURE}</figure>"


@pytest.mark.parametrize("gallery", ["[gallery]", '[gallery ids="1,2" columns=3]', "[gallery columns=2]"])
def test_a_gallery_vanishes_and_is_named(gallery: str) -> None:
    body = to_html(f"one\n\n{gallery}\n\ntwo")
    assert body.html.replace("\n", "") == "<p>one</p><p>two</p>"
    assert body.shortcodes == ("gallery",)


@pytest.mark.parametrize(
    ("shortcode", "url"),
    [
        ("[embed]https://v.example/1[/embed]", "https://v.example/1"),
        ('[embed width="3"]https://v.example/1[/embed]', "https://v.example/1"),
        ("[youtube https://v.example/1]", "https://v.example/1"),
        ("[youtube=https://v.example/1]", "https://v.example/1"),
        ('[youtube id="dQw4w9WgXcQ"]', "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("[vimeo 123456]", "https://vimeo.com/123456"),
        ("[audio https://v.example/a.mp3]", "https://v.example/a.mp3"),
        ('[audio mp3="https://v.example/a.mp3"][/audio]', "https://v.example/a.mp3"),
        ('[video width="640" mp4="https://v.example/a.mp4"][/video]', "https://v.example/a.mp4"),
    ],
)
def test_an_embedding_shortcode_becomes_a_plain_link(shortcode: str, url: str) -> None:
    body = to_html(f"one\n\n{shortcode}\n\ntwo")
    assert body.html.replace("\n", "") == f'<p>one</p><p><a href="{url}">{url}</a></p><p>two</p>'
    assert body.shortcodes == ()


@pytest.mark.parametrize("name", ["playlist ids=1,2", "video", "audio"])
def test_media_that_names_no_address_vanishes_and_is_named(name: str) -> None:
    assert to_html(f"[{name}]") == Body("", (name.split()[0],), (), 0)


def test_code_shortcodes_keep_the_text_exactly() -> None:
    body = to_html('[sourcecode lang="py"]\nif a < b & c[foo_bar]:\n\n    x = "[gallery]"\n[/sourcecode]')
    assert body.html == '<pre><code>if a &lt; b &amp; c[foo_bar]:\n\n    x = "[gallery]"</code></pre>'
    assert body.shortcodes == ()


def test_code_that_the_editor_escaped_already_is_not_escaped_again() -> None:
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
def test_an_escaped_shortcode_is_text(escaped: str, shown: str) -> None:
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
def test_the_authors_own_brackets_are_never_touched(text: str, frame: str) -> None:
    body = to_html(frame.format(text))
    assert text in body.html
    assert body.shortcodes == ()


@pytest.mark.parametrize(
    ("body", "html", "names"),
    [
        ("one [foo_bar] two", "<p>one  two</p>", ("foo_bar",)),
        ("[contact]\n\ntwo", "<p>two</p>", ("contact",)),
        ("one\n\n[my-form]", "<p>one</p>", ("my-form",)),
        ('[contact-form-7 id="9" title="Write"]', "", ("contact-form-7",)),
        ('one [box colour="red"]two <b>three</b>[/box] four', "<p>one two <b>three</b> four</p>", ("box",)),
        ("[drop_cap]O[/drop_cap]ne", "<p>One</p>", ("drop_cap",)),
        ("[row][half]one[/half][half]two[/half][/row]", "<p>one</p><p>two</p>", ("half", "row")),
        (block("shortcode", "[foo_bar]") + block("paragraph", "<p>one</p>"), "<p>one</p>", ("foo_bar",)),
        ("<p>one [foo_bar]</p>", "<p>one</p>", ("foo_bar",)),
    ],
)
def test_an_unknown_shortcode_goes_and_its_text_stays(body: str, html: str, names: tuple[str, ...]) -> None:
    found = to_html(body)
    assert found.html.replace("\n", "") == html
    assert found.shortcodes == names


def test_pictures_are_counted() -> None:
    assert to_html(f"{PICTURE} one {PICTURE}\n\n<p>{PICTURE}</p>").pictures == 3


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


@settings(max_examples=60)
@given(st.lists(st.sampled_from(WORDS + TAGS), max_size=30).map("".join))
def test_no_letter_of_a_classic_body_is_lost_or_moved(body: str) -> None:
    def letters(text: str) -> list[str]:
        for tag in TAGS + ["<br />"]:
            text = text.replace(tag, " ")
        return list("".join(text.split()))

    assert letters(to_html(body).html) == letters(body)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(WORDS + TAGS + CODES + BLOCKS) | st.text(max_size=3), max_size=30).map("".join))
def test_no_body_fails_or_leaves_a_mark_behind(body: str) -> None:
    assert not set(to_html(body).html) & set(map(chr, (0, 1, 2, 3, 4, 5, 6, 7, 8)))


@pytest.mark.parametrize("part", ["<!--", "<code>", "<a ", "[foo_bar]", "[caption]", "<!-- wp:p {", "[", "<p>", "<pre"])
def test_a_broken_body_takes_no_time_to_speak_of(part: str) -> None:
    before = process_time()
    assert "end" in to_html(part * 10_000 + " end").html
    assert process_time() - before < 5


def test_deeply_nested_shortcodes_are_no_error() -> None:
    names = [f"box_{number}" for number in range(1_500)]
    body = "".join(f"[{name}]" for name in names) + "core" + "".join(f"[/{name}]" for name in reversed(names))
    assert "core" in to_html(body).html
