"""Import posts from the ZIP archive that Instagram gives the owner of an account. It is never unpacked to disk.

`posts_1.json` (older archives: `media.json`) lists the images of each post. Its texts are UTF-8 that was decoded as
Latin-1. It contains no URLs of posts.
"""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from secrets import token_hex
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from PIL import Image as Pillow

from images import uploads
from images.models import Image
from instagram.models import MAX_CAPTION_LENGTH, InstagramPost
from plaintext.characters import strip_control_characters

MAX_ARCHIVE_BYTES = 1024**3
MAX_FILES = 200_000
MAX_JSON_BYTES = 20 * 1024 * 1024
MAX_POSTS = 60
FOLDER = "archives"
MAX_AGE = timedelta(days=1)
THUMBNAIL_SIZE = (480, 480)
UNREADABLE = "We can't read this archive. Choose the ZIP file that you downloaded from Instagram, unchanged."
_POST_LIST = re.compile(r"(?:^|/)(?:posts(?:_\d+)?|media)\.json$")
_HTML_POST_LIST = re.compile(r"(?:^|/)posts(?:_\d+)?\.html$")
_IMAGE_NAME = re.compile(r"\.(?:jpe?g|png|webp|heic|avif)$", re.I)
# What zipfile and Pillow raise for damaged, encrypted or malicious files.
_DAMAGE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


class ArchivedPost(NamedTuple):
    """A post in an archive: its key, the path of its image in the archive, its caption and date."""

    key: str
    image_path: str
    caption: str
    posted_at: datetime


# ---- Uploaded archives wait in a folder that is not served until the author has chosen posts ---------------------


def store_upload(upload: UploadedFile) -> str:
    """Store an archive for a day and return its name. Raise ValidationError if no posts can be read from it."""
    if (upload.size or 0) > MAX_ARCHIVE_BYTES:
        raise ValidationError("This file is larger than 1 GB. Export only your posts, in medium quality.")
    delete_expired()
    name = token_hex(16)
    _storage().save(_path(name), upload)
    try:
        read_posts(name)
    except ValidationError:
        delete(name)
        raise
    return name


def delete(name: str) -> None:
    """Delete a stored archive."""
    _storage().delete(_path(name))


def delete_expired() -> int:
    """Delete archives older than a day. Return 0: the worker has nothing left to do."""
    for path in list(_storage().names_before(FOLDER, timezone.now() - MAX_AGE)):
        _storage().delete(path)
    return 0


def _storage() -> Any:
    """Return the storage that all web servers share, because the author's next request may reach another one."""
    return storages["private"]


def _path(name: str) -> str:
    """Return the path of the archive `name` if `store_upload` can have created it, rather than that of another file."""
    if not re.fullmatch(r"[0-9a-f]{32}", name):
        raise ValidationError("This archive was not found. Please upload it again.")
    return f"{FOLDER}/{name}.zip"


@contextmanager
def _open(name: str) -> Iterator[zipfile.ZipFile]:
    try:
        file = _storage().open(_path(name))
    except FileNotFoundError as error:
        raise ValidationError("Archives are deleted after a day. Please upload it again.") from error
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except _DAMAGE as error:
            raise ValidationError(UNREADABLE) from error
        if len(archive.filelist) > MAX_FILES:
            raise ValidationError("This archive has too many files. Export only your posts.")
        yield archive


def _read(archive: zipfile.ZipFile, path: str, max_bytes: int) -> bytes:
    """Return the file at `path`. Raise ValidationError if it is larger than `max_bytes`, whatever its header claims."""
    try:
        with archive.open(path) as file:
            data = file.read(max_bytes + 1)
    except (KeyError, *_DAMAGE) as error:
        raise ValidationError("This archive is damaged or encrypted. Please export your posts again.") from error
    if len(data) > max_bytes:
        raise ValidationError("A file in this archive is too large. Export your posts in medium quality.")
    return data


