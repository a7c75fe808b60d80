"""The metadata of the blog's pages: a function for each kind of page."""

from collections.abc import Callable, Iterable
from datetime import date

from django.core.paginator import Page
from django.urls import reverse
from django.utils.formats import date_format

from accounts.models import Author
from accounts.structured_data import detailed_person, person, person_id
from blog.citations import ids_of_citations, ids_of_exercises
from blog.models import Category, Post, Series, Tag
from evidence.structured_data import citation_nodes
from exercises.structured_data import exercise_nodes, subject_node
from images.structured_data import share_image
from publishing.structured_data import faq_nodes, review_properties
from siteinfo.seo import Breadcrumb, PageMeta, truncate
from siteinfo.structured_data import Node, node
from siteinfo.urls import absolute_url

# Tags with fewer posts are not indexed: their list adds nothing to the post itself.
MIN_POSTS_OF_INDEXED_TAG = 2
# Views select this many ancestors of a category with it; deeper ones cost a query each.
CATEGORY_ANCESTORS = "parent__parent__parent"
# Functions that return more properties of the structured data of a public post.
_article_properties: list[Callable[[Post], Node]] = []


def register_article_properties(source: Callable[[Post], Node]) -> None:
    """Add what `source` returns to the structured data of posts."""
    _article_properties.append(source)


def post_list_meta(page: Page) -> PageMeta:
    """Return the metadata of the list of all posts."""
    return PageMeta(
        title="All posts",
        breadcrumb_title="Blog",
        description=_list_description("All blog posts, newest first", page),
        path=reverse("blog:post_list"),
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=_breadcrumbs()[:1],
    )


def category_meta(category: Category, page: Page) -> PageMeta:
    """Return the metadata of a category."""
    return PageMeta(
        title=category.name,
        description=truncate(category.description) or _list_description(f"Posts in {category}", page),
        path=category.get_absolute_url(),
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=_breadcrumbs(category.parent),
        image=share_image(category.image),
    )


def tag_meta(tag: Tag, page: Page) -> PageMeta:
    """Return the metadata of a tag."""
    return PageMeta(
        title=f"Posts about {tag}",
        breadcrumb_title=tag.name,
        description=_list_description(f"Posts about {tag}", page),
        path=tag.get_absolute_url(),
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=_breadcrumbs(),
        is_indexed=page.paginator.count >= MIN_POSTS_OF_INDEXED_TAG,
    )


def series_meta(series: Series, parts: Iterable[Post]) -> PageMeta:
    """Return the metadata of a series."""
    return PageMeta(
        title=series.title,
        description=truncate(series.description) or _list_description(f"{series}, a guide in several parts", parts),
        path=series.get_absolute_url(),
        schema_type="CollectionPage",
        ancestors=_breadcrumbs(),
        image=share_image(series.image),
    )


def author_meta(author: Author, page: Page) -> PageMeta:
    """Return the metadata of an author's page."""
    name = author.name_with_credentials
    described = (
        _list_description(f"Posts by {name}", page) if page.object_list else f"{name} reviews texts on this site."
    )
    description = truncate(author.short_bio) or described
    return PageMeta(
        title=author.name_with_credentials,
        description=description,
        path=author.get_absolute_url(),
        schema_type="ProfilePage",
        page_number=page.number,
        ancestors=_breadcrumbs(),
        image=share_image(author.portrait),
        nodes=(detailed_person(author),),
    )


def archive_index_meta() -> PageMeta:
    """Return the metadata of the list of all months."""
    return PageMeta(
        title="Archive",
        description="All posts by month, newest first.",
        path=reverse("blog:archive_index"),
        schema_type="CollectionPage",
        ancestors=_breadcrumbs(),
    )


def year_meta(year: int, page: Page) -> PageMeta:
    """Return the metadata of the archive of a year."""
    return _archive_meta(str(year), reverse("blog:year", args=[year]), _breadcrumbs(), page)


def month_meta(first_day: date, page: Page) -> PageMeta:
    """Return the metadata of the archive of the month that starts on `first_day`."""
    year = Breadcrumb(str(first_day.year), reverse("blog:year", args=[first_day.year]))
    path = reverse("blog:month", args=[f"{first_day:%Y}", f"{first_day:%m}"])
    return _archive_meta(date_format(first_day, "F Y"), path, (*_breadcrumbs(), year), page)


def _archive_meta(period: str, path: str, ancestors: tuple[Breadcrumb, ...], page: Page) -> PageMeta:
    return PageMeta(
        title=f"Posts from {period}",
        breadcrumb_title=period,
        description=_list_description(f"Posts from {period}", page),
        path=path,
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=ancestors,
    )


def post_meta(post: Post, *, is_public: bool = True) -> PageMeta:
    """Return the metadata of a post. `is_public` is False for text that visitors cannot see yet."""
    is_public = is_public and post.is_published
    return PageMeta(
        title=post.title,
        full_title=post.seo_title,
        description=post.short_description or f"{post.title}.",
        path=_post_path(post),
        ancestors=_breadcrumbs(post.primary_category),
        image=share_image(post.featured_image),
        nodes=_post_nodes(post) if is_public else (),
        parts=tuple(exercise_nodes(ids_of_exercises(post))) if is_public else (),
        about=tuple(filter(None, map(subject_node, post.finder_entries))) if is_public else (),
        canonical_url=post.canonical_url,
        published_at=post.published_at,
        updated_at=post.updated_on or post.published_at,
        is_indexed=not post.hides_from_search,
        is_public=is_public,
        **(review_properties(post) if is_public else {}),
    )


def _post_nodes(post: Post) -> tuple[Node, ...]:
    citations = citation_nodes(ids_of_citations(post))
    questions = faq_nodes(post, absolute_url(_post_path(post)))
    return (_article(post, citations), person(post.author), *questions, *citations)


def _article(post: Post, citations: Iterable[Node] = ()) -> Node:
    """Return the structured data of a post, with the dates that visitors see."""
    url = absolute_url(_post_path(post))
    return node(
        "BlogPosting",
        id=f"{url}#article",
        headline=post.title,
        description=post.short_description,
        abstract=" ".join(post.tldr_points),
        author={"@id": person_id(post.author)},
        datePublished=post.published_at,
        dateModified=post.updated_on or post.published_at,
        wordCount=post.word_count or None,
        articleSection=[category.name for category in _with_ancestors(post.primary_category)],
        keywords=[tag.name for tag in post.tags.all()],
        citation=[{"@id": cited["@id"]} for cited in citations],
        mainEntityOfPage={"@id": url},
        **{name: value for source in _article_properties for name, value in source(post).items()},
    )


def _post_path(post: Post) -> str:
    return post.get_absolute_url() if post.slug else "/"  # the preview of a new post may have no slug


def _breadcrumbs(category: Category | None = None) -> tuple[Breadcrumb, ...]:
    """Return the trail from the home page to the blog and down to `category`."""
    categories = [Breadcrumb(each.name, each.get_absolute_url()) for each in _with_ancestors(category)]
    return (Breadcrumb("Home", reverse("home")), Breadcrumb("Blog", reverse("blog:post_list")), *categories)


def _with_ancestors(category: Category | None) -> list[Category]:
    """Return `category` and those above it, the top-level one first."""
    found: list[Category] = []
    while category is not None and category not in found:
        found.insert(0, category)
        category = category.parent
    return found


def _list_description(text: str, posts: Iterable[Post]) -> str:
    """Describe a list without a description by the titles of its first posts."""
    titles = [post.title for post in posts][:3]
    return truncate(f"{text}: {'; '.join(titles)}." if titles else f"{text}.")
