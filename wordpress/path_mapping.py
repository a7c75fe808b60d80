"""Where pages and posts of WordPress lie here: below which page, at which address, and what leads there."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve, reverse

from blog.models import Post
from pages.models import MAX_PATH_LENGTH, Page
from pages.starter_pages import is_unchanged, role_at_path
from publishing.document_paths import validate_path_is_free
from redirects import services
from redirects.models import Redirect
from redirects.normalize import normalize_path
from wordpress.models import ImportedObject
from wordpress.reader import Item
from wordpress.source_site import SourceSite

# What people call the page of their posts. The format does not tell which one it was.
_POSTS_PAGE_SLUGS = ("blog", "news", "posts", "articles", "journal")
_IMPORTED = Redirect.Origin.IMPORTED


def is_front_page(item: Item, site: SourceSite) -> bool:
    """Whether WordPress showed the page instead of the posts: the format does not say so, but its link does."""
    return item.post_type == "page" and item.status == "publish" and site.path_of(item.link) == ""


def page_depths(pages: Iterable[tuple[str, Item]]) -> dict[tuple[str, int], int]:
    """How many pages lie above each of `pages`, by site and number. A circle ends where it closes."""
    parents: dict[tuple[str, int], int] = {}
    for site, page in pages:
        parents.setdefault((site, page.post_id), page.parent_id)
    found = {}
    for site, number in parents:
        line = [number]
        while (above := parents.get((site, line[-1]), 0)) and above not in line:
            line.append(above)
        found[site, number] = len(line)
    return found


def find_parent(item: Item, site: SourceSite, pages: Mapping[int, Item]) -> Page | None:
    """The page here that the item lies below: its parent, or the nearest one above that which came along."""
    seen, number = {item.post_id}, item.parent_id
    while number and number not in seen:
        seen.add(number)
        rows = ImportedObject.objects.filter(
            site=site.name, kind=ImportedObject.Kind.PAGE, key__startswith=f"page:{number}:"
        )
        page = Page.objects.filter(pk__in=rows.values("object_id")).order_by("pk").first()
        if page and len(page.path) < MAX_PATH_LENGTH - 200 and not _is_below(page, item, site):
            return page
        number = pages[number].parent_id if number in pages else 0
    return None


def _is_below(page: Page, item: Item, site: SourceSite) -> bool:
    """Whether `page` is what the item became, or lies below that."""
    rows = ImportedObject.objects.filter(
        site=site.name, kind=ImportedObject.Kind.PAGE, key__startswith=f"page:{item.post_id}:"
    )
    own = set(rows.values_list("object_id", flat=True))
    above: Page | None = page
    while above is not None and above.pk not in own:
        above = above.parent
    return above is not None


def skip_reason(item: Item, site: SourceSite, has_front_page: bool) -> str:
    """Why a page without a text is left out; "" if it is not. WordPress filled such pages itself, and so do we."""
    path = site.path_of(item.link)
    if item.body.strip() or item.excerpt.strip() or item.status != "publish" or path is None:
        return ""
    if not path:
        return "was the front page there and has no text. The home page here makes itself, so it was left out."
    if _is_reserved_path(path):
        return f"has no text, and this site shows something of its own at /{path}/: it was left out."
    if has_front_page and path in _POSTS_PAGE_SLUGS:
        blog = reverse("blog:post_list")
        if not services.final_target(f"/{path}"):
            services.create_redirect(f"/{path}", blog, _IMPORTED)
        return f"has no text and showed your posts there. They are at {blog} here, where /{path}/ leads now."
    return ""


def _is_reserved_path(path: str) -> bool:
    try:
        return resolve(f"/{path}/").view_name != "document"
    except Resolver404:
        return False


def page_for_path(path: str) -> tuple[Page, str]:
    """The page for what lay at `path`, unsaved or a starter page that nobody has changed; and what to say of it."""
    role = role_at_path(path)
    own = Page.objects.filter(role=role).first() if role else None
    if own and is_unchanged(own):
        own.trashed_at = None
        return own, "it takes the place of the draft with which this site began." + _contact_form_note(role)
    if own:
        return Page(), f"your own page “{own}” is kept, and this one stands beside it."
    return Page(role=role), _contact_form_note(role).strip()


def _contact_form_note(role: str | None) -> str:
    return " Its words stand above this site's own contact form." if role == Page.Role.CONTACT else ""


def assign_free_slug(text: Post | Page, stem: str) -> None:
    """Give `text` the address that ends in `stem`, or the nearest free one: what is here already is never replaced."""
    text.slug, number = stem, 1
    while not _is_free(text):
        number += 1
        text.slug = f"{stem}-{number}"


def _is_free(text: Post | Page) -> bool:
    try:
        if isinstance(text, Page):
            text.validate_path(text.computed_path)
        else:
            validate_path_is_free(text.slug, text)
    except ValidationError:
        return False
    return True


def redirect_from_source(text: Post | Page, item: Item, site: SourceSite) -> str:
    """Lead readers from the old address to `text`, if that is public and nothing else is there; what to say of it.

    Posts that kept the end of their address need nothing: see wordpress.legacy_urls.
    """
    path, here = site.path_of(item.link), text.get_absolute_url()
    if not text.is_published or not path or normalize_path(path) == normalize_path(getattr(text, text.path_field)):
        return ""
    if isinstance(text, Post) and text.slug == item.slug.lower():
        return ""
    try:
        validate_path_is_free(path)
    except ValidationError:
        return f"was at /{path}/ there. That address is taken here, so it is at {here}."
    services.create_redirect(f"/{path}", here, _IMPORTED)
    return f"was at /{path}/ there and is at {here} now. The old address leads to it."
