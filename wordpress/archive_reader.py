"""Read XML elements from an uploaded export: unpack it, reject other files, and repair damaged XML."""

import gzip
import html
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import IO

from lxml import etree

from plaintext.characters import strip_control_characters

type _Bytes = IO[bytes] | gzip.GzipFile
EXPORT_HINT = "In WordPress choose Tools > Export > All content and use the file you download."


class ExportError(Exception):
    """The file cannot be imported. The message is written for the author."""


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One XML document of the upload: the file itself or a member of a zip archive."""

    path: Path
    member: str = ""
    encoding: str = "utf-8"
    is_damaged: bool = False

    @contextmanager
    def open(self) -> Iterator[_Bytes]:
        """Open the unpacked document for reading bytes. Raise ExportError if it cannot be unpacked."""
        try:
            if self.member:
                with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as stream:
                    yield stream
            else:
                is_gzip = _magic(self.path).startswith(b"\x1f\x8b")
                with gzip.open(self.path) if is_gzip else self.path.open("rb") as stream:
                    yield stream
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise ExportError(
                f"This compressed file is damaged or cut off. Download it again. {EXPORT_HINT}"
            ) from error
        except RuntimeError as error:
            raise ExportError(
                f"This zip file has a password or an unsupported compression method. {EXPORT_HINT}"
            ) from error


def open_export_files(path: Path) -> tuple[ExportFile, ...]:
    """Return the documents of a .xml, .wxr, .gz or .zip file, sorted by name.

    The format is detected from the content. Raise ExportError if a document does not start like a WordPress
    export, and OSError if the file cannot be read.
    """
    names = [""]
    if _magic(path) == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(path) as archive:
                names = sorted(name for name in archive.namelist() if _MEMBER.search(name))
        except zipfile.BadZipFile as error:
            raise ExportError(f"This zip file is damaged or cut off. Download it again. {EXPORT_HINT}") from error
    if not names:
        raise ExportError(f"This zip file contains no WordPress export. {EXPORT_HINT}")
    return tuple(replace(file, encoding=_detect_encoding(file)) for file in (ExportFile(path, name) for name in names))


def is_media_archive(path: Path) -> bool:
    """Return whether the file is a ZIP with files of a media library and no export."""
    if _magic(path) != b"PK\x03\x04":
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    return bool(names) and not any(_MEMBER.search(name) for name in names)


def channel_elements(file: ExportFile) -> Iterator[etree._Element]:
    """Yield the complete children of <channel>, clearing each one before the next is read.

    Raise XMLSyntaxError if the file needs repair (set `is_damaged`), and ExportError if a repaired file is cut off.
    """
    with file.open() as stream:
        source = _RepairedStream(stream, file.encoding) if file.is_damaged else stream
        title = ""
        for _, element in etree.iterparse(
            source,
            events=("end",),
            tag=_OUTER,
            encoding="utf-8" if file.is_damaged else file.encoding,
            recover=file.is_damaged,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=True,
            remove_comments=True,
            remove_pis=True,
        ):
            parent = element.getparent()
            if parent is None or parent.tag != "channel":
                continue
            if element.tag == "item":
                title = plain_line(element.findtext("title") or "") or title
            yield element
            element.clear()
            while element.getprevious() is not None:
                del parent[0]
        if isinstance(source, _RepairedStream) and not source.is_complete:
            location = f"line {source.line}" + (f", in or after “{title}”" if title else "")
            raise ExportError(f"This file is cut off near {location}. Download the whole export again. {EXPORT_HINT}")


@cache
def qualified_name(tag: str) -> str:
    """Return a tag such as "wp:status" or "title" for any prefix and format version, or "" for unknown namespaces."""
    uri, _, local = tag.rpartition("}")
    if not uri:
        return local
    if own := re.fullmatch(r"\{https?://(?:www\.)?wordpress\.org/export/\d+\.\d+/(excerpt/)?", uri):
        return ("excerpt:" if own[1] else "wp:") + local
    prefix = _PREFIXES.get(uri[1:])
    return prefix + local if prefix else ""


def plain_line(text: str) -> str:
    """Return `text` on one line, without tags and with entities decoded once."""
    text = re.sub(r"<(?:!--|/?[a-zA-Z])[^<>]*>", "", text)
    text = re.sub(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);", lambda entity: html.unescape(entity[0]), text)
    return re.sub(r"[ \t\r\n]+", " ", text).strip()


_MEMBER = re.compile(r"(?i)^(?!__MACOSX/).*\.(xml|wxr)$")
_PREFIXES = {
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://purl.org/dc/elements/1.1/": "dc:",
}
# Only these elements cause parser events. A repaired file may lack the namespaces.
_WP = ("wxr_version", "base_site_url", "base_blog_url", "author", "category", "tag", "term")
_OUTER = (
    "item",
    "title",
    "link",
    "description",
    *(f"{{*}}{local}" for local in _WP),
    *(f"wp:{local}" for local in _WP),
)
_BEFORE_ROOT = re.compile(rb"(?:[\x00-\x20]|<!--.*?-->|<\?.*?\?>)++", re.DOTALL)
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["'](us-ascii|iso-8859-\d+|windows-125\d)["']""", re.IGNORECASE)
_NOT_AN_EXPORT = (
    (rb"$", "is empty"),
    (rb"<!doctype\s+html|<html\b", "is a saved web page (perhaps the log-in page), not a WordPress export"),
    # This check runs before any parsing, so no entity is ever expanded or fetched.
    (rb"<!doctype|<!entity", "defines XML entities, which a WordPress export never does"),
    (rb"<(item|channel)\b", "is only part of a WordPress export"),
    (rb"<(feed|rdf:rdf)\b", "is a news feed, not a WordPress export"),
    (rb"<(?!rss\b)[a-z]", "is XML, but not a WordPress export"),
    (rb"(?!<rss\b)", "is not XML, so it cannot be a WordPress export"),
)


