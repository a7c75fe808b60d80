"""Generate WordPress exports of any size, for benchmarks and tests.

    python -m benchmarks.wordpress_exports POSTS FILE

The content is fictional. An item has about 3.7 kB, as in large exports of real sites. Half of the posts are in blocks
and half classic, with headings, lists, tables, images, shortcodes, links to shops, and links to other posts, also by
ID. The last posts link to posts that do not exist. A longer export starts with the same posts.
"""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

SITE = "https://old-clinic.example"
PARAGRAPHS = 5
# How many of the special blocks, such as a table or an embed, a post has.
SPECIALS = 2
CATEGORIES = ("back", "knee", "shoulder", "running", "sleep", "recovery", "desk-work", "stories")
TAGS = [f"{part}-{what}" for part in ("hip", "ankle", "wrist", "neck", "core") for what in ("pain", "tips", "plan")]
AUTHORS = ("robin", "kim", "alex@old-clinic.example")
_FIRST_DAY = datetime(2012, 1, 2, 8, 30, tzinfo=UTC)
_SUBJECTS = (
    "a slow squat",
    "the morning walk",
    "your first run",
    "a heavy backpack",
    "the calf raise",
    "a stiff shoulder",
    "one good night",
    "the office chair",
    "a sore tendon",
    "this small habit",
    "the rest day",
    "an old sprain",
    "the long drive",
    "a warm shower",
    "your balance",
    "the stair test",
)
_VERBS = (
    "asks for patience before it asks for",
    "gets easier with",
    "rarely improves without",
    "teaches the body about",
    "feels different after",
    "should never replace",
    "responds well to",
    "says little about",
    "goes hand in hand with",
    "prepares the joint for",
)
_ENDS = (
    "steady practice",
    "ten quiet minutes a day",
    "a little more load each week",
    "honest notes about pain",
    "shoes that fit",
    "enough sleep",
    "a plan on paper",
    "the next stage of training",
    "breathing out on the way up",
    "a second opinion",
    "warm muscles and cold water",
    "small steps on good days",
)
_SYLLABLES = ("ba", "cor", "dal", "em", "fi", "gro", "hul", "is", "kan", "lem", "mo", "nir", "os", "pel", "ru", "sta")
_HEAD = f"""<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>The Old Clinic</title><link>{SITE}</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>{SITE}</wp:base_site_url><wp:base_blog_url>{SITE}</wp:base_blog_url>
"""


def write_export(path: Path, posts: int) -> None:
    """Write an export with `posts` posts, and with a page, attachments and comments for every few of them."""
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        file.writelines(_authors_and_terms())
        for number in range(1, posts + 1):
            if number % 50 == 1:
                file.write(_page(number))
            file.write(_post(number))
            if number % 3 == 0:
                file.write(_attachment(number))
        file.write("</channel>\n</rss>\n")


def _authors_and_terms() -> Iterator[str]:
    for number, login in enumerate(AUTHORS, start=1):
        yield (
            f"<wp:author><wp:author_id>{number}</wp:author_id><wp:author_login>{login}</wp:author_login>"
            f"<wp:author_display_name>{login.partition('@')[0].title()} Example</wp:author_display_name></wp:author>\n"
        )
    for number, slug in enumerate(CATEGORIES, start=10):
        parent = CATEGORIES[0] if slug in CATEGORIES[1:3] else ""
        yield (
            f"<wp:category><wp:term_id>{number}</wp:term_id><wp:category_nicename>{slug}</wp:category_nicename>"
            f"<wp:category_parent>{parent}</wp:category_parent><wp:cat_name>{slug.title()}</wp:cat_name></wp:category>\n"
        )
    for number, slug in enumerate(TAGS, start=30):
        yield (
            f"<wp:tag><wp:term_id>{number}</wp:term_id><wp:tag_slug>{slug}</wp:tag_slug>"
            f"<wp:tag_name>{slug.replace('-', ' ')}</wp:tag_name></wp:tag>\n"
        )


