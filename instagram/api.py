"""New pictures from the account, by Instagram's API. Only the worker asks; readers' browsers never do.

Sources: https://developers.facebook.com/docs/instagram-platform/reference/instagram-media and
https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token
"""

import json
import logging
import time
from datetime import datetime, timedelta
from email.message import Message
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from images.models import Image
from instagram.models import LONGEST_CAPTION, MOST_SHOWN, FollowSettings, Shot

log = logging.getLogger(__name__)

ORIGIN = "https://graph.instagram.com"
# The API's answers name pictures on Meta's own servers, and nothing is fetched from anywhere else.
PICTURE_ORIGINS = ("https://*.cdninstagram.com", "https://*.fbcdn.net")
SECONDS = 10.0
SECONDS_IN_ALL = 30.0
MAX_ANSWER = 1_000_000
MAX_PICTURE = 15_000_000
PAUSE = timedelta(hours=1)
LONG_PAUSE = timedelta(hours=6)
LIFETIME = timedelta(days=60)
FIELDS = "id,caption,media_type,media_url,permalink,thumbnail_url,timestamp"
# Error codes of the API: https://developers.facebook.com/docs/graph-api/guides/error-handling
_REFUSED = {190}
_TOO_OFTEN = {4, 17, 32, 613}


class NoAnswerError(Exception):
    """Nothing usable came. `is_refused` means that the token is dead, `is_too_often` that we should wait longer."""

    def __init__(self, words: str, code: int = 0, status: int = 0) -> None:
        super().__init__(words)
        self.is_refused = code in _REFUSED
        self.is_too_often = status == 429 or code in _TOO_OFTEN


def fetch_due() -> int:
    """Ask for new pictures if an hour has passed; always 0, since nothing is left after it. Two at once do it once.

    What goes wrong is kept in the settings, for the author to read, and raised to nobody.
    """
    now = timezone.now()
    due = FollowSettings.objects.exclude(token="").filter(Q(ask_at=None) | Q(ask_at__lte=now), is_refused=False)
    if not due.update(ask_at=now + PAUSE):
        return 0
    settings = FollowSettings.objects.get()
    # Nothing is written over a token that the author changes meanwhile.
    row = FollowSettings.objects.filter(token=settings.token)
    try:
        late: NoAnswerError | None = None
        if settings.renew_at is None or settings.renew_at <= now:
            try:
                fresh = _renewed(settings.token)
            except NoAnswerError as error:
                # The old one may still do: what it is asked for next tells.
                late, error.is_refused = error, False
            else:
                row.update(**fresh)
                row = FollowSettings.objects.filter(token=fresh["token"])
                settings.token = fresh["token"]
        _keep(_newest(settings.token))
        if late:
            raise late
    except NoAnswerError as error:
        log.warning("Instagram: %s", error)
        changes: dict[str, Any] = {"failing_since": settings.failing_since or now, "is_refused": error.is_refused}
        row.update(**changes | ({"ask_at": now + LONG_PAUSE} if error.is_too_often else {}))
    else:
        row.update(fetched_at=now, failing_since=None)
    return 0


def _renewed(token: str) -> dict[str, Any]:
    """The fields of the settings with a token that lives 60 days from now. It is renewed again half-way."""
    answer = _ask("refresh_access_token", grant_type="ig_refresh_token", access_token=token)
    fresh, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(fresh, str) or not 0 < len(fresh) <= 1000 or not isinstance(seconds, int) or seconds <= 0:
        raise NoAnswerError("no token in the answer")
    now, life = timezone.now(), min(timedelta(seconds=min(seconds, 10**9)), LIFETIME)
    return {"token": fresh, "token_ends_at": now + life, "renew_at": now + life / 2}


def _newest(token: str) -> list[dict[str, Any]]:
    rows = _ask("me/media", fields=FIELDS, limit=MOST_SHOWN, access_token=token).get("data")
    if not isinstance(rows, list):
        raise NoAnswerError("no list in the answer")
    return [row for row in rows[:MOST_SHOWN] if isinstance(row, dict) and str(row.get("id", "")).isdecimal()]


