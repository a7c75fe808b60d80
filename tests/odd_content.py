"""A site with content that is unusually long, short, wide or foreign, for tests of the layout."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from blog.models import Category, Post
from layout.models import Block
from layout.services import customize_area
from pages.models import Page
from siteinfo.models import SiteInfo
from tests.evidence.factories import set_disclaimer
from tests.factories import make_author, make_category, make_image, make_page, make_post

WORD = "Sternocleidomastoid" * 4
SENTENCE = "The load of last week and the sleep of last night say more about today than any picture of the joint. "
LONG_TITLE = (SENTENCE + SENTENCE)[:180]
ARABIC = "ألم الركبة عند صعود الدرج أمر شائع ويتحسن غالبا مع تمارين بسيطة وصبر"
JAPANESE = "階段で膝が痛むのはよくあることで、多くの場合は簡単な運動と忍耐で良くなります。" * 3
WIDE_TABLE = (
    "<table><thead><tr>" + "<th>Exercise</th>" * 12 + "</tr></thead><tbody>"
    "<tr>" + "<td>Three sets of ten</td>" * 12 + "</tr></tbody></table>"
)
NESTED = "<ul><li>One<ol><li>Two<ul><li>Three " + SENTENCE + "</li></ul></li></ol></li></ul>"
QUOTES = f"<blockquote><p>{SENTENCE}</p><blockquote><p>{WORD}</p></blockquote></blockquote>"
CODE = f"<pre><code>for each in {WORD}: {'x' * 200}\n    done()\n</code></pre>"


def make_odd_site() -> list[str]:
    """Create the site and return the paths to look at, one of each kind."""
    SiteInfo.objects.create(name=f"The {WORD} practice", tagline=SENTENCE.strip()[:160])
    set_disclaimer(SENTENCE * 3)
    author = make_author(
        name=f"Robin {WORD}",
        slug="robin",
        credentials="PT, DPT, OCS, SCS, FAAOMPT",
        short_bio=SENTENCE,
        long_bio=f"<p>{SENTENCE}</p>" * 45,
    )
    make_author(name="Guest author", slug="guest")
    categories = _make_categories()
    tags = [f"Tag number {number} with a name" for number in range(25)]
    image = make_image(width=300, height=900)
    shared: dict[str, Any] = {"author": author, "categories": categories[:30], "tags": tags}
    posts = [
        make_post(
            title="A", slug="one-letter", body="<p>Twelve words are enough to say that rest alone rarely helps.</p>"
        ),
        make_post(title=LONG_TITLE, slug="long-title", body=_long_body(), excerpt=SENTENCE * 4, **shared),
        make_post(title=WORD, slug="long-word", body=f"<p>{WORD}</p><h2>{WORD}</h2><ul><li>{WORD}</li></ul>", **shared),
        make_post(
            title="Parts", slug="parts", body=WIDE_TABLE + CODE + NESTED + QUOTES, featured_image=image, **shared
        ),
        make_post(title=ARABIC, slug="arabic", body=f"<h2>{ARABIC}</h2><p>{ARABIC}</p><ul><li>{ARABIC}</li></ul>"),
        make_post(title=JAPANESE[:60], slug="japanese", body=f"<h2>{JAPANESE}</h2><p>{JAPANESE}</p>"),
        make_post(title="With images", slug="images", body=_gallery(), featured_image=image, **shared),
    ]
    for year in range(15):
        make_post(
            title=f"{year} years ago", slug=f"ago-{year}", published_at=timezone.now() - timedelta(days=366 * year)
        )
    for number in range(12):
        make_page(title=f"A page with a long name {number}", slug=f"page-{number}", show_in_menu=True, position=number)
    _add_menu_entries()
    paths = ["/", "/blog/", "/author/robin/", "/author/guest/", "/blog/archive/", "/search/?q=load", "/nothing-here/"]
    return [*paths, categories[0].get_absolute_url(), *(post.get_absolute_url() for post in posts)]


def _make_categories() -> list[Category]:
    top = [make_category(name=f"Category {number}", slug=f"category-{number}") for number in range(58)]
    second = make_category(name=WORD, slug="second", parent=top[0], description=SENTENCE)
    return [*top, second, make_category(name="Third level", slug="third", parent=second)]


def _long_body() -> str:
    """Return about 6,000 words under 40 headings."""
    return "".join(
        f"<h2>Chapter {number} about {WORD if number == 7 else 'the knee'}</h2><p>{SENTENCE * 7}</p>"
        for number in range(40)
    )


def _gallery() -> str:
    sizes = ((300, 200), (1600, 500), (400, 1200), (900, 900), (48, 32))
    images = [make_image(width=width, height=height) for width, height in sizes]
    parts = "".join(f'<img data-image="{image.pk}">' for image in images)
    single = "".join(
        f'<figure><img data-image="{each.pk}"><figcaption>{SENTENCE}</figcaption></figure>' for each in images
    )
    return f"<p>{SENTENCE}</p><figure>{parts}<figcaption>{SENTENCE}</figcaption></figure>{single}"


def _add_menu_entries() -> None:
    customize_area("main-menu")
    for number, page in enumerate(Page.objects.filter(slug__startswith="page-")):
        Block.objects.create(area="main-menu", block_type="link", page=page, position=20 + number)


def post_paths() -> list[str]:
    """Return the paths of all public posts and pages."""
    documents = [*Post.objects.published(), *Page.objects.published()]
    return [document.get_absolute_url() for document in documents]
