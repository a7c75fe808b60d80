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
from wordpress.models import Origin
from wordpress.reader import Item
from wordpress.source_site import OldSite

# What people call the page of their posts. The format does not tell which one it was.
_PAGES_OF_POSTS = ("blog", "news", "posts", "articles", "journal")
_IMPORTED = Redirect.Origin.IMPORTED


def is_front_page(item: Item, site: OldSite) -> bool:
    """Whether WordPress showed the page instead of the posts: the format does not say so, but its link does."""
    return item.post_type == "page" and item.status == "publish" and site.place(item.link) == ""


def depths(pages: Iterable[tuple[str, Item]]) -> dict[tuple[str, int], int]:
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


def parent_of(item: Item, site: OldSite, pages: Mapping[int, Item]) -> Page | None:
    """The page here that the item lies below: its parent, or the nearest one above that which came along."""
    seen, number = {item.post_id}, item.parent_id
    while number and number not in seen:
        seen.add(number)
        rows = Origin.objects.filter(site=site.name, kind=Origin.Kind.PAGE, key__startswith=f"page:{number}:")
        page = Page.objects.filter(pk__in=rows.values("object_id")).order_by("pk").first()
        if page and len(page.path) < MAX_PATH_LENGTH - 200 and not _is_below(page, item, site):
            return page
        number = pages[number].parent_id if number in pages else 0
    return None


def _is_below(page: Page, item: Item, site: OldSite) -> bool:
    """Whether `page` is what the item became, or lies below that."""
    rows = Origin.objects.filter(site=site.name, kind=Origin.Kind.PAGE, key__startswith=f"page:{item.post_id}:")
    own = set(rows.values_list("object_id", flat=True))
    above: Page | None = page
    while above is not None and above.pk not in own:
        above = above.parent
    return above is not None


def why_needless(item: Item, site: OldSite, has_front_page: bool) -> str:
    """Why a page without a text is left out; "" if it is not. WordPress filled such pages itself, and so do we."""
    place = site.place(item.link)
    if item.body.strip() or item.excerpt.strip() or item.status != "publish" or place is None:
        return ""
    if not place:
        return "was the front page there and has no text. The home page here makes itself, so it was left out."
    if _is_of_the_site(place):
        return f"has no text, and this site shows something of its own at /{place}/: it was left out."
    if has_front_page and place in _PAGES_OF_POSTS:
        blog = reverse("blog:post_list")
        if not services.final_target(f"/{place}"):
            services.create_redirect(f"/{place}", blog, _IMPORTED)
        return f"has no text and showed your posts there. They are at {blog} here, where /{place}/ leads now."
    return ""


def _is_of_the_site(place: str) -> bool:
    try:
        return resolve(f"/{place}/").view_name != "document"
    except Resolver404:
        return False


def row_for(place: str) -> tuple[Page, str]:
    """The page for what lay at `place`, unsaved or a starter page that nobody has changed; and what to say of it."""
    role = role_at_path(place)
    own = Page.objects.filter(role=role).first() if role else None
    if own and is_unchanged(own):
        own.trashed_at = None
        return own, "it takes the place of the draft with which this site began." + _above_form(role)
    if own:
        return Page(), f"your own page “{own}” is kept, and this one stands beside it."
    return Page(role=role), _above_form(role).strip()


def _above_form(role: str | None) -> str:
    return " Its words stand above this site's own contact form." if role == Page.Role.CONTACT else ""


def find_place(text: Post | Page, stem: str) -> None:
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


def lead_here(text: Post | Page, item: Item, site: OldSite) -> str:
    """Lead readers from the old address to `text`, if that is public and nothing else is there; what to say of it.

    Posts that kept the end of their address need nothing: see wordpress.legacy_urls.
    """
    place, here = site.place(item.link), text.get_absolute_url()
    if not text.is_published or not place or normalize_path(place) == normalize_path(getattr(text, text.path_field)):
        return ""
    if isinstance(text, Post) and text.slug == item.slug.lower():
        return ""
    try:
        validate_path_is_free(place)
    except ValidationError:
        return f"was at /{place}/ there. That address is taken here, so it is at {here}."
    services.create_redirect(f"/{place}", here, _IMPORTED)
    return f"was at /{place}/ there and is at {here} now. The old address leads to it."
