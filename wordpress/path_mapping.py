"""Map WordPress paths to parent pages, slugs and redirects here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve, reverse

from blog.internal_links import missing_pages
from blog.models import Post
from pages.models import MAX_PATH_LENGTH, Page
from pages.starter_pages import is_unchanged, role_at_path
from publishing.document_paths import documents_at, validate_path_is_free
from redirects import services
from redirects.models import Redirect
from redirects.normalize import normalize_path
from wordpress.legacy_urls import LISTS, NOT_SLUGS
from wordpress.models import ImportedObject, fingerprint
from wordpress.old_paths import earlier_paths, requested_path
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
        redirect_from_front_page(item, site, reverse("home"))
        return "was skipped: it was the front page and has no text. The home page here is generated."
    if is_reserved_path(path):
        redirect_from_front_page(item, site, f"/{path}/")
        return f"was skipped: it has no text, and this site already has a page at /{path}/."
    if has_front_page and path in _POSTS_PAGE_SLUGS:
        blog = reverse("blog:post_list")
        redirect_from_front_page(item, site, blog)
        return f"was skipped: it has no text and listed your posts. /{path}/ now redirects to {blog}."
    return ""


def is_posts_page(item: Item, site: SourceSite, has_front_page: bool) -> bool:
    """Return whether the page listed the posts, at the URL of their list here. WordPress showed no text on it."""
    path = site.path_of(item.link)
    is_named = item.post_type == "page" and has_front_page and path in _POSTS_PAGE_SLUGS
    return bool(is_named and path and is_reserved_path(path))


def is_reserved_path(path: str) -> bool:
    """Return whether another part of this site has a page at `path`."""
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
    """Set the slug `stem`, adding a number if the path is taken. Existing content is never replaced.

    A public text gets the path of an imported one that is not public.
    """
    text.slug, number = stem, 1
    if text.is_published:
        release_paths([text.computed_path if isinstance(text, Page) else stem])
    while not _is_free(text):
        number += 1
        text.slug = f"{stem}-{number}"


def release_paths(paths: Collection[str]) -> None:
    """Give other slugs to imported drafts at `paths` that were not edited here, so that public texts can have them."""
    documents: list[Any] = [document for document in documents_at(paths) if not document.is_published]
    for document in documents:
        kind = document._meta.model_name or ""
        record = ImportedObject.objects.filter(kind=kind, object_id=document.pk).first()
        has_children = isinstance(document, Page) and document.children.exists()
        if record and not has_children and record.fingerprint == fingerprint(document):
            assign_free_slug(document, f"{document.slug[:190]}-2")
            document.save()
            record.fingerprint = fingerprint(document)
            record.save(update_fields=["fingerprint"])


def _is_free(text: Post | Page) -> bool:
    try:
        if isinstance(text, Page):
            text.validate_path(text.computed_path)
        else:
            validate_path_is_free(text.slug, text)
    except ValidationError:
        return False
    return True


# ---- Redirects from the paths of the source site --------------------------------------------------------


def redirect_from_source(text: Post | Page, item: Item, site: SourceSite) -> str:
    """Redirect the old URLs of one text. Return a note for the report: see `redirect_all_from_source`."""
    return redirect_all_from_source([(text, item)], site)[0]


def redirect_all_from_source(texts: Sequence[tuple[Post | Page, Item]], site: SourceSite) -> list[str]:
    """Redirect the old URLs of the published `texts` that are free. Return a note for the report for each, or "".

    The old URLs are the permalink, the path in the GUID, and the permalink with each earlier slug. Most posts need no
    redirect: wordpress.legacy_urls finds them by the slug at the end of the path. The permalink of a post wins over
    an earlier one of another post, and redirects that someone added by hand stay.
    """
    wanted = [_paths_to_redirect(text, item, site) for text, item in texts]
    every = {path: normalize_path(path) for paths in wanted for path in paths}
    if not every:
        return [""] * len(wanted)
    origins = dict(Redirect.objects.filter(old_path__in=every.values()).values_list("old_path", "origin"))
    taken = _taken_paths(every)
    free: dict[str, str] = {}
    notes = []
    for (text, item), paths in zip(texts, wanted, strict=True):
        path, here = requested_path(item.link, site), text.get_absolute_url()
        for each in paths:
            key = every[each]
            is_free = key not in origins or (each == path and origins[key] != Redirect.Origin.MANUAL)
            if each not in taken and is_free:
                free[key], origins[key] = here, _IMPORTED
        note = ""
        if path in taken and path in paths:
            note = f"was at /{path}/. That path is taken here, so it is at {here}."
        elif path in paths and (isinstance(text, Page) or text.slug not in every[path]):
            note = f"was at /{path}/ and is now at {here}. The old URL redirects to it."
        notes.append(note)
    services.create_redirects(free, _IMPORTED)
    return notes


def _paths_to_redirect(text: Post | Page, item: Item, site: SourceSite) -> list[str]:
    """Return the old paths of a text that need a redirect to it. Drafts have none."""
    if is_front_page(item, site):
        redirect_from_front_page(item, site, reverse("home"))
    if not text.is_published:
        return []
    paths = (requested_path(item.link, site), *earlier_paths(item, site))
    return [each for each in paths if each and not _leads_to(each, text)]


def redirect_from_front_page(item: Item, site: SourceSite, target: str) -> None:
    """Redirect the URLs of a page that WordPress filled itself, such as /?page_id=12, to `target`."""
    paths = {f"{base}?{name}={item.post_id}" for base in ("/", f"/{site.with_base('')}") for name in ("page_id", "p")}
    own = requested_path(item.link, site) or requested_path(f"{site.url}/{item.slug}/", site)
    if own and not _taken_paths([own]):
        paths.add(own)
    free = {path: target for path in paths if not services.final_target(path)}
    services.create_redirects(free, _IMPORTED)


def _leads_to(path: str, text: Post | Page) -> bool:
    """Return whether the path is that of the text, or leads to it by the slug at its end."""
    key = normalize_path(path)
    if key == normalize_path(getattr(text, text.path_field)):
        return True
    *above, last = key.strip("/").split("/")
    is_slug = isinstance(text, Post) and last == text.slug and not last.isdecimal() and last not in NOT_SLUGS
    return is_slug and LISTS.isdisjoint(above)


def _taken_paths(paths: Collection[str]) -> set[str]:
    """Return those of `paths` that show something else here: another part of the site or a public post or page."""
    keys = {path: normalize_path(path).strip("/") for path in paths}
    missing = missing_pages(keys.values())
    return {path for path, key in keys.items() if key not in missing or _is_admin_path(key)}


def _is_admin_path(path: str) -> bool:
    """Return whether the admin has a page at the path. It matches every path below /admin/: see legacy_urls."""
    match = resolve(f"/{path}/") if path.partition("/")[0] == "admin" else None
    return match is not None and bool(match.url_name)
