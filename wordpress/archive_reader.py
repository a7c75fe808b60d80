"""Read XML elements from an uploaded export: unpack it, reject other files, and repair damaged XML."""

import codecs
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
from wordpress.languages import bracket_tags

type _Bytes = IO[bytes] | gzip.GzipFile
EXPORT_HINT = "In WordPress choose Tools > Export > All content and use the file you download."


class ExportError(Exception):
    """The file cannot be imported. The message is written for the author."""


# Limits of compressed files. Exports shrink to a tenth; what shrinks to a hundredth was made to fill the memory.
MAX_BYTES = 1_500_000_000
MAX_RATIO = 100
HARMLESS_BYTES = 20_000_000
# The largest item, which has to fit into the memory. WordPress itself fails at less.
MAX_ITEM_BYTES = 32_000_000


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
                with _LimitedGzip(self.path) if is_gzip else self.path.open("rb") as stream:
                    yield stream
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise ExportError(
                f"This compressed file is damaged or cut off. Download it again. {EXPORT_HINT}"
            ) from error
        except RuntimeError as error:
            raise ExportError(
                f"This zip file has a password or an unsupported compression method. {EXPORT_HINT}"
            ) from error


def open_export_files(path: Path) -> tuple[tuple[ExportFile, ...], list[str]]:
    """Return the documents of a .xml, .wxr, .gz or .zip file, sorted by name, and which others a ZIP contains.

    The format is detected from the content. Raise ExportError if no document starts like a WordPress export, and
    OSError if the file cannot be read.
    """
    names = [""]
    if _magic(path) == b"PK\x03\x04":
        try:
            with zipfile.ZipFile(path) as archive:
                _refuse_bombs(archive)
                names = sorted(name for name in archive.namelist() if _MEMBER.search(name))
        except zipfile.BadZipFile as error:
            raise ExportError(f"This zip file is damaged or cut off. Download it again. {EXPORT_HINT}") from error
    if not names:
        raise ExportError(f"This zip file contains no WordPress export. {EXPORT_HINT}")
    files, others = [], []
    for name in names:
        try:
            files.append(replace(ExportFile(path, name), encoding=_detect_encoding(ExportFile(path, name))))
        except ExportError as error:
            others.append(f"{name}: {error}" if name else str(error))
    if not files:
        raise ExportError(" ".join(others))
    return tuple(files), others


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    """Raise ExportError if the documents would fill the memory or disk. Python unpacks no more than is declared."""
    members = [member for member in archive.infolist() if _MEMBER.search(member.filename)]
    size, packed = sum(member.file_size for member in members), sum(member.compress_size for member in members)
    _check_size(size, packed)


def _check_size(size: int, packed: int) -> None:
    if size > MAX_BYTES or size > max(HARMLESS_BYTES, packed * MAX_RATIO):
        raise ExportError(
            f"This file has {packed / 1e6:.1f} MB and would unpack to {size / 1e6:,.0f} MB or more. An export does not"
            f" shrink so much, so it was not opened. {EXPORT_HINT}"
        )


class _LimitedGzip(gzip.GzipFile):
    """A gzip file that stops before it fills the memory. Its real size is unknown until it is unpacked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._packed, self._unpacked = path.stat().st_size, 0

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes. Raise ExportError if there are too many."""
        return self._counted(super().read(size))

    def read1(self, size: int = -1) -> bytes:
        """Return the next bytes. Raise ExportError if there are too many."""
        return self._counted(super().read1(size))

    def _counted(self, data: bytes) -> bytes:
        self._unpacked += len(data)
        _check_size(self._unpacked, self._packed)
        return data


