"""Handle requests for part of a file, so that players can seek and PDF viewers need not load everything."""

import re
from collections.abc import Iterator

from django.core.files.base import File
from django.http import FileResponse, HttpRequest, HttpResponse

_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
BLOCK_SIZE = 64 * 1024


def apply_range(request: HttpRequest, response: FileResponse, file: File) -> FileResponse | HttpResponse:
    """Return `response`, which sends `file`, reduced to the part that `request` asks for.

    Follows RFC 9110, section 14. Requests for several parts get the whole file, which the RFC allows.
    """
    response["Accept-Ranges"] = "bytes"
    if (
        request.method != "GET"
        or request.headers.get("If-Range", response["Last-Modified"]) != response["Last-Modified"]
    ):
        return response
    wanted = _parse(request.headers.get("Range", ""), file.size)
    if wanted is None:
        return response
    if not wanted:
        file.close()  # not the response: that would end the request, and close the database connection
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.size}"})
    file.seek(wanted.start)
    response.streaming_content = _read(file, len(wanted))
    response.status_code = 206
    response["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{file.size}"
    response["Content-Length"] = str(len(wanted))
    return response


def _parse(header: str, size: int) -> range | None:
    """Return the positions that a Range header asks for, or None unless it is a single valid byte range."""
    match = _RANGE.fullmatch(header.strip())
    if not match:
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)


def _read(file: File, length: int) -> Iterator[bytes]:
    while length and (block := file.read(min(BLOCK_SIZE, length))):
        length -= len(block)
        yield block