def _post(number: int) -> str:
    generator = random.Random(f"post {number}")  # noqa: S311
    categories = generator.sample(CATEGORIES, k=generator.randint(1, 2))
    terms = [("category", slug) for slug in categories] + [("post_tag", slug) for slug in generator.sample(TAGS, k=3)]
    meta = [("_edit_last", "1"), ("_thumbnail_id", str(_attachment_id(number)))]
    if number % 5 == 0:
        meta.append(("_wp_old_slug", f"earlier-{_slug(number)}"))
    body = _block_body(number, generator) if number % 2 else _classic_body(number, generator)
    return _item(
        number=_post_id(number),
        kind="post",
        title=f"{generator.choice(_SUBJECTS).capitalize()} & {generator.choice(_ENDS)}, part {number}",
        slug=_slug(number),
        link=_link(number),
        creator=AUTHORS[number % len(AUTHORS)],
        body=body,
        excerpt=_sentence(generator) if number % 3 else "",
        published_at=_published_at(number),
        status="draft" if number % 20 == 0 else "publish",
        terms=terms,
        meta=meta,
        comments=[_sentence(generator) for _ in range(generator.choice((0, 0, 1, 2)))],
    )


def _page(number: int) -> str:
    generator = random.Random(f"page {number}")  # noqa: S311
    # WordPress allows a page and a post with one slug, because its posts have a date in front.
    slug = _slug(number + 6) if number % 100 == 1 else f"service-{number}"
    return _item(
        number=_post_id(number) + 5,
        kind="page",
        title=f"Service {number}",
        slug=slug,
        link=f"{SITE}/{slug}/",
        creator=AUTHORS[0],
        body=_classic_body(number, generator),
        published_at=_published_at(number),
    )


def _attachment(number: int) -> str:
    return _item(
        number=_attachment_id(number),
        kind="attachment",
        title=f"Photo {number}",
        slug=f"photo-{number}",
        link=f"{_link(number)}photo-{number}/",
        creator=AUTHORS[0],
        published_at=_published_at(number),
        status="inherit",
    )


def _item(
    *,
    number: int,
    kind: str,
    title: str,
    slug: str,
    link: str,
    creator: str,
    published_at: datetime,
    body: str = "",
    excerpt: str = "",
    status: str = "publish",
    terms: list[tuple[str, str]] | None = None,
    meta: list[tuple[str, str]] | None = None,
    comments: list[str] | None = None,
) -> str:
    categories = "".join(
        f'<category domain="{domain}" nicename="{term}"><![CDATA[{term.title()}]]></category>\n'
        for domain, term in terms or ()
    )
    metadata = "".join(
        f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>\n"
        for key, value in meta or ()
    )
    replies = "".join(
        f"<wp:comment><wp:comment_id>{number * 10 + index}</wp:comment_id><wp:comment_author>Sam</wp:comment_author>"
        f"<wp:comment_date_gmt>{published_at:%F %T}</wp:comment_date_gmt><wp:comment_approved>1</wp:comment_approved>"
        f"<wp:comment_content><![CDATA[{text}]]></wp:comment_content></wp:comment>\n"
        for index, text in enumerate(comments or ())
    )
    return f"""<item><title><![CDATA[{title}]]></title><link>{link}</link><dc:creator>{creator}</dc:creator>
<guid isPermaLink="false">{SITE}/?p={number}</guid><content:encoded><![CDATA[{body}]]></content:encoded>
<excerpt:encoded><![CDATA[{excerpt}]]></excerpt:encoded><wp:post_id>{number}</wp:post_id>
<wp:post_date>{published_at:%F %T}</wp:post_date><wp:post_date_gmt>{published_at:%F %T}</wp:post_date_gmt>
<wp:post_modified_gmt>{published_at + timedelta(days=30):%F %T}</wp:post_modified_gmt>
<wp:post_name>{slug}</wp:post_name><wp:status>{status}</wp:status><wp:post_parent>0</wp:post_parent>
<wp:menu_order>0</wp:menu_order><wp:post_type>{kind}</wp:post_type><wp:post_password></wp:post_password>
{categories}{metadata}{replies}</item>
"""


