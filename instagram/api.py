"""Import new posts from the Instagram API. Only the worker calls it, never a visitor's browser.

See https://developers.facebook.com/docs/instagram-platform/reference/instagram-media and
https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token
"""

import json
import logging
import time
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from http_client.client import FetchError, get
from images.models import Image
from instagram.models import MAX_CAPTION_LENGTH, MAX_IMAGES, InstagramPost, InstagramSettings
from plaintext.characters import strip_control_characters

log = logging.getLogger(__name__)

ORIGIN = "https://graph.instagram.com"
# Images are only fetched from Meta's own servers.
IMAGE_ORIGINS = ("https://*.cdninstagram.com", "https://*.fbcdn.net")
SECONDS = 10.0
MAX_TOTAL_SECONDS = 30.0
MAX_RESPONSE_BYTES = 1_000_000
MAX_IMAGE_BYTES = 15_000_000
FETCH_INTERVAL = timedelta(hours=1)
RATE_LIMIT_PAUSE = timedelta(hours=6)
TOKEN_LIFETIME = timedelta(days=60)
FIELDS = "id,caption,media_type,media_url,permalink,thumbnail_url,timestamp"
# Error codes of the API: https://developers.facebook.com/docs/graph-api/guides/error-handling
_INVALID_TOKEN = {190}
_RATE_LIMITED = {4, 17, 32, 613}


class InstagramError(Exception):
    """A request failed or its response is unusable. `code` is the API's error code, `status` the HTTP status."""

    def __init__(self, message: str, code: int = 0, status: int = 0) -> None:
        super().__init__(message)
        self.is_token_rejected = code in _INVALID_TOKEN
        self.is_rate_limited = status == 429 or code in _RATE_LIMITED


def fetch_due() -> int:
    """Fetch new posts if an hour has passed. Return 0: the worker has nothing left to do.

    Of two workers, only one fetches. Errors are logged and stored in the settings for the author, never raised.
    """
    now = timezone.now()
    due = InstagramSettings.objects.exclude(access_token="").filter(
        Q(next_fetch_at=None) | Q(next_fetch_at__lte=now), is_token_rejected=False
    )
    if not due.update(next_fetch_at=now + FETCH_INTERVAL):
        return 0
    settings = InstagramSettings.objects.get()
    try:
        refresh_error = _refresh_token_if_due(settings)
        _import_new(_fetch_posts(settings.access_token))
        if refresh_error:
            raise refresh_error
    except InstagramError as error:
        log.warning("Fetching from Instagram failed: %s", error)
        changes: dict[str, Any] = {
            "failing_since": settings.failing_since or now,
            "is_token_rejected": error.is_token_rejected,
        }
        if error.is_rate_limited:
            changes["next_fetch_at"] = now + RATE_LIMIT_PAUSE
        _update_settings(settings, **changes)
    else:
        _update_settings(settings, fetched_at=now, failing_since=None)
    return 0


def _update_settings(settings: InstagramSettings, **changes: Any) -> None:
    """Update the settings unless the author has entered another token in the meantime."""
    InstagramSettings.objects.filter(access_token=settings.access_token).update(**changes)


def _refresh_token_if_due(settings: InstagramSettings) -> InstagramError | None:
    """Replace the token halfway through its lifetime. Return the error if that fails: the old token may still work."""
    if settings.refresh_token_at and settings.refresh_token_at > timezone.now():
        return None
    try:
        refreshed = _refreshed_token(settings.access_token)
    except InstagramError as error:
        error.is_token_rejected = False
        return error
    _update_settings(settings, **refreshed)
    settings.access_token = refreshed["access_token"]
    return None


def _refreshed_token(token: str) -> dict[str, Any]:
    """Return the settings fields for a new token in place of `token`. It is valid for at most 60 days."""
    answer = _get_json("refresh_access_token", grant_type="ig_refresh_token", access_token=token)
    new_token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(new_token, str) or not 0 < len(new_token) <= 1000 or not isinstance(seconds, int) or seconds <= 0:
        raise InstagramError("the response has no token")
    now, lifetime = timezone.now(), min(timedelta(seconds=min(seconds, 10**9)), TOKEN_LIFETIME)
    return {"access_token": new_token, "token_expires_at": now + lifetime, "refresh_token_at": now + lifetime / 2}


