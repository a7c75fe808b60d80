"""Addresses as redirects know them: one form for all ways to write an old one, and which new ones are safe to send."""

import re
import unicodedata
from urllib.parse import unquote, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import iri_to_uri

LONGEST = 500
LONGEST_TARGET = 1000
# Control characters, what turns the direction of writing, and halves of characters: no address of ours has them.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def key_of(path: str) -> str:
    """The one form of a decoded path: small letters, single slashes, none at the end; "/" for the home page."""
    return "/" + "/".join(part for part in unicodedata.normalize("NFC", path).lower().split("/") if part)


def is_clean(path: str) -> bool:
    """Whether a path can be an old address at all; what is not is a plain 404."""
    return len(path) <= LONGEST and not _UNSEEN.search(path)


def ways_to(key: str) -> list[str]:
    """The old addresses that cover the page at `key`, the nearest first: itself, then `/a/b/*`, `/a/*`, `/*`.

    Where more than 20 lie above it, the deepest of them are left out: nobody nests pages so far.
    """
    parts = [part for part in key.split("/") if part]
    above = ("/".join(["", *parts[:depth], "*"]) for depth in range(min(len(parts), 20), -1, -1))
    return list(dict.fromkeys([key, *above]))


def old_address(text: str) -> str:
    """What an author or a file gives as an old address, in its one form.

    Taken are paths and whole addresses of this site, percent-encoded or not; `*` only at the very end, after a slash.
    Raises ValidationError with a sentence.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError as error:
        raise ValidationError("This is no address. It looks like /old-post/.") from error
    if parts.scheme in ("http", "https") and host:
        if _bare(host) != _bare(urlsplit(settings.SITE_URL).hostname or ""):
            raise ValidationError(f"This is an address of {host}. Only addresses of this site can lead elsewhere.")
    elif parts.scheme or parts.netloc:
        raise ValidationError("An old address is a path of this site, such as /old-post/.")
    if parts.query or parts.fragment:
        raise ValidationError("Leave out what follows “?” or “#”: it is kept for readers by itself.")
    path = unquote(parts.path)
    if "\\" in path or not is_clean(path):
        raise ValidationError(f"An address has at most {LONGEST} characters, all of them visible, and no “\\”.")
    if not path:
        raise ValidationError("Give the old address, such as /old-post/.")
    key = key_of(path)
    if "*" in key and (key.count("*") > 1 or not key.endswith("/*")):
        raise ValidationError("“*” stands for everything below, so it comes once, at the end, as in /old-topic/*.")
    if key == "/":
        raise ValidationError("The home page always answers. It cannot lead elsewhere.")
    return key


def new_address(text: str) -> str:
    """Where readers may be sent: a path of this site, or a whole https address; ValidationError with a sentence.

    Browsers read `//host` and `/\\host` as another site, and `javascript:` as a program, hence the short list. A whole
    address of this site becomes its path, so that it moves with the site.
    """
    text = text.strip()
    if len(iri_to_uri(text)) > LONGEST_TARGET or _UNSEEN.search(text) or "\\" in text or re.search(r"\s", text):
        raise ValidationError(f"An address has no blanks and no “\\”, and at most {LONGEST_TARGET} characters.")
    try:
        parts = urlsplit(text)
        host, has_user = parts.hostname or "", parts.username is not None
        _ = parts.port  # raises for a port that is none
    except ValueError as error:
        raise ValidationError("This is no address. It looks like /new-post/ or https://example.org/page.") from error
    if host and host == urlsplit(settings.SITE_URL).hostname and parts.scheme in ("http", "https") and not has_user:
        text = urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, parts.fragment))
    elif not (text.startswith("/") and not text.startswith("//")) and (parts.scheme != "https" or not host or has_user):
        raise ValidationError("Give a path of this site, such as /new-post/, or an address that starts with https://.")
    if "*" in text and (text.count("*") > 1 or not text.endswith("/*")):
        raise ValidationError("“*” stands for the rest of the address, so it comes once, at the end, as in /new/*.")
    return text


def key_of_target(target: str) -> str:
    """The one form of a new address on this site, as an old address would be written; "" for another site."""
    return key_of(unquote(urlsplit(target).path)) if target.startswith("/") else ""


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")