def _keep(rows: list[dict[str, Any]]) -> None:
    """Store those of `rows` that are new, the oldest first. One that cannot be had does not stop the others."""
    ids = [str(row["id"])[:120] for row in rows]
    known = set(Shot.objects.filter(source=Shot.Source.API, external_id__in=ids).values_list("external_id", flat=True))
    failed: NoAnswerError | None = None
    until = time.monotonic() + SECONDS_IN_ALL
    for row in reversed(rows):
        if time.monotonic() > until:
            break  # the worker has other work; the rest comes an hour later
        if str(row["id"])[:120] not in known:
            try:
                _keep_one(row)
            except NoAnswerError as error:
                failed = error
    if failed:
        raise failed


def _keep_one(row: dict[str, Any]) -> None:
    words = str(row.get("caption") or "").replace("\0", "")[:LONGEST_CAPTION]
    link = str(row.get("permalink") or "")
    if not link.startswith("https://www.instagram.com/") or len(link) > 500:
        link = ""
    fields = {"source": Shot.Source.API, "external_id": str(row["id"])[:120], "link": link}
    taken_at = _moment(row.get("timestamp"))
    # The same post may have come from the archive, which knows no address.
    if Shot.objects.filter(source=Shot.Source.ARCHIVE, taken_at=taken_at).update(**fields):
        return
    address = row.get("thumbnail_url") if row.get("media_type") == "VIDEO" else row.get("media_url")
    if not isinstance(address, str):  # left out for posts with music or claims of others
        return
    file = ContentFile(_fetch(_picture_address(address), MAX_PICTURE), name=f"instagram-{row['id']}.jpg")
    try:
        with transaction.atomic():
            picture = Image.objects.create_from_upload(file, title=f"Instagram, {taken_at:%Y-%m-%d}")
            Shot.objects.create(picture=picture, caption=words, taken_at=taken_at, **fields)
    except ValidationError as error:
        raise NoAnswerError("not a picture") from error


def _moment(text: Any) -> datetime:
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return timezone.now()


def _picture_address(address: str) -> str:
    """`address` if it is one of Meta's picture servers; else NoAnswerError."""
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    for origin in PICTURE_ORIGINS:
        scheme, _, host = origin.partition("://")
        if parts.scheme == scheme and (parts.netloc == host or (host[0] == "*" and parts.netloc.endswith(host[1:]))):
            return address
    raise NoAnswerError("a picture on a server that is not Instagram's")


def _ask(path: str, **query: Any) -> dict[str, Any]:
    """The API's answer. NoAnswerError otherwise, whose words never hold the address, since that holds the token."""
    try:
        answer = json.loads(_fetch(f"{ORIGIN}/{path}?{urlencode(query)}", MAX_ANSWER))
    except (ValueError, RecursionError) as error:
        raise NoAnswerError("an answer that is no JSON") from error
    if not isinstance(answer, dict):
        raise NoAnswerError("an answer of another shape")
    return answer


class _StayThere(HTTPRedirectHandler):
    """Follows no redirect: it could lead anywhere."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str) -> None:
        return None


_opener = build_opener(_StayThere)


def _fetch(address: str, limit: int) -> bytes:
    """The bytes at `address`, at most `limit`, within SECONDS; else NoAnswerError."""
    request = Request(address, headers={"User-Agent": "PT Complete"})  # noqa: S310 - only the hosts above
    until, data = time.monotonic() + SECONDS, b""
    try:
        with _opener.open(request, timeout=SECONDS) as response:
            while chunk := response.read1(65536):
                data += chunk
                if len(data) > limit:
                    raise NoAnswerError("an answer that is too large")
                if time.monotonic() > until:
                    raise NoAnswerError("an answer that takes too long")
    except HTTPError as error:
        raise NoAnswerError(f"status {error.code}", _code(error), error.code) from None
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswerError(type(error).__name__) from None
    return data


def _code(error: HTTPError) -> int:
    """The API's own number of an error, 0 if it gives none."""
    try:
        code = json.loads(error.read(MAX_ANSWER))["error"]["code"]
    except (OSError, HTTPException, ValueError, RecursionError, TypeError, KeyError):
        return 0
    return code if isinstance(code, int) else 0
