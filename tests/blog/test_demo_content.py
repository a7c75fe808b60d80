import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

DEMO = Path(__file__).resolve().parents[2] / "blog" / "demo"
IMAGES = {path.stem: path for path in (DEMO / "images").glob("*.webp")}
SITE: dict[str, Any] = tomllib.loads((DEMO / "site.toml").read_text())
CATEGORIES = {category["slug"]: category for category in SITE["category"]}

TEXT_KEYS = {"title", "category", "excerpt", "image", "image_alt", "seo_title", "seo_description"}
LIST_KEYS = {"more_categories", "tags", "tldr"}
CALLOUTS = {"note", "tip", "warning", "red-flags", "what-we-know"}
VOID = {"hr", "br", "img"}
PLAIN = {
    "p",
    "h2",
    "h3",
    "h4",
    "ul",
    "ol",
    "li",
    "blockquote",
    "strong",
    "em",
    "s",
    "code",
    "pre",
    "hr",
    "br",
}
PLAIN |= {"details", "summary", "sup", "sub", "figure", "figcaption", "table", "thead", "tbody", "tr", "td", "caption"}
ALLOWED: dict[str, set[str]] = {
    **{tag: set() for tag in PLAIN},
    "a": {"href"},
    "th": {"scope"},
    "img": {"data-image", "alt"},
    "aside": {"data-callout", "data-title"},
    "div": {"data-embed", "data-id"},
}


@dataclass
class Post:
    slug: str
    meta: dict[str, Any]
    body: str

    @property
    def words(self) -> int:
        return len(re.sub(r"<[^>]+>", " ", self.body.partition("<h2>References</h2>")[0]).split())


