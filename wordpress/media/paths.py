"""The names of one media file: its URLs, its path below the uploads folder, and its sizes.

WordPress names sizes and edited copies after the original, see
https://developer.wordpress.org/reference/functions/wp_get_attachment_image_src/
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from plaintext.characters import strip_control_characters
from wordpress.source_site import SourceSite

MAX_KEY_LENGTH = 690
# Hosts of WordPress.com that serve and resize the files of other sites.
_PHOTON = re.compile(r"i\d\.wp\.com\Z")
_WORDPRESS_FILES = re.compile(r"[\w-]+\.files\.wordpress\.com\Z")
_UPLOADS = re.compile(r"(?:^|/)(?:wp-content/uploads|wp-content/blogs\.dir/\d+/files)/(?:sites/\d+/)?(?P<path>.+)\Z")
_MULTISITE_FILES = re.compile(r"files/(?P<path>\d{4}/\d{2}/.+)\Z")
_SIZE = re.compile(r"-(?P<width>\d{1,5})x(?P<height>\d{1,5})(?=\.\w+\Z)")
_MARKERS = (_SIZE, re.compile(r"-(?:scaled|rotated)(?=\.\w+\Z)"), re.compile(r"-e\d{9,13}(?=\.\w+\Z)"))
# Pictures that WordPress and its statistics add to texts. Their alternative text is the character they stand for.
_DECORATION = re.compile(
    r"/(?:wp-includes/images/(?:smilies|wlw)|images/core/emoji|wp-content/mu-plugins/wpcom-smileys)/"
    r"|//(?:pixel|stats)\.wp\.com/|//feeds\.(?:feedburner|wordpress)\.com/|/feedads\.g\.|//(?:\w+\.)?doubleclick\.net/"
    r"|/wp-content/plugins/[^?#]*/(?:blank|spacer|pixel|trans(?:parent)?)\.gif",
    re.IGNORECASE,
)


class MediaUrl(NamedTuple):
    """A media file by its place: `path` below the uploads folder, or `key` "host/path" for any other file."""

    url: str
    path: str
    key: str
    is_own: bool

    @property
    def name(self) -> str:
        """Return the file name."""
        return self.key.rpartition("/")[2]


def is_decoration(url: str) -> bool:
    """Return whether the image is a smiley, or a pixel that counts visits."""
    return bool(_DECORATION.search(url))


def parse_media_url(url: str, site: SourceSite) -> MediaUrl | None:
    """Return the place of the file at `url`, which may be relative to the site, or None if it names none."""
    url = strip_control_characters(url.strip())
    if url.startswith("//"):
        url = f"https:{url}"
    elif not re.match(r"[a-z][a-z0-9+.-]*:", url, re.IGNORECASE):
        url = f"https://{site.host}/{url.lstrip('/')}" if site.host and url else ""
    try:
        parts = urlsplit(url)
        host, path = (parts.hostname or "").lower(), unquote(parts.path).lstrip("/")
    except ValueError:  # such as http://[
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return None
    if _PHOTON.match(host):
        # The path starts with the host of the file.
        host, _, path = path.partition("/")
    host = host.removeprefix("www.")
    if not path or path.endswith("/") or not _is_safe(path):
        return None
    is_own = host in site.hosts or bool(_WORDPRESS_FILES.match(host) and site.host.startswith(f"{host.split('.')[0]}."))
    uploads = _UPLOADS.search(path) or (_MULTISITE_FILES.search(path) if is_own else None)
    is_below_uploads = is_own and bool(_WORDPRESS_FILES.match(host))
    below = uploads["path"] if uploads else path * is_below_uploads
    key = below if below and is_own else f"{host}/{path}"
    full = url if not _PHOTON.match(parts.hostname or "") else f"https://{host}/{path}"
    return MediaUrl(full, below, key[:MAX_KEY_LENGTH], is_own)


def originals(path: str) -> Iterator[str]:
    """Yield `path` and the paths of the files it may be a size or an edited copy of, the most likely ones first."""
    seen = {path}
    yield path
    for marker in _MARKERS:
        if (shorter := marker.sub("", path)) not in seen:
            seen.add(shorter)
            yield shorter
            path = shorter
    folder_and_stem, dot, extension = path.rpartition(".")
    scaled = f"{folder_and_stem}-scaled{dot}{extension}"
    if dot and scaled not in seen:
        yield scaled


def size_of(path: str) -> tuple[str, int] | None:
    """Return the path of the original and the number of pixels of a resized copy, or None for another file."""
    if found := _SIZE.search(path):
        return _SIZE.sub("", path), int(found["width"]) * int(found["height"])
    return None


def _is_safe(path: str) -> bool:
    return "\x00" not in path and "\\" not in path and ".." not in path.split("/")
