"""The media of one site in the library: what earlier runs imported, and what this run adds.

Every row is recorded by the path of its file and, for attachments, by the WordPress ID, so that it is found again.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from images.models import Image, MediaFile, title_from_filename
from pagecache.invalidation import CacheScope, invalidate_only
from wordpress.media import storing
from wordpress.media.catalog import Attachment
from wordpress.models import ImportedObject, ImportRun, row_fingerprint
from wordpress.row_updates import update_rows

IMAGE, FILE = ImportedObject.Kind.IMAGE, ImportedObject.Kind.FILE
# The first `object_id` of images that are not saved yet: see `MediaLibrary.save_missing`. No table gets so long, and
# the sanitizer takes it for a primary key.
FIRST_UNSAVED = 9 * 10**17
_UNSAVED = re.compile(r'(?<=data-image=")9\d{17}(?=")')
# Follows the path of an image in the key of its animation, which is a file to download.
ANIMATION = "#animation"
type Opener = Callable[[], AbstractContextManager[IO[bytes]]]


@dataclass(slots=True)
class Entry:
    """A row of the library. A row that was deleted here has no `url`. `digest` is that of the original file."""

    kind: str
    object_id: int
    url: str
    alt: str = ""
    caption: str = ""
    is_missing: bool = False
    digest: str = ""
    # The URL of the file that moves, of an image that was the first one of an animation.
    animation_url: str = ""
    # The titles of the texts that use it, in order.
    used_in: dict[str, None] = field(default_factory=dict)

    @property
    def is_saved(self) -> bool:
        """Whether the row is in the database."""
        return self.object_id < FIRST_UNSAVED

    def is_same_row(self, other: "Entry") -> bool:
        """Return whether both are the same row, with the same file or none."""
        return (self.kind, self.object_id, self.is_missing) == (other.kind, other.object_id, other.is_missing)


@dataclass(frozen=True, slots=True)
class Texts:
    """What the library stores about a file besides its content."""

    title: str = ""
    alt: str = ""
    caption: str = ""
    description: str = ""
    created_at: datetime | None = None


def texts_of(attachment: Attachment) -> Texts:
    """Return the texts of an attachment."""
    return Texts(attachment.title, attachment.alt, attachment.caption, attachment.description, attachment.created_at)


class MediaLibrary:
    """Find and create the rows of one site. Call `load()` after a rollback."""

    def __init__(self, site_name: str, run: ImportRun | None = None) -> None:
        self.site_name = site_name
        self.run = run
        self.entries: dict[str, Entry] = {}
        self._by_digest: dict[str, Entry] = {}
        # Missing images that wait for `save_missing`, and the other keys to record some of them under.
        self._unsaved: list[tuple[str, Entry, Image]] = []
        self._unsaved_links: list[tuple[str, Entry]] = []
        self.load()

    def load(self) -> None:
        """Read what earlier runs imported, and forget what is not saved."""
        self.entries, self._by_digest = {}, {}
        self._unsaved, self._unsaved_links = [], []
        records = ImportedObject.objects.filter(site=self.site_name, kind__in=(IMAGE, FILE))
        of_site = records.values("object_id")
        images = {image.pk: image for image in Image.objects.filter(pk__in=of_site.filter(kind=IMAGE))}
        files = {file.pk: file for file in MediaFile.objects.filter(pk__in=of_site.filter(kind=FILE))}
        rows: dict[tuple[str, int], Entry] = {}
        for record in records.iterator():
            place = (record.kind, record.object_id)
            if place not in rows:
                row = (images if record.kind == IMAGE else files).get(record.object_id)
                rows[place] = _entry(record.kind, row) if row else Entry(record.kind, record.object_id, "")
            entry = rows[place]
            self._remember(record.key, entry, record.digest)
        for key, entry in self.entries.items():
            if key.endswith(ANIMATION) and (still := self.entries.get(key.removesuffix(ANIMATION))):
                still.animation_url = entry.url

    def find(self, *keys: str) -> Entry | None:
        """Return the row recorded under the first of `keys` that is known, also if it was deleted here."""
        return next((entry for key in keys if (entry := self.entries.get(key))), None)

    def missing(self) -> dict[str, Entry]:
        """Return the images whose files are still to be found, by the keys of their paths."""
        return {key: entry for key, entry in self.entries.items() if entry.is_missing}

    def link(self, key: str, entry: Entry) -> None:
        """Record a row under another key too."""
        if key in self.entries:
            return
        if entry.is_saved:
            values = {"object_id": entry.object_id, "run": self.run}
            ImportedObject.objects.get_or_create(site=self.site_name, kind=entry.kind, key=key, defaults=values)
        else:
            self._unsaved_links.append((key, entry))
        self.entries[key] = entry

    def add_missing(self, key: str, url: str, texts: Texts) -> Entry:
        """Add an image whose file is still to be found. It is saved by `save_missing`."""
        title = texts.title or title_from_filename(key)
        image = storing.missing_image(url, title)
        image.alt, image.caption, image.description = texts.alt[:300], texts.caption[:300], texts.description
        if texts.created_at:
            image.created_at = texts.created_at
        entry = _entry(IMAGE, image)
        entry.object_id = FIRST_UNSAVED + len(self._unsaved)
        self._unsaved.append((key, entry, image))
        self.entries[key] = entry
        return entry

    def save_missing(self, texts: Iterable[Any]) -> None:
        """Save the missing images that were added, and put their primary keys into the bodies of the unsaved `texts`.

        One by one they would take longer than the texts that show them.
        """
        if not self._unsaved:
            return
        images = {entry.object_id: image for _, entry, image in self._unsaved}
        dated = [(image, image.created_at) for image in images.values() if image.created_at]
        # No page shows a new image yet.
        with invalidate_only(CacheScope.NONE), transaction.atomic():
            Image.objects.bulk_create(images.values())
            # The insertion sets the time to now.
            for image, moment in dated:
                image.created_at = moment
            update_rows([image for image, _ in dated], "created_at")
            records = [self._record(key, image) for key, _, image in self._unsaved]
            links = [
                ImportedObject(
                    site=self.site_name, kind=IMAGE, key=key, object_id=images[entry.object_id].pk, run=self.run
                )
                for key, entry in self._unsaved_links
            ]
            ImportedObject.objects.bulk_create([*records, *links])
        for _, entry, image in self._unsaved:
            entry.object_id = image.pk
        self._unsaved, self._unsaved_links = [], []
        for text in texts:
            text.body = _UNSAVED.sub(lambda found: str(images[int(found[0])].pk), text.body)

    def store(self, key: str, name: str, open_file: Opener, texts: Texts) -> tuple[Entry, str]:
        """Store a file under `key`, or fill the place of a missing image. Return its row and a note for the report.

        The same content is never stored twice. Raise ValidationError if the file is of no accepted type.
        """
        with open_file() as stream:
            digest = storing.digest_of(stream)
            waiting = self.entries.get(key)
            known = self._by_digest.get(digest)
            if known and known.url and not (waiting and waiting.is_missing):
                self.link(key, known)
                return known, "the same file as another one"
            if storing.is_document(stream, name):
                return self._store_document(key, stream, name, texts, digest)
            animation_url = ""
            if known and known.kind == IMAGE and known.url:
                row = Image.objects.get(pk=known.object_id)
                stored = storing.StoredImage(row.file.name, row.width, row.height, "the same file as another one")
                animation_url = known.animation_url
            else:
                stored = storing.store_image(stream, name)
                if stored.is_animation:
                    animation_url = self._store_animation(key, stream, name, texts)
        if waiting and waiting.is_missing:
            self._fill(key, waiting, stored, texts, digest)
            waiting.animation_url = animation_url
            return waiting, stored.note
        image = Image(
            file=stored.name,
            width=stored.width,
            height=stored.height,
            title=(texts.title or title_from_filename(name))[:160],
            alt=texts.alt[:300],
            caption=texts.caption[:300],
            description=texts.description,
        )
        entry = self._create(key, image, texts, digest)
        entry.animation_url = animation_url
        return entry, stored.note

    def _store_animation(self, key: str, stream: IO[bytes], name: str, texts: Texts) -> str:
        """Store an animation as a file to download, and return its URL, or "" if it is of no accepted type."""
        try:
            entry, _ = self._store_document(f"{key}{ANIMATION}", stream, name, texts, "")
        except ValidationError:
            return ""
        return entry.url

    def _store_document(self, key: str, stream: IO[bytes], name: str, texts: Texts, digest: str) -> tuple[Entry, str]:
        with transaction.atomic():
            row, is_new = storing.store_document(stream, name, texts.title)
            if is_new and texts.created_at:
                MediaFile.objects.filter(pk=row.pk).update(created_at=texts.created_at)
            entry = _entry(FILE, row)
            values = {"object_id": row.pk, "digest": digest, "run": self.run, "is_new": is_new}
            values["fingerprint"] = row_fingerprint(row)
            ImportedObject.objects.update_or_create(site=self.site_name, kind=FILE, key=key, defaults=values)
        self._remember(key, entry, digest)
        return entry, "" if is_new else "the same file as another one"

    def _create(self, key: str, image: Image, texts: Texts, digest: str) -> Entry:
        # No page shows a new image yet.
        with invalidate_only(CacheScope.NONE), transaction.atomic():
            image.save()
            if texts.created_at:
                Image.objects.filter(pk=image.pk).update(created_at=texts.created_at)
            self._record(key, image, digest).save()
        entry = _entry(IMAGE, image)
        self._remember(key, entry, digest)
        return entry

    def _record(self, key: str, image: Image, digest: str = "") -> ImportedObject:
        """Return the unsaved record of a new image."""
        return ImportedObject(
            site=self.site_name,
            kind=IMAGE,
            key=key,
            object_id=image.pk,
            digest=digest,
            fingerprint=image_fingerprint(image),
            run=self.run,
            is_new=True,
        )

    def _fill(self, key: str, entry: Entry, stored: storing.StoredImage, texts: Texts, digest: str) -> None:
        """Give a missing image its file. Texts that someone wrote here since then stay as they are."""
        with transaction.atomic():
            image = Image.objects.select_for_update().get(pk=entry.object_id)
            records = ImportedObject.objects.filter(site=self.site_name, kind=IMAGE, key=key)
            is_unedited = records.filter(fingerprint=image_fingerprint(image)).exists()
            if image.is_missing:
                image.file, image.width, image.height = stored.name, stored.width, stored.height
                image.alt = image.alt or ("" if image.is_decorative else texts.alt[:300])
                image.caption = image.caption or texts.caption[:300]
                image.description = image.description or texts.description
                image.save()
            records.update(digest=digest)
            if is_unedited:
                records.update(fingerprint=image_fingerprint(image))
        entry.is_missing, entry.url, entry.alt, entry.caption = False, image.file.url, image.alt, image.caption
        self._remember(key, entry, digest)

    def _remember(self, key: str, entry: Entry, digest: str) -> None:
        self.entries[key] = entry
        if digest:
            entry.digest = digest
            self._by_digest.setdefault(digest, entry)


def image_fingerprint(image: Image) -> str:
    """Return the digest of what an author can edit of an image."""
    return row_fingerprint(image, "formats_hash")


def _entry(kind: str, row: Image | MediaFile) -> Entry:
    if isinstance(row, Image):
        return Entry(kind, row.pk, row.file.url, row.alt, row.caption, row.is_missing)
    return Entry(kind, row.pk, row.file.url)
