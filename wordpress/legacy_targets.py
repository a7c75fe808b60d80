"""Find the pages here that paths and queries of WordPress lead to."""

import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from accounts.models import Author
from blog.models import Category, Post, PostQuerySet, Tag
from pages.models import Page
from plaintext.characters import strip_control_characters, strip_invisible_characters
from publishing.models import YEARS
from redirects import services
from wordpress.media.old_urls import attachment_url
from wordpress.models import ImportedObject

_LISTS = ("category", "tag", "author")


class Target(NamedTuple):
    """The URL of a page here, with its posts and feed if it lists posts."""

    url: str
    posts: PostQuerySet | None = None
    feed: str = ""


def all_posts(url: str) -> Target:
    """Return the target that lists all posts, at `url`."""
    return Target(url, Post.objects.published(), reverse("blog:feed"))


def find_target(parts: list[str]) -> Target | None:
    """Return the target of a path without its suffix."""
    parts = [unicodedata.normalize("NFC", part) for part in parts]
    if not parts or parts == ["blog"]:
        return all_posts(reverse("blog:post_list" if parts else "home"))
    if parts[0].lower() in _LISTS and len(parts) > 1:
        return _term_list(parts)
    if parts[0].lower() == "archives" and len(parts) == 2 and parts[1].isdecimal():
        return find_by_id(parts[1])
    # A date archive, a page, a post after any prefix (dates, /blog/ or a category), or a list after one.
    return date_archive(parts) or find_page(parts) or find_post(parts[-1]) or _prefixed_list(parts)


def redirected_target(parts: list[str]) -> Target | None:
    """Return the target of the redirect stored for a path without its suffix."""
    redirect = services.resolve_redirect(f"/{'/'.join(parts)}")
    if redirect is None or not redirect.url:
        return None
    return (
        all_posts(redirect.url)
        if redirect.url in {reverse("home"), reverse("blog:post_list")}
        else Target(redirect.url)
    )


def find_page(parts: list[str]) -> Target | None:
    """Return the public page at a path."""
    path = "/".join(parts)
    page = Page.objects.published().filter(path__in=(path, path.lower())).only("path").first()
    return Target(page.get_absolute_url()) if page else None


def find_post(slug: str) -> Target | None:
    """Return the public post with a slug."""
    spellings = {slug, slug.lower(), strip_invisible_characters(slug.lower())}
    post = Post.objects.published().filter(slug__in=spellings).only("slug").first()
    return Target(post.get_absolute_url()) if post else None


def find_by_id(value: str) -> Target | None:
    """Return the public post or page with a WordPress ID."""
    if not (value.isascii() and value.isdecimal()):
        return None
    texts: dict[ImportedObject.Kind, type[Post | Page]] = {
        ImportedObject.Kind.POST: Post,
        ImportedObject.Kind.PAGE: Page,
    }
    for kind, model in texts.items():
        rows = ImportedObject.objects.filter(kind=kind, key__startswith=f"{kind}:{value.lstrip('0')}:").values(
            "object_id"
        )
        if text := model.objects.published().filter(pk__in=rows).order_by("pk").first():
            return Target(text.get_absolute_url())
    return None


def find_by_query(query: QueryDict) -> Target | None:
    """Return the target of the parameters of a WordPress query such as `?p=12`, the most specific first."""
    for name, find in _FINDERS.items():
        value = strip_control_characters(query.get(name, "")).strip()
        if value and (target := find(value)):
            return target
    return _date_query(query)


def _date_query(query: QueryDict) -> Target | None:
    year, month = query.get("year", ""), query.get("monthnum", "")
    return date_archive([year, month] if month else [year]) if year else None


def _term_list(parts: list[str]) -> Target | None:
    kind = parts[0].lower()
    if kind == "category":
        return find_category(parts[1:])
    if len(parts) > 2:
        return None
    return find_tag(parts[1]) if kind == "tag" else find_author(parts[1])


def _prefixed_list(parts: list[str]) -> Target | None:
    """Return the list after a prefix such as /blog/ or /archives/, or at the path of a category alone."""
    for start in range(1, len(parts) - 1):
        if parts[start].lower() in _LISTS and (target := _term_list(parts[start:])):
            return target
    first_number = next((index for index, part in enumerate(parts) if part.isdecimal()), 0)
    if first_number and (target := date_archive(parts[first_number:])):
        return target
    category = Category.objects.filter(path=f"{'/'.join(parts).lower()}/").first()
    return _category_target(category)


