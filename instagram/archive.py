"""Pictures from the archive that Instagram gives to the owner of an account. Nothing is ever unpacked to disk.

The archive is a ZIP in which `posts_1.json` (earlier `media.json`) names the pictures of each post. Its texts are UTF-8
whose bytes were taken for Latin-1. It holds no addresses of posts.
"""

import io
import json
import re
import time
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from secrets import token_hex
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from PIL import Image as Pillow

from images import uploads
from images.models import Image
from instagram.models import LONGEST_CAPTION, Shot

MAX_ARCHIVE = 1024**3
MAX_ENTRIES = 200_000
MAX_JSON = 20 * 1024 * 1024
OFFERED = 60
KEPT_SECONDS = 24 * 3600
_POSTS = re.compile(r"(?:^|/)(?:posts(?:_\d+)?|media)\.json$")
_POSTS_AS_PAGES = re.compile(r"(?:^|/)posts(?:_\d+)?\.html$")
_PICTURE = re.compile(r"\.(?:jpe?g|png|webp|heic|avif)$", re.I)
_BROKEN = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
NOT_THIS = "This is not an archive we can read. Choose the ZIP file as it came from Instagram."


class Offer(NamedTuple):
    """A post of the archive: its key, the entry of its picture, and its words."""

    key: str
    entry: str
    caption: str
    taken_at: datetime


# ---- Between upload and choice the archive waits in a folder that is not served -----------------------


def keep(upload: UploadedFile) -> str:
    """Keep `upload` for a day; the name to find it again. ValidationError says what is wrong with it."""
    if (upload.size or 0) > MAX_ARCHIVE:
        raise ValidationError("This file is larger than 1 GB. Ask Instagram for your posts only, in medium quality.")
    forget_old()
    name = token_hex(16)
    path = _folder() / f"{name}.zip"
    with path.open("wb") as file:
        for chunk in upload.chunks():
            file.write(chunk)
    try:
        offers(name)
    except ValidationError:
        path.unlink(missing_ok=True)
        raise
    return name


def forget(name: str) -> None:
    """Throw the archive away."""
    (_folder() / f"{_checked(name)}.zip").unlink(missing_ok=True)


def forget_old() -> int:
    """Throw away what nobody chose from within a day; always 0, since nothing is left after it."""
    for path in _folder().glob("*.zip"):
        if path.stat().st_mtime < time.time() - KEPT_SECONDS:
            path.unlink(missing_ok=True)
    return 0