def _fetch_posts(token: str) -> list[dict[str, Any]]:
    """Return the newest posts of the account."""
    rows = _get_json("me/media", fields=FIELDS, limit=MAX_IMAGES, access_token=token).get("data")
    if not isinstance(rows, list):
        raise InstagramError("the response has no list of posts")
    return [row for row in rows[:MAX_IMAGES] if isinstance(row, dict) and str(row.get("id", "")).isdecimal()]


def _import_new(rows: list[dict[str, Any]]) -> None:
    """Import the new posts, oldest first. If one fails, import the others, then raise its error."""
    ids = [str(row["id"])[:120] for row in rows]
    known = InstagramPost.objects.filter(source=InstagramPost.Source.API, external_id__in=ids)
    known_ids = set(known.values_list("external_id", flat=True))
    failure: InstagramError | None = None
    deadline = time.monotonic() + MAX_TOTAL_SECONDS
    for row in reversed(rows):
        if time.monotonic() > deadline:
            break  # Do not delay the worker's other jobs. The rest is imported an hour later.
        if str(row["id"])[:120] not in known_ids:
            try:
                _import_post(row)
            except InstagramError as error:
                failure = error
    if failure:
        raise failure


def _import_post(row: dict[str, Any]) -> None:
    caption = strip_control_characters(str(row.get("caption") or ""))[:MAX_CAPTION_LENGTH]
    url = str(row.get("permalink") or "")
    if not url.startswith("https://www.instagram.com/") or len(url) > 500:
        url = ""
    fields = {"source": InstagramPost.Source.API, "external_id": str(row["id"])[:120], "url": url}
    posted_at = _parse_timestamp(row.get("timestamp"))
    # A post that was imported from an archive has no URL yet.
    if InstagramPost.objects.filter(source=InstagramPost.Source.ARCHIVE, posted_at=posted_at).update(**fields):
        return
    image_url = row.get("thumbnail_url") if row.get("media_type") == "VIDEO" else row.get("media_url")
    if not isinstance(image_url, str):
        return  # Instagram omits it for posts with licensed music and for copyright claims.
    data = _fetch(_checked_image_url(image_url), MAX_IMAGE_BYTES)
    file = ContentFile(data, name=f"instagram-{row['id']}.jpg")
    try:
        with transaction.atomic():
            image = Image.objects.create_from_upload(file, title=f"Instagram, {posted_at:%Y-%m-%d}")
            InstagramPost.objects.create(image=image, caption=caption, posted_at=posted_at, **fields)
    except ValidationError as error:
        raise InstagramError("the file is not an image") from error


def _parse_timestamp(text: Any) -> datetime:
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return timezone.now()


def _checked_image_url(url: str) -> str:
    """Return `url` if it is on one of Meta's image servers. Raise InstagramError otherwise."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    for origin in IMAGE_ORIGINS:
        scheme, _, host = origin.partition("://")
        if parts.scheme == scheme and (parts.netloc == host or (host[0] == "*" and parts.netloc.endswith(host[1:]))):
            return url
    raise InstagramError("an image is not on Instagram's servers")


def _get_json(path: str, **query: Any) -> dict[str, Any]:
    """Return the API's response. Error messages do not include the URL, which contains the token."""
    try:
        answer = json.loads(_fetch(f"{ORIGIN}/{path}?{urlencode(query)}", MAX_RESPONSE_BYTES))
    except (ValueError, RecursionError) as error:
        raise InstagramError("the response is not JSON") from error
    if not isinstance(answer, dict):
        raise InstagramError("the response is not a JSON object")
    return answer


def _fetch(url: str, max_bytes: int) -> bytes:
    """Return the content of `url`. Raise InstagramError if it is larger than `max_bytes` or takes over SECONDS."""
    try:
        response = get(url, max_bytes=max_bytes, max_seconds=SECONDS)
    except FetchError as error:
        raise InstagramError(str(error)) from None
    if response.status != 200:
        raise InstagramError(f"status {response.status}", _code(response.content), response.status)
    return response.content


def _code(body: bytes) -> int:
    """Return the API's error code, or 0 if the response has none."""
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, RecursionError, TypeError, KeyError):
        return 0
    return code if isinstance(code, int) else 0
