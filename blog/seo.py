"""What the blog's pages tell search engines and other sites: one function for each kind of page."""

from collections.abc import Iterable
from datetime import date

from django.core.paginator import Page
from django.urls import reverse
from django.utils.formats import date_format

from accounts.models import Author
from accounts.structured_data import detailed_person, person, person_id
from blog.models import Category, Post, Series, Tag
from images.structured_data import share_image
from publishing.structured_data import faq
from siteinfo.seo import Breadcrumb, PageMeta, truncate
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url

# A keyword with fewer posts is no page worth finding: the post itself says it all.
POSTS_OF_A_FULL_TAG = 2
# How many categories above a post or category the views fetch in the same query; more cost one query each.
ABOVE = "parent__parent__parent"


def of_post_list(page: Page) -> PageMeta:
    """All posts."""
    return PageMeta(
        title="All posts",
        breadcrumb_title="Blog",
        description=_holding("Every post of the blog, newest first", page),
        path=reverse("blog:post_list"),
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=_way()[:1],
    )


def of_category(category: Category, page: Page) -> PageMeta:
    """The posts in a category and below it."""
    return PageMeta(
        title=category.name,
        description=truncate(category.description) or _holding(f"Posts in {category}", page),
        path=category.get_absolute_url(),
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=_way(category.parent),
        image=share_image(category.image),
    )


def of_tag(tag: Tag, page: Page) -> PageMeta:
    """The posts with a keyword."""
    return PageMeta(
        title=f"Posts about {tag}",
        breadcrumb_title=tag.name,
        description=_holding(f"Posts about {tag}", page),
        path=tag.get_absolute_url(),
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=_way(),
        is_indexed=page.paginator.count >= POSTS_OF_A_FULL_TAG,
    )


def of_series(series: Series, parts: Iterable[Post]) -> PageMeta:
    """A series with its parts."""
    return PageMeta(
        title=series.title,
        description=truncate(series.description) or _holding(f"{series}, a guide in parts", parts),
        path=series.get_absolute_url(),
        schema_type="CollectionPage",
        ancestors=_way(),
        image=share_image(series.image),
    )


def of_author(author: Author, page: Page) -> PageMeta:
    """An author's profile, with the posts."""
    return PageMeta(
        title=author.name_with_credentials,
        description=truncate(author.short_bio) or _holding(f"Posts by {author.name_with_credentials}", page),
        path=author.get_absolute_url(),
        schema_type="ProfilePage",
        page_number=page.number,
        ancestors=_way(),
        image=share_image(author.photo),
        nodes=(detailed_person(author),),
    )


def of_year(year: int, page: Page) -> PageMeta:
    """The posts of a year."""
    return _of_time(str(year), reverse("blog:year", args=[year]), _way(), page)


def of_month(first_day: date, page: Page) -> PageMeta:
    """The posts of the month that starts on `first_day`."""
    above = Breadcrumb(str(first_day.year), reverse("blog:year", args=[first_day.year]))
    path = reverse("blog:month", args=[f"{first_day:%Y}", f"{first_day:%m}"])
    return _of_time(date_format(first_day, "F Y"), path, (*_way(), above), page)


def of_post(post: Post, *, is_public: bool = True) -> PageMeta:
    """A post; `is_public` is False where somebody looks at words that readers do not have yet."""
    is_public = is_public and post.is_published
    return PageMeta(
        title=post.title,
        full_title=post.seo_title,
        description=post.short_description or f"{post.title}.",
        path=_path(post),
        ancestors=_way(post.primary_category),
        image=share_image(post.featured_image),
        nodes=(_article(post), person(post.author), *faq(post, absolute_url(_path(post)))) if is_public else (),
        canonical_url=post.canonical_url,
        published_at=post.published_at,
        updated_at=post.updated_on or post.published_at,
        is_indexed=not post.hides_from_search,
        is_public=is_public,
    )


def _article(post: Post) -> Node:
    """The post itself; dates are those that readers see."""
    address = absolute_url(_path(post))
    return node(
        "BlogPosting",
        id=f"{address}#article",
        headline=post.title,
        description=post.short_description,
        abstract=" ".join(post.tldr_points),
        author={"@id": person_id(post.author)},
        datePublished=post.published_at,
        dateModified=post.updated_on or post.published_at,
        wordCount=post.word_count or None,
        articleSection=[category.name for category in _line(post.primary_category)],
        keywords=[tag.name for tag in post.tags.all()],
        mainEntityOfPage={"@id": address},
    )


def _path(post: Post) -> str:
    return post.get_absolute_url() if post.slug else "/"  # a preview may come before the address


def _of_time(words: str, path: str, above: tuple[Breadcrumb, ...], page: Page) -> PageMeta:
    return PageMeta(
        title=f"Posts from {words}",
        breadcrumb_title=words,
        description=_holding(f"Posts from {words}", page),
        path=path,
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=above,
    )


def _way(category: Category | None = None) -> tuple[Breadcrumb, ...]:
    """The way from the home page to the blog and down to `category`."""
    blog = (Breadcrumb("Home", reverse("home")), Breadcrumb("Blog", reverse("blog:post_list")))
    return (*blog, *(Breadcrumb(each.name, each.get_absolute_url()) for each in _line(category)))


def _line(category: Category | None) -> list[Category]:
    """`category` with those above it, the main one first."""
    found: list[Category] = []
    while category is not None and category not in found:
        found.insert(0, category)
        category = category.parent
    return found


def _holding(words: str, posts: Iterable[Post]) -> str:
    """A description for a list without one: what it is, and its first titles."""
    titles = [post.title for post in posts][:3]
    return truncate(f"{words}: {'; '.join(titles)}." if titles else f"{words}.")
