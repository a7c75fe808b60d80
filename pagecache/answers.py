"""What is sent for a page: its headers and its body in the encoding that the client prefers, or nothing new."""

from http import HTTPStatus
from typing import NamedTuple

from django.http import HttpRequest
from django.utils.http import parse_etags

from pagecache.compression import IDENTITY, choose_encoding
from pagecache.storage import CachedPage, page_store


class Answer(NamedTuple):
    """A response."""

    status: HTTPStatus
    headers: dict[str, str]
    body: bytes


def create_answer(request: HttpRequest, key: str, page: CachedPage, *, is_hit: bool) -> Answer:
    """Return `page` in the preferred encoding of the client, or 304 if the client has it."""
    encoding = choose_encoding(request.META.get("HTTP_ACCEPT_ENCODING", ""))
    etag = f'"{page.etag}-{encoding}"' if encoding else f'"{page.etag}"'
    headers = page.headers | {"ETag": etag}
    if is_hit:
        headers["Cache-Status"] = "pages; hit"
    conditions = request.META.get("HTTP_IF_NONE_MATCH")
    if conditions and _matches(conditions, etag):
        return Answer(HTTPStatus.NOT_MODIFIED, {name: headers[name] for name in headers if name != "Content-Type"}, b"")
    body = page_store.body(key, page, encoding)
    headers["Content-Length"] = str(len(body))
    if encoding != IDENTITY:
        headers["Content-Encoding"] = encoding
    return Answer(HTTPStatus.OK, headers, body)


def _matches(if_none_match: str, etag: str) -> bool:
    tags = parse_etags(if_none_match)
    return tags == ["*"] or etag in (tag.removeprefix("W/") for tag in tags)