class _ItemLimit:
    """A stream that ends in an ExportError if a single item would fill the memory."""

    def __init__(self, stream: "_Bytes | _RepairedStream") -> None:
        self._stream = stream
        self._since_last = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self._stream.read(size)
        self._since_last += len(data)
        if self._since_last > MAX_ITEM_BYTES:
            raise ExportError(
                f"One item of this file is larger than {MAX_ITEM_BYTES / 1e6:.0f} MB, which no post is. {EXPORT_HINT}"
            )
        return data

    def next_item(self) -> None:
        """Start to count again."""
        self._since_last = 0


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
        limited = _ItemLimit(source)
        title = ""
        for _, element in etree.iterparse(
            limited,
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
            limited.next_item()
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


def restore_western(text: str) -> str:
    """Return `text` with the quotation marks and dashes of Windows-1252 that were stored as control characters."""
    if text.isascii():
        return text
    return _C1.sub(lambda found: found[0].encode("latin-1").decode("cp1252", "ignore"), text)


def plain_line(text: str) -> str:
    """Return `text` on one line, without tags and with entities decoded once."""
    text = bracket_tags(restore_western(text))
    if "<" in text:
        text = re.sub(r"<(?:!--|/?[a-zA-Z])[^<>]*>", "", text)
    if "&" in text:
        text = re.sub(r"&(?:#\d+|#[xX][0-9a-fA-F]+|\w+);", lambda entity: html.unescape(entity[0]), text)
    return _SPACE.sub(" ", text).strip()


# White space other than a single space, which needs no change.
_SPACE = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")
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
    "language",
    "link",
    "description",
    *(f"{{*}}{local}" for local in _WP),
    *(f"wp:{local}" for local in _WP),
)
_C1 = re.compile("[\x80-\x9f]")
# An ellipsis, quotation marks, a bullet and dashes.
_MARKS = b"\x85\x91\x92\x93\x94\x95\x96\x97"
_BEFORE_ROOT = re.compile(rb"(?:[\x00-\x20]|<!--.*?-->|<\?.*?\?>)++", re.DOTALL)
_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["'](iso-8859-\d+|windows-125\d)["']""", re.IGNORECASE)
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


# How a document in UTF-16 starts: with a byte order mark, or with "<" in two bytes.
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\x00": "utf-16le", b"\x00<": "utf-16be"}


def _magic(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4)


def _detect_encoding(file: ExportFile) -> str:
    with file.open() as stream:
        head = stream.read(1 << 20).removeprefix(b"\xef\xbb\xbf")
    wide = next((encoding for start, encoding in _UTF_16.items() if head.startswith(start)), "")
    if wide:
        head = head.decode(wide, errors="replace").removeprefix("\ufeff").encode("utf-8", errors="replace")
    before = _BEFORE_ROOT.match(head)
    start = head[before.end() :] if before else head
    for pattern, what in _NOT_AN_EXPORT:
        if re.match(pattern, start, re.IGNORECASE):
            raise ExportError(f"This file {what}. {EXPORT_HINT}")
    declared = _ENCODING.match(head.lstrip())
    return wide or (declared[1].decode() if declared else "utf-8")


def _western_character(error: UnicodeError) -> tuple[str, int]:
    """Decode a byte that is not UTF-8 as Windows-1252, in which plugins and old databases wrote it.

    Several bytes are the beginning of a character that was cut off, unless a dash or a quotation mark follows a letter.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    invalid = error.object[error.start : error.end]
    is_western = len(invalid) == 1 or (len(invalid) == 2 and invalid[1] in _MARKS)
    return invalid.decode("cp1252", "replace") if is_western else "\ufffd", error.end


codecs.register_error(_western_character.__name__, _western_character)


class _RepairedStream:
    """Repair a damaged document while the parser reads it.

    Handles the errors that WordPress and its plugins produce: whitespace before the XML declaration, control
    characters, invalid bytes, bare ampersands, and "]]>" inside CDATA (a section ends only with its element).
    """

    def __init__(self, stream: _Bytes, encoding: str) -> None:
        self.line = 1
        self.is_complete = False
        self._text = io.TextIOWrapper(stream, encoding, errors=_western_character.__name__, newline="")
        self._element = ""
        self._pieces = self._repair()

    def read(self, _size: int = -1) -> bytes:
        return next((piece.encode() for piece in self._pieces if piece), b"")

    def _repair(self) -> Iterator[str]:
        step, rest, is_first = self._markup, "", True
        while chunk := self._text.read(1 << 16):
            self.line += chunk.count("\n")
            rest += strip_control_characters(restore_western(chunk))
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