# ---- Reading posts -----------------------------------------------------------------------------------------------


def read_posts(name: str) -> list[ArchivedPost]:
    """Return the newest posts that have an image, at most MAX_POSTS. Raise ValidationError if there are none."""
    with _open(name) as archive:
        paths = set(archive.namelist())
        posts: dict[str, ArchivedPost] = {}
        for list_path in _post_lists(paths):
            for post in _read_list(archive, list_path, paths):
                key = post.key
                if key in posts and posts[key].image_path != post.image_path:
                    # Two posts of the same second differ in the file name.
                    key = f"{key}-{PurePosixPath(post.image_path).stem[:80]}"
                posts.setdefault(key, post._replace(key=key))
    if not posts:
        raise ValidationError("This archive has no posts with images.")
    return sorted(posts.values(), key=lambda post: post.posted_at, reverse=True)[:MAX_POSTS]


def _post_lists(paths: set[str]) -> list[str]:
    """Return the paths of the JSON lists of posts."""
    lists = sorted(path for path in paths if _POST_LIST.search(path))
    if lists:
        return lists
    if any(_HTML_POST_LIST.search(path) for path in paths):
        raise ValidationError("This archive is in HTML format. Export your posts as JSON instead.")
    raise ValidationError("There are no posts in this archive. Export your posts as JSON.")


def _read_list(archive: zipfile.ZipFile, list_path: str, paths: set[str]) -> list[ArchivedPost]:
    """Return the posts of one list."""
    try:
        rows = _rows(json.loads(_read(archive, list_path, MAX_JSON_BYTES)))
        return list(_posts_with_images(rows, _root(list_path), paths))
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"The list of posts in this archive ({list_path[:80]}) cannot be read.") from error


def _root(list_path: str) -> str:
    """Return the folder, with its slash, that the image paths in this list are relative to."""
    relative = re.search(r"(?:your_instagram_activity/)?(?:(?:content|media)/)?[^/]+$", list_path)
    return list_path[: relative.start()] if relative else ""


