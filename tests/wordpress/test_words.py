"""Test that every visible word and all code of a text arrives, and no shortcode or empty link is left."""

import json
import re
from itertools import chain, starmap

import pytest
from django.core.management import call_command
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from blog.models import Post
from richtext.sanitizer import parse, sanitize
from tests.fuzzing import examples
from tests.wordpress.exports import Writer, item
from tests.wordpress.test_permalinks import meta
from wordpress.content_converter import to_html
from wordpress.hrefs import complete_links
from wordpress.models import ReportRow


def shown(body: str) -> str:
    """Return the stored HTML of a body, without line ends between blocks."""
    return re.sub(r">\n<", "><", sanitize(to_html(body).html))


def words(markup: str) -> list[str]:
    return " ".join(parse(f"<div>{markup}</div>").itertext()).split()


# ---- Code ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["csharp", "cpp", "go", "text", "c", "r", "yaml", "vbnet", "code", "obj-c"])
@pytest.mark.parametrize("around", ["{}", "<!-- wp:shortcode -->\n{}\n<!-- /wp:shortcode -->"])
def test_code_shortcodes_keep_every_character(name: str, around: str) -> None:
    source = "if (a < b && c[0]) {\n\n    print(\"[gallery]\", '<b>');\n}"
    code = f'[{name} highlight="2"]\n{source}\n[/{name}]'
    escaped = source.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert shown(around.format(code)) == f"<pre><code>{escaped}</code></pre>"


def test_code_in_pre_with_a_programming_language_is_not_markup() -> None:
    assert shown('<pre lang="php" line="1"><?php echo "<b>$a</b>"; ?></pre>') == (
        '<pre><code>&lt;?php echo "&lt;b&gt;$a&lt;/b&gt;"; ?&gt;</code></pre>'
    )
    assert shown('<pre lang="php" escaped="true">&lt;b&gt;</pre>') == "<pre><code>&lt;b&gt;</code></pre>"
    assert shown('<pre lang="de">Ein <b>Wort</b></pre>') == "<pre><code>Ein Wort</code></pre>"


# ---- Words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ('one<img src="a.jpg">two', "<p>one two</p>"),
        ('one<a href="b.jpg"><img src="a.jpg" alt="x"></a>two', "<p>one two</p>"),
        ("a <svg><title>t</title><text x='1'>Knee</text><text>hip</text></svg> b", "<p>a Knee hip b</p>"),
        ("<select><option>One</option><option selected>Two</option></select>", "<ul><li>One</li><li>Two</li></ul>"),
        ("<textarea>First line\n3 < 4</textarea>", "<p>First line<br>3 &lt; 4</p>"),
        (
            '<audio controls><source src="https://x.example/talk%201.mp3"></audio>',
            '<p><a href="https://x.example/talk%201.mp3">talk%201.mp3</a></p>',
        ),
        ('<video src="https://x.example/a.mp4"></video>', '<p><a href="https://x.example/a.mp4">a.mp4</a></p>'),
        (
            '<object><param name="movie" value="https://v.example/v/1"><embed src="https://v.example/v/1"></object>',
            '<p><a href="https://v.example/v/1">https://v.example/v/1</a></p>',
        ),
        (
            '<div class="wp-block-file"><a href="/a.pdf">Plan</a><a href="/a.pdf" class="wp-block-file__button">'
            "Download</a></div>",
            '<p><a href="/a.pdf">Plan</a> <a href="/a.pdf">Download</a></p>',
        ),
        ("Rest[footnote]See <em>Lee</em>.[/footnote] now", "<p>Rest (See <em>Lee</em>.) now</p>"),
    ],
)
def test_words_of_replaced_elements_stay(body: str, html: str) -> None:
    assert shown(body) == html


def test_reusable_blocks_are_inserted_where_they_stand() -> None:
    blocks = {5: "<!-- wp:paragraph --><p>Shared</p><!-- /wp:paragraph -->", 6: '<!-- wp:block {"ref":6} /-->', 7: "a"}
    body = '<!-- wp:block {"ref":5} /--><!-- wp:block {"ref":6} /--><!-- wp:block {"ref":7} /-->'
    found = to_html(body, reusable=lambda number: blocks.get(number, ""))
    assert words(found.html) == ["Shared", "a"]
    assert to_html('<!-- wp:block {"ref":9} /-->', reusable=lambda number: "").blocks == ("block",)


