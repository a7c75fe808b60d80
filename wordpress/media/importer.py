"""Import the media of one site: its attachments, and what its texts show and link to."""

import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError

from images.files import is_known_extension
from images.models import Image
from wordpress.media.catalog import Attachment, Catalog
from wordpress.media.fetching import Fetcher
from wordpress.media.library import ANIMATION, IMAGE, Entry, MediaLibrary, Texts, texts_of
from wordpress.media.markup import Tag
from wordpress.media.old_urls import missing_urls, titles_of_texts_with
from wordpress.media.outcomes import MediaOutcome
from wordpress.media.paths import MediaUrl, parse_media_url, size_of
from wordpress.media.sources import MediaSource, MediaSourceError
from wordpress.media.texts import TextMedia
from wordpress.models import ImportRun
from wordpress.reader import Export, Item
from wordpress.report import Outcome
from wordpress.source_site import SourceSite

log = logging.getLogger(__name__)
_IMAGE_NAME = re.compile(r"\.(?:jpe?g|jpe|jfif|png|gif|webp|avif|heic|heif)\Z", re.IGNORECASE)
_RECORDING_NAME = re.compile(r"\.(?:mp3|m4a|m4b|ogg|oga|wav|flac|aac|mp4|m4v|mov|webm|ogv|wmv|avi)\Z", re.IGNORECASE)
_MEDIA_MARKUP = re.compile(r"<(?:img|figure|a)\b|\bbackground", re.IGNORECASE)
_DRAWING_NAME = re.compile(r"\.svgz?\Z", re.IGNORECASE)


@dataclass(frozen=True)
class MediaOptions:
    """Where the files come from. Without sources and a fetcher, every file is missing."""

    sources: Sequence[MediaSource] = ()
    fetcher: Fetcher | None = None

    @property
    def has_files(self) -> bool:
        """Return whether there is anything to import files from."""
        return bool(self.sources) or self.fetcher is not None


def import_media(
    sites: Iterable[tuple[SourceSite, Export]], options: MediaOptions, run: ImportRun | None
) -> "dict[str, MediaImporter]":
    """Import the attachments of exports, and return the importer of each site by its name."""
    importers: dict[str, MediaImporter] = {}
    for site, export in sites:
        if site.name not in importers:
            importers[site.name] = MediaImporter(site, options, run)
        importers[site.name].add_export(export)
    for importer in importers.values():
        importer.import_attachments()
    return importers


def count_files(sites: Iterable[tuple[SourceSite, Export]], options: MediaOptions) -> dict[str, int]:
    """Return how many files the exports list, and how many of them are there. Nothing is saved or downloaded."""
    counts = {"listed": 0, "found": 0}
    only_here = replace(options, fetcher=None)
    for site, export in sites:
        importer = MediaImporter(site, only_here)
        importer.add_export(export)
        counts["listed"] += len(importer.catalog.by_id)
        counts["found"] += importer.count_found()
    return counts


