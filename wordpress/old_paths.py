"""The paths that the posts, pages and attachments of an export had on their WordPress site."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from blog.internal_links import missing_pages
from redirects import services
from redirects.models import Redirect
from redirects.normalize import is_valid_path
from wordpress.media.old_urls import pages_with_images
from wordpress.reader import Item
from wordpress.source_site import SourceSite


def requested_path(link: str, site: SourceSite) -> str:
    """Return the path of a link as visitors request it, without outer slashes.

    Return "" for the front page, for `/?p=12`, and for other sites.
    """
    path = site.path_of(link)
    return site.with_base(path) if path and is_valid_path(path) else ""


def earlier_slugs(item: Item) -> list[str]:
    """Return the earlier slugs of the item, decoded."""
    return [unquote(value.strip()) for key, value in item.meta if key == "_wp_old_slug" and value.strip()]


def earlier_paths(item: Item, site: SourceSite) -> list[str]:
    """Return the permalink of the item with each of its earlier slugs, and the path in its GUID."""
    before, slug, after = requested_path(item.link, site).rpartition(item.slug) if item.slug else ("", "", "")
    paths = [f"{before}{each}{after}" for each in earlier_slugs(item) if slug and "/" not in each]
    return list(dict.fromkeys(filter(is_valid_path, [*paths, requested_path(item.guid, site)])))


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment that may have had a page, below the post with the ID `parent_id`."""

    post_id: int
    parent_id: int
    link: str

    @classmethod
    def from_item(cls, item: Item) -> "Attachment":
        """Return the attachment of an item."""
        return cls(item.post_id, item.parent_id, item.link)


def redirect_attachments(attachments: list[Attachment], urls: dict[int, str], site: SourceSite) -> None:
    """Redirect the pages of attachments to the post or page that contains them, by its WordPress ID in `urls`.

    One that was uploaded to none leads to a text that shows it. Redirects that exist stay, so that running an import
    again changes nothing.
    """
    wanted = {}
    shown = pages_with_images([each.post_id for each in attachments if each.parent_id not in urls])
    for each in attachments:
        if url := urls.get(each.parent_id) or shown.get(each.post_id):
            wanted[f"/?attachment_id={each.post_id}"] = url
            if path := requested_path(each.link, site):
                wanted[f"/{path.lower()}"] = url
    services.create_redirects(free_paths(wanted), Redirect.Origin.IMPORTED)


def free_paths(wanted: Mapping[str, str]) -> dict[str, str]:
    """Return those of the `wanted` redirects whose old path neither redirects nor shows something here."""
    existing = set(Redirect.objects.filter(old_path__in=wanted).values_list("old_path", flat=True))
    missing = {f"/{path}" for path in missing_pages({path.strip("/") for path in wanted if "?" not in path})}
    return {path: url for path, url in wanted.items() if path not in existing and ("?" in path or path in missing)}


def redirect_folder(site: SourceSite) -> None:
    """Redirect the folder of a blog such as old.example/journal to the home page, unless there is a page."""
    folder = site.with_base("")
    if folder and folder in missing_pages({folder}) and not services.final_target(f"/{folder}"):
        services.create_redirect(f"/{folder}", "/", Redirect.Origin.IMPORTED)