def _folder() -> Path:
    folder = Path(settings.DATA_DIR) / "archives"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _checked(name: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{32}", name):
        raise ValidationError("That archive is not here. Please upload it again.")
    return name


def _open(name: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(_folder() / f"{_checked(name)}.zip")
    except FileNotFoundError as error:
        raise ValidationError("The archive was kept for a day and is gone. Please upload it again.") from error
    except _BROKEN as error:
        raise ValidationError(NOT_THIS) from error
    if len(archive.filelist) > MAX_ENTRIES:
        archive.close()
        raise ValidationError("This archive holds too many files. Ask Instagram for your posts only.")
    return archive


def _read(archive: zipfile.ZipFile, entry: str, limit: int) -> bytes:
    """The bytes of `entry`, at most `limit` whatever its header says; ValidationError otherwise."""
    try:
        with archive.open(entry) as file:
            data = file.read(limit + 1)
    except (KeyError, *_BROKEN) as error:
        raise ValidationError("A part of this archive is damaged or locked. Please ask for a new one.") from error
    if len(data) > limit:
        raise ValidationError("A part of this archive is too large. Ask Instagram for medium quality.")
    return data


# ---- What is in it --------------------------------------------------------------------------------------


def offers(name: str) -> list[Offer]:
    """The newest posts with a picture in the kept archive, at most OFFERED; ValidationError if there is none."""
    with _open(name) as archive:
        entries = set(archive.namelist())
        lists = sorted(entry for entry in entries if _POSTS.search(entry))
        if not lists:
            if any(_POSTS_AS_PAGES.search(entry) for entry in entries):
                raise ValidationError("This archive was made as web pages. Ask Instagram for the format JSON instead.")
            raise ValidationError("There are no posts in this archive. Ask Instagram for your posts, as JSON.")
        found: dict[str, Offer] = {}
        for place in lists:
            try:
                posts = _rows(json.loads(_read(archive, place, MAX_JSON)))
                for offer in _offers_of(posts, _root(place), entries):
                    # Two posts of one second are told apart by the file's name.
                    stem = PurePosixPath(offer.entry).stem[:80]
                    twin = offer.key in found and found[offer.key].entry != offer.entry
                    found.setdefault(f"{offer.key}-{stem}" if twin else offer.key, offer)
            except (ValueError, RecursionError) as error:
                raise ValidationError(f"The list of posts in this archive ({place[:80]}) cannot be read.") from error
    if not found:
        raise ValidationError("There is no post with a picture in this archive.")
    named = (offer._replace(key=key) for key, offer in found.items())
    return sorted(named, key=lambda offer: offer.taken_at, reverse=True)[:OFFERED]


def _root(place: str) -> str:
    """The folder, with its slash, that the paths in the list at `place` start from."""
    inner = re.search(r"(?:your_instagram_activity/)?(?:(?:content|media)/)?[^/]+$", place)
    return place[: inner.start()] if inner else ""


def _rows(whole: Any) -> Iterator[dict[str, Any]]:
    """The posts, whether they stand in a list, alone, or in lists with names."""
    if isinstance(whole, dict):
        if "media" in whole and isinstance(whole["media"], list):
            yield whole
        else:
            yield from (row for rows in whole.values() if isinstance(rows, list) for row in _rows(rows))
    elif isinstance(whole, list):
        yield from (row for row in whole if isinstance(row, dict))


def _offers_of(posts: Iterable[dict[str, Any]], root: str, entries: set[str]) -> Iterator[Offer]:
    for post in posts:
        listed = post.get("media")
        media = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else [post]
        for one in media:
            entry = _entry(one.get("uri") or one.get("path"), root, entries)
            if not entry:
                continue
            words = post.get("title") or post.get("caption") or one.get("title") or one.get("caption") or ""
            when = _first_moment(post, one)
            # The second of the post is the same in every archive; the names of files are not.
            key = f"{when.timestamp():.0f}" if when else PurePosixPath(entry).stem[:100]
            yield Offer(key, entry, repaired(str(words))[:LONGEST_CAPTION], when or timezone.now())
            break


def _entry(uri: Any, root: str, entries: set[str]) -> str:
    """The entry that `uri` names, or nothing: paths that climb, start at the root or lead to the web name none."""
    if not isinstance(uri, str) or not _PICTURE.search(uri) or "\\" in uri or ":" in uri:
        return ""
    if uri.startswith("/") or ".." in uri.split("/"):
        return ""
    return next((place for place in (f"{root}{uri}", uri) if place in entries), "")


def _first_moment(*places: dict[str, Any]) -> datetime | None:
    for place in places:
        stamp = place.get("creation_timestamp")
        if isinstance(stamp, int | float) and 0 < stamp < 2**32:
            return datetime.fromtimestamp(int(stamp), UTC)
        text = place.get("taken_at")
        try:
            when = parse_datetime(text) if isinstance(text, str) else None
        except ValueError:
            when = None
        if when:
            return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None


def repaired(text: str) -> str:
    """`text` with its signs put right if its UTF-8 was taken for Latin-1; else as it is. PostgreSQL takes no NUL."""
    try:
        text = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        text = text.encode("utf-8", "ignore").decode("utf-8")
    return text.replace("\0", "").strip()


# ---- What is done with it -------------------------------------------------------------------------------


def known(found: Iterable[Offer]) -> set[str]:
    """The keys of those that the strip has already, from an archive or from the API."""
    found = list(found)
    keys = Shot.objects.filter(source=Shot.Source.ARCHIVE, external_id__in=[offer.key for offer in found])
    times = Shot.objects.exclude(source=Shot.Source.HAND).filter(taken_at__in=[offer.taken_at for offer in found])
    here, then = set(keys.values_list("external_id", flat=True)), set(times.values_list("taken_at", flat=True))
    return {offer.key for offer in found if offer.key in here or offer.taken_at in then}


def small(name: str, key: str) -> bytes:
    """A small JPEG of an offered picture, for choosing; ValidationError if it is none."""
    data = _picture(name, key)
    try:
        with Pillow.open(io.BytesIO(data), formats=uploads.FORMATS) as picture:
            if picture.width * picture.height > uploads.MAX_PIXELS:
                raise ValidationError("This picture has too many pixels.")
            picture.draft("RGB", (480, 480))
            picture.thumbnail((480, 480))
            output = io.BytesIO()
            picture.convert("RGB").save(output, "JPEG", quality=80)
    except (Pillow.DecompressionBombError, SyntaxError, *_BROKEN) as error:
        raise ValidationError("This is not a picture we can read.") from error
    return output.getvalue()


def _picture(name: str, key: str) -> bytes:
    offer = next((offer for offer in offers(name) if offer.key == key), None)
    if offer is None:
        raise ValidationError("That post is not in the archive.")
    with _open(name) as archive:
        return _read(archive, offer.entry, uploads.MAX_BYTES)


def take(name: str, keys: Iterable[str]) -> tuple[int, list[str]]:
    """Put the posts `keys` into the strip: how many came, and a sentence for each that was refused.

    What is there already does not come twice.
    """
    wanted = set(keys)
    found = [offer for offer in offers(name) if offer.key in wanted]
    there, refused, taken = known(found), [], 0
    with _open(name) as archive:
        for offer in found:
            if offer.key in there:
                continue
            day = f"{offer.taken_at:%Y-%m-%d}"
            try:
                file = ContentFile(_read(archive, offer.entry, uploads.MAX_BYTES), name=PurePosixPath(offer.entry).name)
                with transaction.atomic():
                    picture = Image.objects.create_from_upload(file, title=f"Instagram, {day}")
                    Shot.objects.create(
                        picture=picture,
                        caption=offer.caption,
                        taken_at=offer.taken_at,
                        source=Shot.Source.ARCHIVE,
                        external_id=offer.key,
                    )
            except IntegrityError:
                continue  # taken at the same moment by a second press
            except ValidationError as error:
                refused.append(f"The post of {day}: {' '.join(error.messages)}")
            else:
                taken += 1
    return taken, refused