def find_category(slugs: list[str]) -> Target | None:
    """Return a category by its path, or by its slug with any ancestors."""
    path = f"{'/'.join(slugs).lower()}/"
    category = Category.objects.filter(path=path).first() or _imported_row(
        ImportedObject.Kind.CATEGORY, Category, key__in={slugs[-1], slugs[-1].lower()}
    )
    return _category_target(category)


def find_tag(slug: str) -> Target | None:
    """Return a tag that public posts have."""
    tag = Tag.objects.filter(slug__in=(slug, slug.lower())).first() or _imported_row(
        ImportedObject.Kind.TAG, Tag, key__in={slug, slug.lower()}
    )
    posts = Post.objects.published().filter(tags=tag) if tag else None
    if tag is None or posts is None or not posts.exists():
        return None
    return Target(tag.get_absolute_url(), posts, reverse("blog:tag_feed", args=[tag.slug]))


def find_author(slug: str) -> Target | None:
    """Return an author of public posts, by the slug here, the login or WordPress's slug of the login."""
    author = Author.objects.filter(slug__in=(slug, slug.lower())).first()
    for key in () if author else (f"/{slug.lower()}", slug):
        author = author or _imported_row(ImportedObject.Kind.AUTHOR, Author, key__iexact=key)
    return _author_target(author)


def _author_target(author: Author | None) -> Target | None:
    posts = Post.objects.published().filter(author=author) if author else None
    if author is None or posts is None or not posts.exists():
        return None
    return Target(author.get_absolute_url(), posts, reverse("blog:author_feed", args=[author.slug]))


def _category_target(category: Category | None) -> Target | None:
    if category is None:
        return None
    feed = reverse("blog:category_feed", args=[category.path.strip("/")])
    return Target(category.get_absolute_url(), Post.objects.published().in_category(category), feed)


def date_archive(parts: list[str]) -> Target | None:
    """Return the archive of a year or month. A day has the archive of its month."""
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    year, month = int(parts[0][:5]), int(parts[1][:3]) if len(parts) > 1 else 0
    if year not in YEARS or month not in range(13) or (len(parts) > 1 and not month):
        return None
    posts = Post.objects.published().in_year(year)
    if month:
        posts = posts.filter(month__month=month)
    url = reverse("blog:month", args=[f"{year}", f"{month:02}"]) if month else reverse("blog:year", args=[year])
    return Target(url, posts) if posts.exists() else None


def _compact_date(value: str) -> Target | None:
    return date_archive([value[:4], value[4:6]] if value[4:6] else [value[:4]])


def _path_parts(value: str) -> list[str]:
    return [part for part in value.split("/") if part]


def _by_number(kind: ImportedObject.Kind, model: type[Any], value: str) -> Any:
    return _imported_row(kind, model, key=f"#{value}") if value.isascii() and value.isdecimal() else None


def _imported_row(kind: ImportedObject.Kind, model: type[Any], **key: str | set[str]) -> Any:
    """Return the row imported from a WordPress object, or None."""
    imported_objects: QuerySet[ImportedObject] = ImportedObject.objects.filter(kind=kind, **key)
    return model.objects.filter(pk__in=imported_objects.values("object_id")).order_by("pk").first()


# In WordPress's order of precedence.
_FINDERS: dict[str, Callable[[str], Target | None]] = {
    "p": find_by_id,
    "page_id": find_by_id,
    "name": find_post,
    "pagename": lambda value: find_target(_path_parts(value)),
    "author": lambda value: _author_target(_by_number(ImportedObject.Kind.AUTHOR, Author, value)),
    "author_name": find_author,
    "cat": lambda value: _category_target(_by_number(ImportedObject.Kind.CATEGORY, Category, value)),
    "category_name": lambda value: find_category(_path_parts(value)),
    "tag": find_tag,
    "m": _compact_date,
    "attachment_id": lambda value: Target(url) if (url := attachment_url(value)) else None,
}
QUERY_PARAMETERS = (*_FINDERS, "year", "monthnum", "s", "feed", "paged")
