"""Videos of YouTube and Vimeo: known by any shape of their address; title and picture are fetched once, by us."""

import json
import re
import time
from http.client import HTTPException, HTTPMessage
from typing import IO, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from images.models import Image, Video
from images.renditions import thumbnail

# The only hosts ever asked, and where each answers.
ORIGINS = {host: f"https://{host}" for host in ("www.youtube.com", "i.ytimg.com", "vimeo.com", "i.vimeocdn.com")}
SECONDS = 6.0
MAX_DESCRIPTION = 200_000
MAX_PICTURE = 5_000_000

_YOUTUBE_KEY = re.compile(r"[\w-]{11}")
_YOUTUBE_PATH = re.compile(r"/(?:embed|shorts|live|v|e)/([\w-]{11})(?:/|$)")
_VIMEO_PATH = re.compile(r"/(?:\w[\w-]*/)*?(\d{5,12})(?:/([0-9a-f]{8,20}))?/?")
_IN_CODE = re.compile(r"""\bsrc\s*=\s*["']([^"']+)""")


class Key(NamedTuple):
    """What tells a video from all others."""

    provider: str
    key: str


class Unreachable(Exception):  # noqa: N818 - it says what is the matter
    """The other site gave no usable answer."""


def recognize(words: str) -> Key | None:
    """The video that an address, or the code to embed it, means; None if it is neither YouTube's nor Vimeo's."""
    code = _IN_CODE.search(words)
    address = (code[1] if code else words).strip().replace("&amp;", "&")
    if "://" not in address:
        address = f"https://{address.removeprefix('//')}"
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("music.")
    except ValueError:
        return None
    query = parse_qs(parts.query)
    if host in {"youtube.com", "youtube-nocookie.com"}:
        found = _YOUTUBE_PATH.match(parts.path)
        key = found[1] if found else query.get("v", [""])[0]
        return Key(Video.Provider.YOUTUBE, key) if _YOUTUBE_KEY.fullmatch(key) else None
    if host == "youtu.be":
        key = parts.path.strip("/")
        return Key(Video.Provider.YOUTUBE, key) if _YOUTUBE_KEY.fullmatch(key) else None
    if host in {"vimeo.com", "player.vimeo.com"} and (found := _VIMEO_PATH.fullmatch(parts.path)):
        # A video that is not listed is only found with its secret.
        secret = found[2] or query.get("h", [""])[0]
        has_secret = re.fullmatch(r"[0-9a-f]{8,20}", secret)
        return Key(Video.Provider.VIMEO, f"{found[1]}/{secret}" if has_secret else found[1])
    return None


def find_or_make(key: Key, title: str = "") -> Video:
    """The row of a video. `title`, if given, replaces the one known."""
    video, _ = Video.objects.get_or_create(provider=key.provider, key=key.key)
    if title and title != video.title:
        video.title = title[:200]
        video.save()
    return video


def describe(video: Video) -> None:
    """Ask the video's site for its title and picture and keep both.

    Raises Unreachable when there is no picture to be had; a title that came is kept nevertheless.
    """
    oembed = "https://www.youtube.com/oembed" if video.provider == "youtube" else "https://vimeo.com/api/oembed.json"
    try:
        answer = _fetch(f"{oembed}?format=json&width=1280&url={quote(video.address, safe='')}", MAX_DESCRIPTION)
        about = json.loads(answer)
        title, source = str(about.get("title", "")), str(about.get("thumbnail_url", ""))
    except (ValueError, AttributeError) as error:
        raise Unreachable from error
    video.title = video.title or title[:200]
    video.save()
    large = [f"https://i.ytimg.com/vi/{video.key}/maxresdefault.jpg"] if video.provider == "youtube" else []
    for address in (*large, source):
        try:
            file = ContentFile(_fetch(address, MAX_PICTURE), name=f"{video.provider}-{video.key.split('/')[0]}.jpg")
            video.thumbnail = Image.objects.add_upload(file, title=f"Video: {video}", is_decorative=True)
        except (Unreachable, ValidationError):
            continue
        video.save()
        return
    raise Unreachable


class _StayThere(HTTPRedirectHandler):
    """Follows no redirect: it could lead anywhere."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


_opener = build_opener(_StayThere)


def _fetch(address: str, limit: int) -> bytes:
    """The bytes at `address`, at most `limit`, within SECONDS, from a host of ORIGINS only; or Unreachable."""
    parts = urlsplit(address)
    if parts.scheme != "https" or parts.netloc not in ORIGINS:
        raise Unreachable
    query = f"?{parts.query}" if parts.query else ""
    request = Request(f"{ORIGINS[parts.netloc]}{parts.path}{query}", headers={"User-Agent": "PT Complete"})  # noqa: S310
    until, data = time.monotonic() + SECONDS, b""
    try:
        with _opener.open(request, timeout=SECONDS) as response:
            while chunk := response.read1(65536):
                data += chunk
                if len(data) > limit or time.monotonic() > until:
                    raise Unreachable
    except (OSError, HTTPException, ValueError) as error:
        raise Unreachable from error
    return data


def facts(video: Video) -> dict[str, object]:
    """What the editor keeps of a video."""
    return {"id": video.pk, "title": str(video), "thumb": thumbnail(video.thumbnail) if video.thumbnail else ""}