def _magic(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4)


def _detect_encoding(file: ExportFile) -> str:
    with file.open() as stream:
        head = stream.read(1 << 20).removeprefix(b"\xef\xbb\xbf")
    before = _BEFORE_ROOT.match(head)
    start = head[before.end() :] if before else head
    for pattern, what in _NOT_AN_EXPORT:
        if re.match(pattern, start, re.IGNORECASE):
            raise ExportError(f"This file {what}. {EXPORT_HINT}")
    declared = _ENCODING.match(head.lstrip())
    return declared[1].decode() if declared else "utf-8"


class _RepairedStream:
    """Repair a damaged document while the parser reads it.

    Handles the errors that WordPress and its plugins produce: whitespace before the XML declaration, control
    characters, invalid bytes, bare ampersands, and "]]>" inside CDATA (a section ends only with its element).
    """

    def __init__(self, stream: _Bytes, encoding: str) -> None:
        self.line = 1
        self.is_complete = False
        self._text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
        self._element = ""
        self._pieces = self._repair()

    def read(self, _size: int = -1) -> bytes:
        return next((piece.encode() for piece in self._pieces if piece), b"")

    def _repair(self) -> Iterator[str]:
        step, rest, is_first = self._markup, "", True
        while chunk := self._text.read(1 << 16):
            self.line += chunk.count("\n")
            rest += strip_control_characters(chunk)
            if is_first:
                # The parser gets UTF-8, so drop the declared encoding.
                rest, is_first = re.sub(r"\A[\s\ufeff]*(<\?xml.*?\?>)?\s*", "", rest, flags=re.DOTALL), False
            is_done = True
            while is_done:
                piece, rest, is_done = step(rest)
                yield piece
                if is_done:
                    step = self._cdata if step == self._markup else self._markup
        if step == self._cdata:
            yield rest
        else:
            self.is_complete |= "</rss" in rest
            yield self._escaped(rest)

    def _markup(self, text: str) -> tuple[str, str, bool]:
        before, mark, after = text.partition("<![CDATA[")
        if not mark:
            before, after = text[: (cut := max(text.rfind("<"), 0))], text[cut:]
        self._element = (re.findall(r"<([^\s<>/!?]+)[^<>]*>", before) or [self._element])[-1]
        self.is_complete |= "</rss" in before
        return self._escaped(before) + mark, after, bool(mark)

    def _cdata(self, text: str) -> tuple[str, str, bool]:
        end = re.search(rf"\]\]>(?=\s*(?:<!\[CDATA\[|</{re.escape(self._element)}\s*>))", text)
        # Keep the tail: it may contain the start of an end marker.
        cut = end.start() if end else len(text[:-256].rstrip("]"))
        mark = "]]>" if end else ""
        return text[:cut].replace("]]>", "]]]]><![CDATA[>") + mark, text[cut + len(mark) :], bool(end)

    @staticmethod
    def _escaped(text: str) -> str:
        return re.sub(r"&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);)", "&amp;", text)