def _rows(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the posts of a list, of an object with named lists, or of a single post."""
    if isinstance(data, list):
        yield from (row for row in data if isinstance(row, dict))
    elif isinstance(data, dict) and isinstance(data.get("media"), list):
        yield data
    elif isinstance(data, dict):
        yield from (row for rows in data.values() if isinstance(rows, list) for row in _rows(rows))


def _posts_with_images(rows: Iterable[dict[str, Any]], root: str, paths: set[str]) -> Iterator[ArchivedPost]:
    """Yield each post with its first image. Posts without an image, such as videos, are skipped."""
    for row in rows:
        media = row.get("media")
        items = [item for item in media if isinstance(item, dict)] if isinstance(media, list) else [row]
        for item in items:
            image_path = _image_path(item.get("uri") or item.get("path"), root, paths)
            if image_path:
                yield _archived_post(row, item, image_path)
                break


def _archived_post(row: dict[str, Any], item: dict[str, Any], image_path: str) -> ArchivedPost:
    caption = row.get("title") or row.get("caption") or item.get("title") or item.get("caption") or ""
    posted_at = _posted_at(row) or _posted_at(item)
    # The timestamp of a post is the same in every archive; file names differ.
    key = f"{posted_at.timestamp():.0f}" if posted_at else PurePosixPath(image_path).stem[:100]
    return ArchivedPost(key, image_path, fix_encoding(str(caption))[:MAX_CAPTION_LENGTH], posted_at or timezone.now())


def _image_path(uri: Any, root: str, paths: set[str]) -> str:
    """Return the path of the image `uri` in the archive; empty if it is not an image or not inside the archive."""
    if not isinstance(uri, str) or not _IMAGE_NAME.search(uri) or "\\" in uri or ":" in uri:
        return ""
    if uri.startswith("/") or ".." in uri.split("/"):
        return ""
    return next((path for path in (f"{root}{uri}", uri) if path in paths), "")


def _posted_at(row: dict[str, Any]) -> datetime | None:
    timestamp = row.get("creation_timestamp")
    if isinstance(timestamp, int | float) and 0 < timestamp < 2**32:
        return datetime.fromtimestamp(int(timestamp), UTC)
    text = row.get("taken_at")
    try:
        posted_at = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if posted_at is None or posted_at.tzinfo:
        return posted_at
    return posted_at.replace(tzinfo=UTC)


def fix_encoding(text: str) -> str:
    """Return `text` decoded correctly if its UTF-8 was decoded as Latin-1. Remove NULs, which PostgreSQL rejects."""
    try:
        text = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        text = text.encode("utf-8", "ignore").decode("utf-8")
    return strip_control_characters(text).strip()


# ---- Importing posts ---------------------------------------------------------------------------------------------


def imported_keys(posts: list[ArchivedPost]) -> set[str]:
    """Return the keys of the posts that were already imported from an archive or the API."""
    from_archive = InstagramPost.objects.filter(
        source=InstagramPost.Source.ARCHIVE, external_id__in=[post.key for post in posts]
    )
    same_time = InstagramPost.objects.exclude(source=InstagramPost.Source.MANUAL).filter(
        posted_at__in=[post.posted_at for post in posts]
    )
    keys = set(from_archive.values_list("external_id", flat=True))
    times = set(same_time.values_list("posted_at", flat=True))
    return {post.key for post in posts if post.key in keys or post.posted_at in times}


def thumbnail(name: str, key: str) -> bytes:
    """Return a small JPEG of a post's image. Raise ValidationError if it is not a readable image."""
    data = _image_data(name, key)
    try:
        with uploads.open_image(io.BytesIO(data)) as image:
            if image.width * image.height > uploads.MAX_PIXELS[image.format or ""]:
                raise ValidationError("This image has too many pixels.")
            image.draft("RGB", THUMBNAIL_SIZE)
            image.thumbnail(THUMBNAIL_SIZE)
            output = io.BytesIO()
            image.convert("RGB").save(output, "JPEG", quality=80)
    except (Pillow.DecompressionBombError, SyntaxError, *_DAMAGE) as error:
        raise ValidationError("This is not an image we can read.") from error
    return output.getvalue()


def _image_data(name: str, key: str) -> bytes:
    post = next((post for post in read_posts(name) if post.key == key), None)
    if post is None:
        raise ValidationError("This post is not in the archive.")
    with _open(name) as archive:
        return _read(archive, post.image_path, uploads.MAX_BYTES)


def import_posts(name: str, keys: Iterable[str]) -> tuple[int, list[str]]:
    """Add the posts with these keys to the strip. Posts that were imported before are skipped.

    Return the number of posts added, and an error message for each post that could not be added.
    """
    wanted = set(keys)
    posts = [post for post in read_posts(name) if post.key in wanted]
    imported = imported_keys(posts)
    count, errors = 0, []
    with _open(name) as archive:
        for post in posts:
            if post.key in imported:
                continue
            try:
                _import_post(archive, post)
            except IntegrityError:
                continue  # imported by a second click at the same time
            except ValidationError as error:
                errors.append(f"Post from {post.posted_at:%Y-%m-%d}: {' '.join(error.messages)}")
            else:
                count += 1
    return count, errors


def _import_post(archive: zipfile.ZipFile, post: ArchivedPost) -> None:
    data = _read(archive, post.image_path, uploads.MAX_BYTES)
    file = ContentFile(data, name=PurePosixPath(post.image_path).name)
    with transaction.atomic():
        image = Image.objects.create_from_upload(file, title=f"Instagram, {post.posted_at:%Y-%m-%d}")
        InstagramPost.objects.create(
            image=image,
            caption=post.caption,
            posted_at=post.posted_at,
            source=InstagramPost.Source.ARCHIVE,
            external_id=post.key,
        )
