"""YouTube and Vimeo videos: parse their URLs, and fetch title and thumbnail once."""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from http_client.client import FetchError, get
from images.models import Image, Video
from images.renditions import thumbnail_url
from richtext.schema import MAX_START

# The only hosts that are contacted, each with the base URL of its requests.
ORIGINS = {host: f"https://{host}" for host in ("www.youtube.com", "i.ytimg.com", "vimeo.com", "i.vimeocdn.com")}
TIMEOUT_SECONDS = 6.0
MAX_METADATA_BYTES = 200_000
MAX_THUMBNAIL_BYTES = 5_000_000

_YOUTUBE_KEY = re.compile(r"[\w-]{11}")
_YOUTUBE_PATH = re.compile(r"/(?:embed|shorts|live|v|e)/([\w-]{11})(?:/|$)")
_VIMEO_PATH = re.compile(r"/(?:\w[\w-]*/)*?(\d{5,12})(?:/([0-9a-f]{8,20}))?/?")
_TIME = re.compile(r"(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,5})(?:\.\d+)?s?)?", re.ASCII)
_EMBED_SRC = re.compile(r"""\bsrc\s*=\s*["']([^"']+)""")


class VideoKey(NamedTuple):
    """The provider of a video, its ID at the provider, and the second at which to start."""

    provider: str
    key: str
    start: int = 0


def parse_url(text: str) -> VideoKey | None:
    """Return the video that a URL or an embed code refers to, or None if it is neither YouTube's nor Vimeo's."""
    code = _EMBED_SRC.search(text)
    url = (code[1] if code else text).strip().replace("&amp;", "&")
    if "://" not in url:
        url = f"https://{url.removeprefix('//')}"
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("music.")
    except ValueError:
        return None
    query = parse_qs(parts.query)
    start = _start(query, parts.fragment)
    if host in {"youtube.com", "youtube-nocookie.com"}:
        found = _YOUTUBE_PATH.match(parts.path)
        key = found[1] if found else query.get("v", [""])[0]
        return VideoKey(Video.Provider.YOUTUBE, key, start) if _YOUTUBE_KEY.fullmatch(key) else None
    if host == "youtu.be":
        key = parts.path.strip("/")
        return VideoKey(Video.Provider.YOUTUBE, key, start) if _YOUTUBE_KEY.fullmatch(key) else None
    if host in {"vimeo.com", "player.vimeo.com"} and (found := _VIMEO_PATH.fullmatch(parts.path)):
        # Unlisted videos need their secret.
        secret = found[2] or query.get("h", [""])[0]
        has_secret = re.fullmatch(r"[0-9a-f]{8,20}", secret)
        return VideoKey(Video.Provider.VIMEO, f"{found[1]}/{secret}" if has_secret else found[1], start)
    return None


def _start(query: Mapping[str, list[str]], fragment: str) -> int:
    """Return the second at which a URL starts the video: `t=90`, `start=90` or `t=1m30s`, also after a `#`."""
    sources = (query, parse_qs(fragment))
    texts = [source[name][0] for source in sources for name in ("t", "start", "time_continue") if name in source]
    for text in texts:
        if time := _TIME.fullmatch(text.strip().lower()):
            hours, minutes, seconds = (int(part or 0) for part in time.groups())
            if (total := hours * 3600 + minutes * 60 + seconds) <= MAX_START:
                return total
    return 0


def get_or_create_video(key: VideoKey, title: str = "") -> Video:
    """Return the row of a video. A `title` replaces the stored one."""
    video, _ = Video.objects.get_or_create(provider=key.provider, key=key.key)
    if title and title != video.title:
        video.title = title[:200]
        video.save()
    return video


def fetch_metadata(video: Video) -> None:
    """Fetch the title and thumbnail of `video` from its provider and save both.

    Raises FetchError if there is no thumbnail; a title is saved even then.
    """
    oembed = "https://www.youtube.com/oembed" if video.provider == "youtube" else "https://vimeo.com/api/oembed.json"
    try:
        response = _fetch(f"{oembed}?format=json&width=1280&url={quote(video.url, safe='')}", MAX_METADATA_BYTES)
        metadata = json.loads(response)
        title, thumbnail_source = str(metadata.get("title", "")), str(metadata.get("thumbnail_url", ""))
    except (ValueError, AttributeError) as error:
        raise FetchError from error
    video.title = video.title or title[:200]
    video.save()
    large = [f"https://i.ytimg.com/vi/{video.key}/maxresdefault.jpg"] if video.provider == "youtube" else []
    for url in (*large, thumbnail_source):
        try:
            file = ContentFile(_fetch(url, MAX_THUMBNAIL_BYTES), name=f"{video.provider}-{video.key.split('/')[0]}.jpg")
            video.thumbnail = Image.objects.create_from_upload(file, title=f"Video: {video}", is_decorative=True)
        except (FetchError, ValidationError):
            continue
        video.save()
        return
    raise FetchError


def _fetch(url: str, limit: int) -> bytes:
    """Return the response of `url`: at most `limit` bytes, within TIMEOUT_SECONDS, from a host of ORIGINS only.

    Raises FetchError otherwise.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.netloc not in ORIGINS:
        raise FetchError("The provider's response refers to another host.")
    query = f"?{parts.query}" if parts.query else ""
    url = f"{ORIGINS[parts.netloc]}{parts.path}{query}"
    response = get(url, max_bytes=limit, max_seconds=TIMEOUT_SECONDS)
    if response.status != 200:
        raise FetchError(f"The provider returned status {response.status}.")
    return response.content


def editor_data(video: Video, start: int) -> dict[str, object]:
    """Return what the editor stores about a video that starts at the second `start`."""
    thumbnail = thumbnail_url(video.thumbnail) if video.thumbnail else ""
    return {"id": video.pk, "title": str(video), "thumb": thumbnail, "start": start}
