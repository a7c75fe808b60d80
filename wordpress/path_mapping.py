"""Map WordPress paths to parent pages, slugs and redirects here."""

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

# Common names for the posts page. The export does not identify it.
_POSTS_PAGE_SLUGS = ("blog", "news", "posts", "articles", "journal")
_IMPORTED = Redirect.Origin.IMPORTED


def is_front_page(item: Item, site: SourceSite) -> bool:
    """Return whether the page was the static front page. Only its link shows that."""
    return item.post_type == "page" and item.status == "publish" and site.path_of(item.link) == ""


def page_depths(pages: Iterable[tuple[str, Item]]) -> dict[tuple[str, int], int]:
    """Return the depth of each page in the page tree, by site and WordPress ID. Tolerates parent cycles."""
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
    """Return the page imported for the item's parent, or for its nearest imported ancestor."""
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
    """Return whether `page` was imported from the item or is a descendant of that page."""
    rows = ImportedObject.objects.filter(
        site=site.name, kind=ImportedObject.Kind.PAGE, key__startswith=f"page:{item.post_id}:"
    )
    own = set(rows.values_list("object_id", flat=True))
    above: Page | None = page
    while above is not None and above.pk not in own:
        above = above.parent
    return above is not None


def skip_reason(item: Item, site: SourceSite, has_front_page: bool) -> str:
    """Return why an empty page is skipped, or "". WordPress filled such pages with posts, and so does this site."""
    path = site.path_of(item.link)
    if item.body.strip() or item.excerpt.strip() or item.status != "publish" or path is None:
        return ""
    if not path:
        return "was skipped: it was the front page and has no text. The home page here is generated."
    if _is_reserved_path(path):
        return f"was skipped: it has no text, and this site already has a page at /{path}/."
    if has_front_page and path in _POSTS_PAGE_SLUGS:
        blog = reverse("blog:post_list")
        if not services.final_target(f"/{path}"):
            services.create_redirect(f"/{path}", blog, _IMPORTED)
        return f"was skipped: it has no text and listed your posts. /{path}/ now redirects to {blog}."
    return ""


def _is_reserved_path(path: str) -> bool:
    try:
        return resolve(f"/{path}/").view_name != "document"
    except Resolver404:
        return False


def page_for_path(path: str) -> tuple[Page, str]:
    """Return the page to import `path` into, and a note for the report.

    The page is unsaved, or a starter page that was not edited.
    """
    role = role_at_path(path)
    own = Page.objects.filter(role=role).first() if role else None
    if own and is_unchanged(own):
        own.trashed_at = None
        return own, "it replaces the starter draft." + _contact_form_note(role)
    if own:
        return Page(), f"your page “{own}” was kept, and this one was added next to it."
    return Page(role=role), _contact_form_note(role).strip()


def _contact_form_note(role: str | None) -> str:
    return " Its text appears above the contact form." if role == Page.Role.CONTACT else ""


def assign_free_slug(text: Post | Page, stem: str) -> None:
    """Set the slug `stem`, adding a number if the path is taken. Existing content is never replaced."""
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
    """Redirect the source path to `text` if it is published and the path is free. Return a note for the report.

    Posts that keep their slug need no redirect: see wordpress.legacy_urls.
    """
    path, here = site.path_of(item.link), text.get_absolute_url()
    if not text.is_published or not path or normalize_path(path) == normalize_path(getattr(text, text.path_field)):
        return ""
    if isinstance(text, Post) and text.slug == item.slug.lower():
        return ""
    try:
        validate_path_is_free(path)
    except ValidationError:
        return f"was at /{path}/. That path is taken here, so it is at {here}."
    services.create_redirect(f"/{path}", here, _IMPORTED)
    return f"was at /{path}/ and is now at {here}. The old URL redirects to it."