@pytest.mark.django_db
def test_footnotes_teasers_and_sticky_posts_are_imported(write: Writer, client: Client) -> None:
    note = json.dumps([{"id": "n1", "content": "Lee <em>2019</em>"}])
    meta = f"<wp:postmeta><wp:meta_key>footnotes</wp:meta_key><wp:meta_value><![CDATA[{note}]]></wp:meta_value></wp:postmeta>"
    text = (
        "<!-- wp:paragraph --><p>Rest<sup data-fn='n1' class='fn'><a href='#n1'>1</a></sup>.</p><!-- /wp:paragraph -->"
    )
    sticky = "<wp:is_sticky>1</wp:is_sticky>"
    shared = item(3, kind="wp_block", body="<!-- wp:paragraph --><p>Shared words.</p><!-- /wp:paragraph -->")
    path = write(
        item(1, body=f'{text}<!-- wp:block {{"ref":3}} /--><!-- wp:footnotes /-->', more=meta + sticky),
        item(2, body="The <b>teaser</b>.\n\n<!--more Read on-->\n\nThe rest."),
        shared,
    )
    call_command("import_wordpress", path)
    first, second = Post.objects.order_by("slug")
    assert words(first.body) == ["Rest", "1", ".", "Shared", "words.", "Lee", "2019"]
    assert (first.is_featured, second.is_featured) == (True, False)
    assert (second.excerpt, words(second.body)) == ("The teaser.", ["The", "teaser", ".", "The", "rest."])


@pytest.mark.parametrize("source", ["a[:ab] + a[1:]", "b = a[:]"])
def test_slices_in_code_are_no_languages(source: str) -> None:
    assert to_html(f"<code>{source}</code>").html == f"<p><code>{source}</code></p>"


TABLE = json.dumps([["Muscle", "Sets", "Note"], ["<b>Calf</b>", "3", "hidden"], ["off", "off", "off"]])
TABLE_META = {
    "_tablepress_export_table_id": "3,knee",
    "_tablepress_table_visibility": json.dumps({"rows": [1, 1, 0], "columns": [1, 1, 0]}),
}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "code", ["[table id=3 /]", '[table id="knee" /]', "<!-- wp:shortcode -->[table id=3 /]<!-- /wp:shortcode -->"]
)
@pytest.mark.parametrize("head", [True, False])
def test_tables_of_tablepress_stand_where_texts_show_them(write: Writer, code: str, head: bool) -> None:
    values = TABLE_META | {"_tablepress_table_options": json.dumps({"table_head": head})}
    table = item(5, kind="tablepress_table", body=TABLE, more="".join(starmap(meta, values.items())))
    call_command(
        "import_wordpress",
        write(item(1, body=f"Before.\n\n{code}\n\nAfter. [table id=9 /]")),
        write(table, name="second"),
    )
    name = 'th scope="col"' if head else "td"
    assert re.sub(r"<thead>|</thead>|<tbody>|</tbody>|\n|</?p>", "", Post.objects.get().body) == (
        f"Before.<table><tr><{name}>Muscle</{name[:2]}><{name}>Sets</{name[:2]}></tr>"
        "<tr><td><strong>Calf</strong></td><td>3</td></tr></table>After."
    )
    assert ReportRow.objects.get(kind="item").outcome == "converted"
    assert ReportRow.objects.get(kind="shortcode").source == "table"


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["", "{}", "[", "[[]]", '[1, "a"]'])
def test_damaged_table_is_reported_and_harms_nothing(write: Writer, body: str) -> None:
    table = item(5, kind="tablepress_table", body=body, more=meta("_tablepress_export_table_id", "3"))
    call_command("import_wordpress", write(item(1, body="Words. [table id=3 /]"), table))
    assert words(Post.objects.get().body) == ["Words."]