@dataclass
class Markup(HTMLParser):
    """The elements of a text in order, and errors: elements outside the schema or not closed."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag not in ALLOWED or set(found) - ALLOWED[tag]:
            self.faults.append(f"<{tag} {sorted(found)}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}-->")

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attrs for name, attrs in self.elements if name == tag]


def read_post(path: Path) -> Post:
    before, front_matter, body = path.read_text().split("+++\n", 2)
    assert before == ""
    return Post(path.stem, tomllib.loads(front_matter), body)


def read_markup(html: str) -> Markup:
    markup = Markup()
    markup.feed(html)
    markup.close()
    markup.faults += [f"unclosed <{tag}>" for tag in markup.open]
    return markup


POSTS = {path.stem: read_post(path) for path in sorted((DEMO / "posts").glob("*.html"))}
every_post = pytest.mark.parametrize("post", POSTS.values(), ids=POSTS)


def is_description(alt: str) -> bool:
    return len(alt.split()) > 3 and ".webp" not in alt


def test_the_demo_has_thirteen_posts() -> None:
    assert len(POSTS) == 13


@every_post
def test_the_front_matter_is_complete(post: Post) -> None:
    assert set(post.meta) - {"template"} == TEXT_KEYS | LIST_KEYS | {"published"}
    assert all(isinstance(post.meta[key], str) and post.meta[key] for key in TEXT_KEYS)
    assert all(isinstance(value, str) and value for key in LIST_KEYS for value in post.meta[key])
    assert post.meta["published"] > 0
    assert len(post.meta["tldr"]) == 3
    assert 2 <= len(post.meta["tags"]) <= 5


@every_post
def test_seo_title_and_description_fit_into_search_results(post: Post) -> None:
    assert len(post.meta["seo_title"]) <= 60
    assert len(post.meta["seo_description"]) <= 155


@every_post
def test_a_body_has_450_to_850_words(post: Post) -> None:
    assert 450 <= post.words <= 850


@every_post
def test_a_body_uses_only_elements_of_the_schema(post: Post) -> None:
    markup = read_markup(post.body)
    assert markup.faults == []
    assert {callout["data-callout"] for callout in markup.all("aside")} <= CALLOUTS
    assert all(callout["data-title"] for callout in markup.all("aside"))
    assert post.body.count("<figure><img ") == len(markup.all("img"))


@every_post
def test_a_body_starts_with_a_paragraph_and_has_headings_and_lists(post: Post) -> None:
    markup = read_markup(post.body)
    tags = Counter(tag for tag, _ in markup.elements)
    assert markup.elements[0] == ("p", {})
    assert tags["h2"] >= 3
    assert tags["ul"] + tags["ol"] >= 1


@every_post
def test_images_exist_and_have_alt_text(post: Post) -> None:
    shown = [(post.meta["image"], post.meta["image_alt"])]
    shown += [(image["data-image"], image["alt"]) for image in read_markup(post.body).all("img")]
    assert {name for name, _ in shown} <= set(IMAGES)
    assert [alt for _, alt in shown if not is_description(alt)] == []


@every_post
def test_categories_exist_and_subcategories_are_below_the_primary_category(post: Post) -> None:
    used = [post.meta["category"], *post.meta["more_categories"]]
    assert len(used) == len(set(used))
    assert set(used) <= set(CATEGORIES)
    assert CATEGORIES[post.meta["category"]]["parent"] == ""


@every_post
def test_links_point_to_other_demo_posts(post: Post) -> None:
    others = {f"/{slug}/" for slug in POSTS if slug != post.slug}
    assert {link["href"] for link in read_markup(post.body).all("a")} <= others


@every_post
def test_reference_markers_match_the_list(post: Post) -> None:
    text, _, references = post.body.partition("<h2>References</h2>")
    first_uses = list(dict.fromkeys(int(number) for number in re.findall(r"\[(\d+)\]", text)))
    assert first_uses == list(range(1, references.count("<li>") + 1))


def test_at_least_three_posts_link_to_another() -> None:
    assert sum("<a href=" in post.body for post in POSTS.values()) >= 3


def test_most_posts_have_references() -> None:
    assert sum("<h2>References</h2>" in post.body for post in POSTS.values()) > len(POSTS) / 2


@pytest.mark.parametrize("key", ["title", "excerpt", "seo_title", "seo_description", "image_alt", "published"])
def test_no_two_posts_share(key: str) -> None:
    assert max(Counter(post.meta[key] for post in POSTS.values()).values()) == 1


def test_three_categories_have_about_the_same_number_of_posts() -> None:
    counts = Counter(post.meta["category"] for post in POSTS.values())
    assert set(counts) == {"i-am-in-pain", "i-have-a-sports-injury", "i-want-to-feel-my-best"}
    assert max(counts.values()) - min(counts.values()) <= 1


def test_each_category_has_two_posts_an_image_and_a_top_level_parent() -> None:
    used = Counter(slug for p in POSTS.values() for slug in (p.meta["category"], *p.meta["more_categories"]))
    for slug, category in CATEGORIES.items():
        assert used[slug] >= 2
        assert category["description"]
        assert category["image"] in IMAGES
        assert is_description(category["image_alt"])
        assert not category["parent"] or CATEGORIES[category["parent"]]["parent"] == ""


def test_posts_are_spread_over_more_than_a_year() -> None:
    days = [post.meta["published"] for post in POSTS.values()]
    assert len({day // 30 for day in days}) >= 10
    assert 365 < max(days) < 440


def test_the_texts_about_the_site_use_only_elements_of_the_schema() -> None:
    texts = [page["body"] for page in SITE["page"].values()]
    for html in [*texts, SITE["author"]["long_bio"]]:
        assert read_markup(html).faults == []
        assert "<h2>" in html


def test_no_real_person_or_site_is_mentioned() -> None:
    assert SITE["site"]["email"].endswith("@example.com")
    assert all(social["url"].startswith("https://example.com/") for social in SITE["site"]["social"])
    assert SITE["author"]["portrait"] in IMAGES
    assert " " not in SITE["author"]["name"]


def test_images_have_the_format_of_the_library_and_are_small() -> None:
    for name, path in IMAGES.items():
        with Image.open(path) as image_file:
            assert image_file.format == "WEBP"
            assert image_file.width == (900 if name == "portrait" else 1200 if name.startswith("exercise") else 1600)
            assert not {"exif", "icc_profile", "xmp"} & set(image_file.info)
    assert sum(path.stat().st_size for path in IMAGES.values()) < 2_500_000


def test_each_drawing_has_an_image() -> None:
    drawings = {path.stem for path in (DEMO / "drawings").glob("*.svg")}
    assert len(drawings) >= 4
    assert drawings <= set(IMAGES)


def test_the_sentences_for_seeded_posts_are_complete_and_distinct() -> None:
    sentences = (DEMO / "words.txt").read_text().splitlines()
    assert len(sentences) >= 100
    assert len(sentences) == len(set(sentences))
    assert [line for line in sentences if not re.fullmatch(r"[A-Z][^<>]+\.", line)] == []


def test_guides_have_red_flags_and_some_say_what_is_known() -> None:
    guides = [post for post in POSTS.values() if post.meta.get("template") == "Injury guide"]
    assert len(guides) >= 5
    assert all('data-callout="red-flags"' in post.body for post in guides)
    assert sum('data-callout="what-we-know"' in post.body for post in guides) >= 2


def test_the_glossary_explains_words_of_the_posts() -> None:
    terms = tomllib.loads((DEMO / "glossary.toml").read_text())["term"]
    texts = " ".join(post.body for post in POSTS.values()).casefold()
    assert [term["name"] for term in terms if term["name"].casefold() not in texts] == []
