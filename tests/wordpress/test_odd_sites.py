"""Test exports of kinds of sites that real authors have: other plugins, moved domains, damaged data, long threads.

Each is imported and examined like a site that someone moves in: words, codes left over, private data, URLs, counts, a
second run, a dry run and an undo.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from lxml import html

from blog.models import Post
from comments.models import Comment
from pages.models import Page
from redirects.models import Redirect
from tests.wordpress.exports import HEAD, TAIL, all_rows, item
from tests.wordpress.test_comments import comment
from tests.wordpress.test_media import attachment, postmeta
from wordpress.models import ImportRun
from wordpress.reader import read_export

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
# What must never be on a public page: addresses of people, private answers, protected words, codes of plugins.
PRIVATE = (
    "@private.example",
    "sam@example.org",
    "192.0.2.7",
    "SECRET",
    "[vc_",
    "[et_pb",
    "<!-- wp:",
    "%%",
    "mso-",
    "&amp;amp;",
    "\x00",
)
CODE = re.compile(r"\[/?[a-z][\w-]*(?:\s[^\]]*)?\]")


@dataclass(frozen=True)
class Site:
    """Items of an export. `shown` are words that public pages must show, by slug; `drafts` are not public."""

    items: str
    shown: Mapping[str, str]
    published: int
    drafts: int = 0
    head: Mapping[str, str] = field(default_factory=dict)
    # Old paths, each with the path here that it leads to.
    urls: Mapping[str, str] = field(default_factory=dict)


def word_paste() -> str:
    return (
        '<p class="MsoNormal" style="mso-margin-top-alt:auto"><span style="mso-bidi-font-size:12.0pt">Sore<o:p>&nbsp;</o:p></span>'
        '<FONT COLOR=red FACE="Arial">red</FONT> <CENTER>middle</CENTER></p><!--[if gte mso 9]><xml><w:WordDocument>SECRET'
        "</w:WordDocument></xml><![endif]--><![if !supportLists]>1.<![endif]> first <st1:place w:st=on>London</st1:place>"
        "<TABLE BORDER=1><TR><TD NOWRAP>Cell<TD>Other</TABLE><BLINK>old</BLINK> <TT>code</TT>"
    )


def deep_thread(count: int) -> str:
    return "".join(
        comment(number, parent=number - 1 if number % 50 else 0, content=f"Answer {number}.")
        for number in range(1, count + 1)
    )


HIDDEN = {"kind": "product", "body": "SECRET price"}
SITES: dict[str, Site] = {
    "shop-and-blog": Site(
        item(1, body='Our tips.\n\n[products ids="1,2"]\n\n[add_to_cart id=9] [woocommerce_cart]')
        + item(9, **HIDDEN)
        + item(10, kind="shop_order", status="wc-completed", body="SECRET SECRET@private.example")
        + item(11, kind="product_variation", body="SECRET"),
        {"post-1": "Our tips."},
        1,
    ),
    "forum": Site(
        item(1, body="Welcome. [bbp-forum-index] [bbp-single-topic id=3]")
        + item(2, kind="forum", body="SECRET")
        + item(3, kind="topic", body="SECRET")
        + item(4, kind="reply", status="closed", body="SECRET"),
        {"post-1": "Welcome."},
        1,
    ),
    "markdown": Site(
        item(
            1,
            body="<h2>Title</h2>\n<p>Some <em>words</em>.</p>\n<ul>\n<li>one</li>\n</ul>",
            more=postmeta(_wpcom_is_markdown=1),
        )
        + item(
            2,
            body='<!-- wp:jetpack/markdown {"source":"## Two"} --><div><h2>Two</h2></div><!-- /wp:jetpack/markdown -->',
        ),
        {"post-1": "Title Some words. one", "post-2": "Two"},
        2,
    ),
    "word-paste": Site(
        item(1, body=word_paste()), {"post-1": "Sore red middle 1. first London Cell Other old code"}, 1
    ),
    "elementor": Site(
        item(
            1,
            body="<h2>Knee</h2><style>/*! elementor */.e{}</style><p>Bend.</p><a href='https://b.example/'><span>Book</span></a>",
            more=postmeta(_elementor_data='[{"settings":{"title":"Knee"}}]', _elementor_css="a:1:{s:1:'x';}"),
        ),
        {"post-1": "Knee Bend. Book"},
        1,
    ),
    "divi": Site(
        item(
            1,
            body='[et_pb_section][et_pb_row][et_pb_text admin_label="x"]Words.[/et_pb_text][et_pb_blurb title="Rest"]Sleep.[/et_pb_blurb][/et_pb_row][/et_pb_section]',
        ),
        {"post-1": "Words. Rest Sleep."},
        1,
    ),
    "wpbakery": Site(
        item(
            1,
            body='[vc_row][vc_column width="1/2"][vc_column_text]Words.[/vc_column_text][vc_tta_section title="Why?"]So.[/vc_tta_section][/vc_column][/vc_row]',
        ),
        {"post-1": "Words. Why? So."},
        1,
    ),
    "folder-of-a-multisite": Site(
        item(
            1,
            slug="knee",
            link="https://old.example/clinic/2020/05/knee/",
            body='<a href="https://old.example/clinic/hip/">Hip</a> <a href="https://old.example/other/">Other</a>',
        )
        + item(2, slug="hip", link="https://old.example/clinic/2020/05/hip/"),
        {"knee": "Hip Other"},
        2,
        head={"base_blog_url>https://old.example": "base_blog_url>https://old.example/clinic"},
        urls={"/clinic/2020/05/knee/": "/knee/", "/clinic/?p=2": "/hip/", "/clinic/feed/": "/feed/"},
    ),
    "moved-to-https": Site(
        item(
            1,
            slug="knee",
            link="http://www.old.example:80/knee/",
            body='<a href="http://old.example/hip">Hip</a><a href="https://www.old.example/hip/?x=1#y">again</a>',
        )
        + item(2, slug="hip"),
        {"knee": "Hip again"},
        2,
        urls={"/knee": "/knee/", "/hip": "/hip/"},
    ),
    "mojibake": Site(
        item(
            1,
            title="Sciatica \x96 what\x92s new",
            body="It\x92s \x93better\x94 \x85 Caf\u00e9 na\u00efve \u2014 \U0001f600 \\ backslash.",
        ),
        {"post-1": "It\u2019s \u201cbetter\u201d \u2026 Caf\u00e9 na\u00efve \u2014 \U0001f600 \\ backslash."},
        1,
    ),
    "titles": Site(
        item(1, title="<![CDATA[Q&A: <b>Knee</b> &amp; hip < 5]]>", body="One.")
        + item(2, title="", body="Words without a title.")
        + item(3, title="x" * 400, slug="long", body="Two."),
        {"post-1": "Q&A: Knee & hip < 5", "post-2": "Words without a title.", "long": "Two."},
        3,
    ),
    "dates": Site(
        item(1, date="0000-00-00 00:00:00")
        + item(2, date="2019-02-03 04:05:06").replace(
            "<wp:post_date_gmt>2019-02-03 04:05:06", "<wp:post_date_gmt>0000-00-00 00:00:00"
        )
        + re.sub(r"<wp:post_date_gmt>.*?</wp:post_date_gmt>", "", item(3, date="2018-02-03 04:05:06"))
        + item(4, status="future", date="2001-01-01 00:00:00")
        + item(5, date="2020-13-45 99:00:00"),
        {"post-2": "First words.", "post-3": "First words."},
        2,
        drafts=3,
    ),
    "same-ids-and-slugs": Site(
        item(1, title="First", slug="knee", body="Words of the first.")
        + item(1, title="Second", slug="knee", link="https://old.example/2019/knee/", body="Words of the second.")
        + item(
            1,
            title="Page",
            slug="knee-page",
            kind="page",
            link="https://old.example/knee-page/",
            body="Words of the page.",
        ),
        {"knee": "Words of the first.", "knee-2": "Words of the second."},
        3,
    ),
    "long-threads": Site(
        item(1, more=deep_thread(500)),
        {"post-1": "First words."},
        1,
        urls={"/post-1/comment-page-9/": "/post-1/"},
    ),
    "plugins-of-comments-and-authors": Site(
        item(
            1,
            more=postmeta(dsq_thread_id="SECRET", _akismet="SECRET", _edit_lock="SECRET:1")
            + '<category domain="author" nicename="cap-jo"><![CDATA[Jo Doe]]></category>'
            + comment(1, content="Kind words.").replace(
                "</wp:comment>",
                "<wp:commentmeta><wp:meta_key>akismet_history</wp:meta_key><wp:meta_value>SECRET</wp:meta_value>"
                "</wp:commentmeta></wp:comment>",
            ),
        ),
        {"post-1": "Kind words."},
        1,
    ),
    "seo-of-every-plugin": Site(
        "".join(
            item(number, more=postmeta(**{key: value}))
            for number, (key, value) in enumerate(
                {
                    "_yoast_wpseo_title": "%%title%% %%sep%% Yoast %%page%%",
                    "rank_math_title": "%title% %sep% Rank",
                    "_aioseo_title": "#post_title #separator_sa Aio",
                    "_seopress_titles_title": "%%post_title%% %%sep%% Press",
                    "_genesis_title": "Genesis",
                }.items(),
                start=1,
            )
        ),
        {"post-1": "Yoast", "post-2": "Rank", "post-3": "Aio", "post-4": "Press", "post-5": "Genesis"},
        5,
    ),
    "affiliate-plugins": Site(
        item(
            1,
            body='<a href="https://old.example/go/pillow/">pillow</a> [amazon box="B00X12345Z"] [easyazon_link identifier="B00X12345Z" locale="US" tag="me-20"]mat[/easyazon_link] [thirstylink ids="7"]band[/thirstylink]',
        )
        + item(
            7,
            kind="thirstylink",
            slug="pillow",
            link="https://old.example/go/pillow/",
            more=postmeta(_ta_destination_url="https://shop.example/p?aff=1"),
        ),
        {"post-1": "pillow View on Amazon mat band"},
        1,
    ),
    "footnotes-and-lists": Site(
        item(
            1,
            body="Pain fades[mfn]Lee 2019.[/mfn] soon[efn_note]Kim 2020.[/efn_note] or late[ref]Poe 2021.[/ref], see [1] and [sic].\n\n[toc]\n\n[ez-toc]\n\n[lwptoc]\n\nEnd.",
        ),
        {"post-1": "Pain fades (Lee 2019.) soon (Kim 2020.) or late (Poe 2021.), see [1] and [sic]. End."},
        1,
    ),
    "galleries-and-videos": Site(
        item(
            1,
            body='Look.\n\n[gallery ids="5,6" columns="2"]\n\n[nggallery id=3]\n\n[envira-gallery id="55"]\n\n[embedyt]https://www.youtube.com/watch?v=dQw4w9WgXcQ[/embedyt]\n\nEnd.',
        )
        + item(
            2,
            body='<!-- wp:gallery {"ids":[5,6]} --><ul class="wp-block-gallery"><li class="blocks-gallery-item"><figure><img src="https://old.example/wp-content/uploads/a-300x200.jpg" data-id="5" class="wp-image-5"/></figure></li></ul><!-- /wp:gallery -->\n<!-- wp:paragraph --><p>Block.</p><!-- /wp:paragraph -->',
        )
        + attachment(5, "a.jpg")
        + attachment(6, "b.jpg"),
        {"post-1": "Look.", "post-2": "Block."},
        2,
    ),
    "forms": Site(
        item(
            1,
            body='Write to us.\n\n[contact-form-7 id="1" title="Contact"]\n\n[wpforms id="3"]\n\n[gravityform id="1" title="false"]\n\n[mc4wp_form id="3"]\n\n[convertkit form=5]\n\n[optin-monster slug="abc"]\n\nThanks.\n\n<form action="https://list.example/"><input type="email" name="EMAIL"><button>Join</button></form>',
        )
        + item(2, kind="feedback", body="SECRET@private.example")
        + item(3, kind="flamingo_inbound", body="SECRET@private.example")
        + item(4, kind="wpcf7_contact_form", body="SECRET"),
        {"post-1": "Write to us. Thanks."},
        1,
    ),
    "private-and-protected": Site(
        item(1)
        + item(2, password="pw", body="SECRET")
        + item(3, status="private", body="SECRET")
        + item(4, body="Free. [member]SECRET[/member]")
        + item(5, status="inherit", kind="revision", body="SECRET")
        + item(6, status="odd-status", body="SECRET"),
        {"post-1": "First words."},
        1,
        drafts=4,
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_a_site_moves_in_whole(client: Client, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    site = SITES[name]
    head = HEAD
    for old, new in site.head.items():
        head = head.replace(old, new)
    path = tmp_path / "export.xml"
    path.write_text(head + site.items + TAIL, encoding="utf-8")
    untouched = all_rows()
    call_command("import_wordpress", str(path), dry_run=True)
    assert all_rows() == untouched
    call_command("import_wordpress", str(path))
    _check_counts(path, site)
    # The import itself checks every URL of a site as small as these.
    checked = re.search(r"(\d+) of (\d+) that were checked lead", capsys.readouterr().out)
    assert checked
    assert checked[1] == checked[2]
    for slug, expected in site.shown.items():
        page = client.get(f"/{slug}/").content.decode()
        assert "".join(expected.split()) in "".join(_text(page).split()), (slug, expected)
    for document in (*Post.objects.published(), *Page.objects.published()):
        page = client.get(document.get_absolute_url()).content.decode()
        assert not [word for word in PRIVATE if word in page]
        left = set(CODE.findall(_text(document.body or "<p></p>"))) - {"[sic]"}
        assert not left
    for url in ("/feed/", "/search/?q=secret"):
        found = client.get(url, follow=True).content.decode()
        assert not [word for word in PRIVATE if word in found.replace("“SECRET”", "")]
    for old, new in site.urls.items():
        response = client.get(old)
        assert (response.status_code, response.get("Location", new)) in {(200, new), (301, new)}, old
    _check_second_run_and_undo(path)


def _check_second_run_and_undo(path: Path) -> None:
    before = all_rows()
    call_command("import_wordpress", str(path))
    assert all_rows() == before
    first = ImportRun.objects.earliest("pk")
    call_command("import_wordpress", undo=first.pk)
    assert not Post.objects.exists()
    assert not Comment.objects.exists()
    assert not Redirect.objects.exists()


def _text(markup: str) -> str:
    tree: Any = html.document_fromstring(markup)
    return str(tree.text_content())


def _check_counts(path: Path, site: Site) -> None:
    export = read_export(path)
    texts = Post.objects.count() + Page.objects.count()
    assert texts == export.counts["post"] + export.counts["page"] == site.published + site.drafts
    assert Post.objects.published().count() + Page.objects.published().count() == site.published
    assert Comment.objects.count() == export.counts["comment"]
    run = ImportRun.objects.latest("pk")
    assert run.rows.filter(kind="post").count() == export.counts["post"]