def _block_body(number: int, generator: random.Random) -> str:
    image = f"{SITE}/wp-content/uploads/photo-{number}-1024x683.jpg"
    cells = "".join(f"<tr><td>Week {week}</td><td>{_sentence(generator)}</td></tr>" for week in range(1, 5))
    points = "".join(
        f"<!-- wp:list-item -->\n<li>{_sentence(generator)}</li>\n<!-- /wp:list-item -->\n" for _ in range(5)
    )
    special = [
        f'<!-- wp:image {{"id":{_attachment_id(number)}}} -->\n<figure class="wp-block-image size-large">'
        f'<img src="{image}" alt="Exercise {number}" class="wp-image-{_attachment_id(number)}"/>'
        f"<figcaption>{_sentence(generator)}</figcaption></figure>\n<!-- /wp:image -->",
        f'<!-- wp:list -->\n<ul class="wp-block-list">{points}</ul>\n<!-- /wp:list -->',
        '<!-- wp:table -->\n<figure class="wp-block-table"><table><tbody>'
        f"{cells}</tbody></table></figure>\n<!-- /wp:table -->",
        f'<!-- wp:embed {{"url":"https://youtu.be/abc{number}"}} -->\n<figure class="wp-block-embed">'
        f'<div class="wp-block-embed__wrapper">\nhttps://youtu.be/abc{number}\n</div></figure>\n<!-- /wp:embed -->',
        '<!-- wp:shortcode -->\n[contact-form-7 id="12" title="Ask"]\n<!-- /wp:shortcode -->',
    ]
    special = generator.sample(special, SPECIALS)
    pieces: list[str] = []
    for index in range(PARAGRAPHS):
        if index % 3 == 0:
            pieces.append(f"<!-- wp:heading -->\n<h2>{_sentence(generator)}</h2>\n<!-- /wp:heading -->")
        pieces.append(f"<!-- wp:paragraph -->\n<p>{_paragraph(number, generator)}</p>\n<!-- /wp:paragraph -->")
        if special:
            pieces.append(special.pop(0))
    return "\n\n".join(pieces)


def _classic_body(number: int, generator: random.Random) -> str:
    image = f"{SITE}/wp-content/uploads/photo-{number}-300x200.jpg"
    points = "\n".join(f"<li>{_sentence(generator)}</li>" for _ in range(5))
    cells = "".join(f"<tr>\n<th>Day {day}</th>\n<td>{_sentence(generator)}</td>\n</tr>\n" for day in range(1, 5))
    special = [
        f'[caption id="attachment_{_attachment_id(number)}" align="alignright" width="300"]<a href="{image}">'
        f'<img src="{image}" alt="Exercise {number}" /></a> {_sentence(generator)}[/caption]',
        f"<ul>\n{points}\n</ul>",
        f"<table>\n{cells}</table>",
        "[gallery ids=\"7,8,9\"]\n\n[button url='/book/']Book a session[/button]",
        f"https://vimeo.com/{100_000 + number}",
    ]
    special = generator.sample(special, SPECIALS)
    pieces: list[str] = []
    for index in range(PARAGRAPHS):
        if index % 3 == 0:
            pieces.append(f"<h3>{_sentence(generator)}</h3>")
        pieces.append(_paragraph(number, generator))
        if index == 2:
            pieces.append("<!--more-->")
        if special:
            pieces.append(special.pop(0))
    return "\n\n".join(pieces)


def _paragraph(number: int, generator: random.Random) -> str:
    sentences = [_sentence(generator) for _ in range(6)]
    if generator.random() < 0.4:
        other = max(1, number + generator.randint(-40, 40))
        url = f"{SITE}/?p={_post_id(other)}" if generator.random() < 0.2 else _link(other)
        sentences[2] = f'Read <a href="{url}">{sentences[2]}</a>'
    if generator.random() < 0.2:
        outside = generator.choice(("journal.example", "www.amazon.com/dp", "news.example"))
        sentences[4] = f'<strong>Note:</strong> <a href="https://{outside}/{number}">{sentences[4]}</a>'
    return " ".join(sentences)


def _sentence(generator: random.Random) -> str:
    subject, verb, end = generator.choice(_SUBJECTS), generator.choice(_VERBS), generator.choice(_ENDS)
    # A name now and then, so that the vocabulary grows like that of a real site.
    name = "".join(generator.choices(_SYLLABLES, k=3)).title() if generator.random() < 0.2 else ""
    return f"{subject.capitalize()} {verb} {end}{f', as {name} put it' if name else ''}."


def _post_id(number: int) -> int:
    return number * 10


def _attachment_id(number: int) -> int:
    return number * 10 + 1


def _slug(number: int) -> str:
    return f"exercise-notes-{number}"


def _link(number: int) -> str:
    return f"{SITE}/{_published_at(number):%Y/%m}/{_slug(number)}/"


def _published_at(number: int) -> datetime:
    return _FIRST_DAY + timedelta(hours=17 * number)


if __name__ == "__main__":
    write_export(Path(sys.argv[2]), int(sys.argv[1]))