class MediaImporter:
    """Import the media of one site. Running it again changes nothing, unless files were missing."""

    def __init__(self, site: SourceSite, options: MediaOptions, run: ImportRun | None = None) -> None:
        self.site = site
        self.options = options
        self.catalog = Catalog(site)
        self.library = MediaLibrary(site.name, run)
        self.outcomes: dict[str, MediaOutcome] = {}

    def add_export(self, export: Export) -> None:
        """Read which attachments an export lists."""
        self.catalog.add_all(export.items("attachment"))

    def clear(self) -> None:
        """Forget what a rollback removed, and what is not saved. The next text that uses such a file imports it."""
        self.library.load()
        self.outcomes = {key: outcome for key, outcome in self.outcomes.items() if self._is_current(key, outcome.entry)}

    def _is_current(self, key: str, entry: Entry | None) -> bool:
        saved = self.library.find(key)
        return entry is None or (saved is not None and saved.is_same_row(entry))

    def import_attachments(self) -> None:
        """Import the files of all attachments, and those that earlier runs did not find."""
        for attachment in self.catalog.by_id.values():
            place = self._place_of(attachment)
            entry = self._get(place, attachment, texts_of(attachment), is_needed=False)
            if entry is not None:
                self._fill_alias(f"#{attachment.post_id}", place, texts_of(attachment))
        if self.options.has_files:
            for key, entry in self.library.missing().items():
                if not key.startswith("#") and key not in self.outcomes:
                    url = Image.objects.values_list("missing_url", flat=True).get(pk=entry.object_id)
                    if found := parse_media_url(url, self.site):
                        self._get(found._replace(key=key), None, Texts(), is_needed=False)

    def count_found(self) -> int:
        """Return how many of the attachments have a file in the sources."""
        places = (self._place_of(attachment) for attachment in self.catalog.by_id.values())
        return sum(next(self._files(place), None) is not None for place in places)

    def convert(self, item: Item, title: str, body: str) -> str:
        """Return the body of an item with library images, and record where each file is used."""
        if not _MEDIA_MARKUP.search(body):
            return body
        return TextMedia(_TextResolver(self, item, title)).convert(body)

    def featured(self, number: int, title: str) -> Entry | None:
        """Return the row for a featured image, if it is an image, even a missing one."""
        attachment = self.catalog.by_id.get(number)
        if attachment is not None:
            entry = self._get(self._place_of(attachment), attachment, texts_of(attachment), is_needed=False)
        else:
            entry = self.library.find(f"#{number}")
        if entry is None or entry.kind != IMAGE or not entry.url:
            return None
        entry.used_in.setdefault(title)
        return entry

    def external(self, url: str, alt: str, title: str) -> Entry | None:
        """Return the row for a featured image on another site, if it is an image, even a missing one."""
        place = parse_media_url(url, self.site)
        entry = self.get(place, alt, is_needed=True) if place else None
        if entry is None or entry.kind != IMAGE or not entry.url:
            return None
        entry.used_in.setdefault(title)
        return entry

    def portrait(self, author: str, number: int) -> int | None:
        """Return the primary key of the image of an author, or None if its file is missing."""
        entry = self.featured(number, author) if number else None
        return entry.object_id if entry is not None and not entry.is_missing else None

    def link(self, href: str, title: str = "") -> str:
        """Return the URL here of the file at `href`, which is imported if needed, or ""."""
        place = parse_media_url(href, self.site) if "." in href.rpartition("/")[2] else None
        if place is None or (not (place.path and place.is_own) and not self.catalog.find(place)):
            return ""
        if not (_IMAGE_NAME.search(place.name) or is_known_extension(place.name)):
            return ""
        entry = self.get(place, "", is_needed=False)
        if entry is None or entry.is_missing:
            return ""
        if title:
            entry.used_in.setdefault(title)
        return entry.url

    def complete_outcomes(self) -> None:
        """Add what earlier runs imported and this one did not meet, since it does not convert unchanged texts again."""
        left = {
            key: entry
            for key, entry in self.library.entries.items()
            if not key.startswith("#") and not key.endswith(ANIMATION) and key not in self.outcomes and entry.url
        }
        images = {entry.object_id for entry in left.values() if entry.kind == IMAGE}
        urls, titles = missing_urls(images), titles_of_texts_with(images)
        for key, entry in left.items():
            is_image = entry.kind == IMAGE
            outcome = Outcome.MISSING if entry.is_missing else Outcome.UNCHANGED
            url = urls.get(entry.object_id, key) if is_image else key
            for title in titles.get(entry.object_id, ()) if is_image else ():
                entry.used_in.setdefault(title)
            self.outcomes[key] = MediaOutcome(url, outcome, is_image=is_image, entry=entry)

    def is_deleted(self, number: int) -> bool:
        """Return whether someone deleted the row for an attachment here."""
        entry = self.library.find(f"#{number}")
        return entry is not None and not entry.url

    # ---- Files --------------------------------------------------------------------------------------

    def _place_of(self, attachment: Attachment) -> MediaUrl:
        place = parse_media_url(attachment.url, self.site)
        path = attachment.key if place is None or place.path or attachment.key != place.key else ""
        return MediaUrl(attachment.url, path, attachment.key, is_own=True)

    def _fill_alias(self, alias: str, place: MediaUrl, texts: Texts) -> None:
        """Fill an image that a gallery showed by its ID before its file was known."""
        entry = self.library.find(alias)
        if entry and entry.is_missing and (main := self.library.find(place.key)) and not main.is_missing:
            self._get(place._replace(key=alias), None, texts, is_needed=False)

    def get(self, place: MediaUrl, alt: str, *, is_needed: bool) -> Entry | None:
        """Return the row for the file at `place`. With `is_needed`, a missing image gets a placeholder."""
        attachment = self.catalog.find(place)
        if attachment is None:
            return self._get(place, None, Texts(alt=alt), is_needed=is_needed)
        return self._get(self._place_of(attachment), attachment, texts_of(attachment), is_needed=is_needed)

    def get_by_id(self, number: int) -> Entry | None:
        """Return the row for an attachment, or a placeholder if no file lists it."""
        if attachment := self.catalog.by_id.get(number):
            return self._get(self._place_of(attachment), attachment, texts_of(attachment), is_needed=True)
        key = f"#{number}"
        entry = self.library.find(key)
        url = f"https://{self.site.host}/?attachment_id={number}"
        if entry is None:
            title = f"Image {number} of the old site"
            entry = self.library.add_missing(key, url, Texts(title=title))
        if key not in self.outcomes:
            outcome = Outcome.MISSING if entry.is_missing else Outcome.UNCHANGED
            self.outcomes[key] = MediaOutcome(url, outcome, is_image=True, entry=entry)
        return entry

    def _get(self, place: MediaUrl, attachment: Attachment | None, texts: Texts, *, is_needed: bool) -> Entry | None:
        """Find or import a file once in a run, and record the outcome."""
        key = place.key
        if attachment is None and place.is_own and (resized := size_of(key)):
            # All sizes of an image that is no attachment are one image.
            key = resized[0]
            place = place._replace(key=key)
        entry = self.library.find(key)
        outcome = self.outcomes.get(key)
        if outcome is None:
            outcome = self.outcomes[key] = MediaOutcome(
                place.url, Outcome.UNCHANGED, is_image=bool(_IMAGE_NAME.search(place.name)), entry=entry
            )
            if entry is None or entry.is_missing:
                self._import(place, texts, outcome)
            elif not entry.url:
                outcome.outcome, outcome.note = Outcome.SKIPPED, "you deleted it here"
        if outcome.entry is None and is_needed and not _DRAWING_NAME.search(place.name):
            outcome.entry = self.library.find(key) or self.library.add_missing(key, place.url, texts)
        if outcome.entry is not None and attachment is not None:
            self.library.link(f"#{attachment.post_id}", outcome.entry)
        return outcome.entry

    def _import(self, place: MediaUrl, texts: Texts, outcome: MediaOutcome) -> None:
        was_missing = outcome.entry is not None
        outcome.outcome = Outcome.MISSING
        for name, note, opener in self._files(place):
            try:
                outcome.entry, stored_note = self.library.store(place.key, name, opener, texts)
            except (ValidationError, MediaSourceError, OSError) as error:
                if getattr(error, "errno", None) is not None and not isinstance(error, FileNotFoundError):
                    raise  # such as a full disk
                outcome.outcome = Outcome.FAILED
                outcome.note = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
                continue
            outcome.outcome = Outcome.UPDATED if was_missing else Outcome.CREATED
            outcome.note = ", ".join(part for part in (note, stored_note) if part)
            return

    def _files(self, place: MediaUrl) -> Iterator[tuple[str, str, Any]]:
        """Yield the candidates for a file: its name, a note, and how to open it."""
        path = place.path or place.key
        for source in self.options.sources:
            name, note = source.index.find(path, by_name=place.is_own)
            if name:
                yield name.rpartition("/")[2], note, partial(source.open, name)
        if self.options.fetcher is not None:
            yield from self.options.fetcher.candidates(place)