@pytest.mark.django_db
def test_texts_without_a_word_become_drafts_and_long_titles_are_named(
    write: Writer, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = ["[foo_bar]", "<!-- wp:latest-posts /-->", "&nbsp;<br>", "Words."]
    posts = [item(number, body=body) for number, body in enumerate(bodies, 1)]
    call_command("import_wordpress", write(*posts, item(9, title="Long " * 60)))
    assert set(Post.objects.filter(status="published").values_list("slug", flat=True)) == {"post-4", "post-9"}
    output = capsys.readouterr().out
    assert "“Post 1” has no text to show and was imported as a draft." in output
    assert "has a title of more than 200 characters. It was cut." in output


# ---- Leftovers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shortcode",
    ["[ad_space top]", "[tab:Title]", "[singlepic=12,320,240,web]", '[x y="z"][/x]', "[wpforms2 id=3]"]
    + ["[one_half_last]", "[box style=&#8221;red&#8221;]", "[Foo Bar='1']", "[/vc_column]", "[3d-flip id=12]"]
    + ['[et_pb_text admin_label="Text" background="[url]"]', "[su_button\nurl='https://x.example/']"],
)
@pytest.mark.parametrize("around", ["{}", "one {} two", "<p>{}</p>", "<ul><li>one {}</li></ul>"])
def test_no_shortcode_is_left(shortcode: str, around: str) -> None:
    found = to_html(around.format(shortcode))
    assert "[" not in found.html
    assert found.shortcodes


@pytest.mark.parametrize(
    "text", ["[1]", "[sic]", "array[0]", "[contact me]", "[12:30]", "x[i:j]", "<code>[gallery]</code>"]
)
def test_brackets_of_prose_and_code_stay(text: str) -> None:
    assert text in to_html(f"one {text} two").html


BASE = "https://old.example/2020/05/knee/"


@pytest.mark.parametrize(
    ("written", "completed"),
    [
        ("../hip/", 'href="https://old.example/2020/05/hip/"'),
        ("/about/?a=1&amp;b=2", 'href="https://old.example/about/?a=1&amp;b=2"'),
        ("?p=12", 'href="https://old.example/2020/05/knee/?p=12"'),
        ("www.other.example/a", 'href="https://www.other.example/a"'),
        ("https://other.example/", 'href="https://other.example/"'),
        ("mailto:a@b.example", 'href="mailto:a@b.example"'),
        ("#part", 'href="#part"'),
        ("#", ""),
        ("", ""),
        ("http://", ""),
        ("http://[", 'href="http://["'),
    ],
)
def test_relative_links_are_completed_and_those_to_nowhere_removed(written: str, completed: str) -> None:
    assert complete_links(f'<a class="b" href="{written}">x</a>', BASE) == f'<a class="b" {completed}>x</a>'


# ---- Any text -----------------------------------------------------------------------------------------

_WORDS = st.sampled_from(["knee", "Hüfte", "膝", "3", "don't", "[1]", "[sic]", "a[0]"])
_BLOCKS = ("paragraph", "heading", "list", "quote", "group", "columns")
_FORMS = st.sampled_from(
    [
        "{}",
        "<b>{}</b>",
        "<p>{}</p>",
        "<div>{}</div>",
        "<ul><li>{}</li></ul>",
        "<h2>{}</h2>",
        "<blockquote>{}</blockquote>",
    ]
    + [
        "[box color='red']{}[/box]",
        "[row]{}[/row]",
        "<table><tr><td>{}</td></tr></table>",
        "<svg><text>{}</text></svg>",
    ]
    + [
        "<textarea>{}</textarea>",
        "<select><option>{}</option></select>",
        "[csharp]{}[/csharp]",
        '<pre lang="php">{}</pre>',
    ]
    + [f"<!-- wp:{name} --><p>{{}}</p><!-- /wp:{name} -->" for name in _BLOCKS]
)


@settings(max_examples=examples(80), deadline=None)
@given(st.lists(st.tuples(_FORMS, st.lists(_WORDS, min_size=1, max_size=4)), min_size=1, max_size=6))
def test_any_text_shows_the_same_words_in_the_same_order(parts: list[tuple[str, list[str]]]) -> None:
    body = "\n\n".join(form.format(" ".join(inner)) for form, inner in parts)
    assert words(shown(body)) == list(chain.from_iterable(inner for _, inner in parts))
