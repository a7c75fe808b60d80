"""The attachments that exports list: which file each one is, and its title, texts and date."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from richtext.analysis import plain_text
from richtext.sanitizer import sanitize
from wordpress.media.paths import MediaUrl, originals, parse_media_url
from wordpress.reader import Item
from wordpress.source_site import SourceSite


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment. `key` is its path below the uploads folder, or "host/path" for a file elsewhere."""

    post_id: int
    key: str
    url: str
    title: str
    alt: str
    caption: str
    description: str
    created_at: datetime | None
    parent_id: int
    menu_order: int

    @property
    def name(self) -> str:
        """Return the file name."""
        return self.key.rpartition("/")[2]


@dataclass
class Catalog:
    """The attachments of one site, by ID and by every path that leads to them."""

    site: SourceSite
    by_id: dict[int, Attachment] = field(default_factory=dict)
    by_key: dict[str, Attachment] = field(default_factory=dict)
    # The paths of the pages that WordPress showed for attachments.
    pages: set[str] = field(default_factory=set)
    _children: defaultdict[int, list[Attachment]] = field(default_factory=lambda: defaultdict(list))

    def add_all(self, items: Iterable[Item]) -> None:
        """Add the attachments among `items`. Of two with the same file, the first one counts."""
        for item in items:
            if (attachment := self._attachment(item)) and attachment.post_id not in self.by_id:
                self.by_id[attachment.post_id] = attachment
                if path := self.site.path_of(item.link):
                    self.pages.add(path)
                self._children[attachment.parent_id].append(attachment)
                self.by_key.setdefault(attachment.key, attachment)
                if place := parse_media_url(attachment.url, self.site):
                    self.by_key.setdefault(place.key, attachment)

    def find(self, media: MediaUrl) -> Attachment | None:
        """Return the attachment of which `media` is the file or one of its sizes."""
        return next((found for key in originals(media.key) if (found := self.by_key.get(key))), None)

    def of_parent(self, post_id: int) -> list[Attachment]:
        """Return the attachments that were uploaded to a post, in the order of its gallery."""
        return sorted(self._children.get(post_id, ()), key=lambda each: (each.menu_order, each.post_id))

    def _attachment(self, item: Item) -> Attachment | None:
        meta = dict(reversed(item.meta))
        url = item.attachment_url or item.guid
        place = parse_media_url(url, self.site)
        attached = meta.get("_wp_attached_file", "").strip().lstrip("/")
        if attached.startswith(("http:", "https:")) or ".." in attached.split("/") or "\x00" in attached:
            attached = ""
        key = attached or (place.key if place else "")
        if not key:
            return None
        return Attachment(
            post_id=item.post_id,
            key=key[:690],
            url=place.url if place else url,
            title=item.title.strip(),
            alt=" ".join(meta.get("_wp_attachment_image_alt", "").split()),
            caption=_plain(item.excerpt),
            description=_plain(item.body),
            created_at=item.published_at,
            parent_id=item.parent_id,
            menu_order=item.menu_order,
        )


def _plain(markup: str) -> str:
    return plain_text(sanitize(markup)) if markup.strip() else ""