class _TextResolver:
    """Resolve the media of one item, and record that it uses them."""

    def __init__(self, media: MediaImporter, item: Item, title: str) -> None:
        self.media = media
        self.item = item
        self.title = title

    def image(self, sources: list[str], attachment_id: int, alt: str) -> tuple[MediaUrl | None, Entry | None]:
        """Return the file of an image and its row, which is created if needed."""
        places = [place for url in sources if (place := parse_media_url(url, self.media.site))]
        if not places:
            entry = self.media.get_by_id(attachment_id) if attachment_id in self.media.catalog.by_id else None
            return None, entry
        place = places[0]
        by_id = self.media.catalog.by_id.get(attachment_id)
        if by_id and place.is_own and not any(self.media.catalog.find(each) for each in places):
            place = parse_media_url(by_id.url, self.media.site) or place
        entry = self.media.get(place, alt, is_needed=True)
        self._use(entry)
        return place, entry

    def gallery(self, attributes: Tag) -> list[Entry]:
        """Return the images of a gallery: those it names, or all that were uploaded to the post."""
        ids = self._members(attributes, _IMAGE_NAME)
        entries = [entry for number in ids if (entry := self.media.get_by_id(number)) and entry.kind == IMAGE]
        for entry in entries:
            self._use(entry)
        return entries

    def playlist(self, attributes: Tag) -> list[tuple[str, str]]:
        """Return the URL and the title of each recording of a playlist: those it names, or all of the post."""
        found = []
        for number in self._members(attributes, _RECORDING_NAME):
            attachment = self.media.catalog.by_id.get(number)
            url = attachment.url if attachment else f"https://{self.media.site.host}/?attachment_id={number}"
            title = (attachment.title or attachment.name) if attachment else f"Recording {number} of the old site"
            found.append((self.link(url) or url, title))
        return found

    def _members(self, attributes: Tag, wanted: re.Pattern[str]) -> list[int]:
        """Return the WordPress IDs that a gallery names, or those of the post's files with a `wanted` name."""
        if ids := _numbers(attributes.get("data-ids")) or _numbers(attributes.get("data-include")):
            return ids
        parent = next(iter(_numbers(attributes.get("data-id"))), 0) or self.item.post_id
        excluded = set(_numbers(attributes.get("data-exclude")))
        children = self.media.catalog.of_parent(parent)
        return [each.post_id for each in children if wanted.search(each.name) and each.post_id not in excluded]

    def link(self, href: str) -> str:
        """Return the URL here of the file at `href`, or ""."""
        return self.media.link(href, self.title)

    def leads_to(self, href: str, entry: Entry) -> bool:
        """Return whether a link around an image only leads to the image: to its file, or to its page in WordPress."""
        if re.search(r"[?&]attachment_id=\d+", href) or self.media.site.path_of(href) in self.media.catalog.pages:
            return True
        place = parse_media_url(href, self.media.site)
        if place is None:
            return href.startswith("#")
        if place.is_own and _IMAGE_NAME.search(place.name):
            return True
        attachment = self.media.catalog.find(place)
        other = self.media.library.find(attachment.key if attachment else place.key)
        return other is not None and other.object_id == entry.object_id and other.kind == entry.kind

    def _use(self, entry: Entry | None) -> None:
        if entry is not None:
            entry.used_in.setdefault(self.title)


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d{1,12}", text)]
