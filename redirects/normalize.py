"""Normalize old paths and validate redirect targets."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import combinations
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import iri_to_uri

from plaintext.characters import is_plain_line

MAX_PATH_LENGTH = 500
MAX_TARGET_LENGTH = 1000
_MAX_PATTERN_DEPTH = 20
# Every combination of up to this many parameters is tried; with more, all together and each alone.
_MAX_COMBINED_PARAMETERS = 4
_MAX_PARAMETERS = 20
# What people and programs leave at the end of a link: the ) of a sentence, the > of an email, "&" of a parameter.
_LEFT_AT_THE_END = re.compile(r"(?:[\s&<>\"“”„«»].*|[^\w/-]+)/*\Z", re.DOTALL)


def normalize_path(path: str) -> str:
    """Return a decoded path in lower case, NFC, with single slashes and no trailing one; "/" for the home page."""
    return "/" + "/".join(part for part in unicodedata.normalize("NFC", path).lower().split("/") if part)


def normalize_query(query: str) -> str:
    """Return the parameters of `query` in one order and encoding, so that equal queries are equal strings."""
    return _encode_parameters(parse_qsl(query, keep_blank_values=True))


def matching_queries(query: str) -> list[str]:
    """Return the normalized queries whose parameters are all in `query`, most parameters first."""
    parameters = list(dict.fromkeys(parse_qsl(query, keep_blank_values=True)))
    if len(parameters) > _MAX_PARAMETERS:
        return []
    is_few = len(parameters) <= _MAX_COMBINED_PARAMETERS
    sizes = range(len(parameters), 0, -1) if is_few else (len(parameters), 1)
    return [_encode_parameters(chosen) for size in sizes for chosen in combinations(parameters, size)]


def without_text_after_path(path: str) -> str:
    """Return `path` without what a sentence or a program left at its end, as in /knee-pain/) or /knee-pain/&amp."""
    return _LEFT_AT_THE_END.sub("", path)


def normalize_target(target: str) -> str:
    """Return the normalized path of a target on this site, or "" for a target on another site."""
    return normalize_path(unquote(urlsplit(target).path)) if target.startswith("/") else ""


def is_valid_path(path: str) -> bool:
    """Return whether `path` can be an old path: short enough and without control characters."""
    return len(path) <= MAX_PATH_LENGTH and is_plain_line(path)


def matching_old_paths(path: str) -> list[str]:
    """Return the old paths that would match the normalized `path`, most specific first.

    For `/a/b` these are `/a/b`, `/a/b/*`, `/a/*` and `/*`. Patterns deeper than 20 levels are not tried.
    """
    parts = [part for part in path.split("/") if part]
    depths = range(min(len(parts), _MAX_PATTERN_DEPTH), -1, -1)
    patterns = ("/".join(["", *parts[:depth], "*"]) for depth in depths)
    return list(dict.fromkeys([path, *patterns]))


def parse_old_path(text: str) -> str:
    """Return the normalized old path for what an author typed or a file contains.

    Accepts paths and full URLs on this site, percent-encoded or not, with `*` only at the end after a slash. A query
    string stays: the redirect is for URLs that have at least its parameters.
    Raises ValidationError for everything else.
    """
    text = text.strip()
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError as error:
        raise ValidationError("Enter a valid path, such as /old-post/.") from error
    if parts.scheme in ("http", "https") and host:
        if _without_www(host) != _without_www(urlsplit(settings.SITE_URL).hostname or ""):
            raise ValidationError(f"This URL belongs to {host}. Only URLs on this site can be redirected.")
    elif parts.scheme or parts.netloc:
        raise ValidationError("Enter a path on this site, such as /old-post/.")
    if parts.fragment:
        raise ValidationError("Remove everything after “#”, which browsers don't send.")
    path = unquote(parts.path)
    query = normalize_query(parts.query)
    if query and "*" in path:
        raise ValidationError("Use either “*” or a query string, not both.")
    if "\\" in path or not is_valid_path(path):
        raise ValidationError(
            f"URLs cannot contain backslashes or invisible characters or be longer than {MAX_PATH_LENGTH} characters."
        )
    if not path:
        raise ValidationError("Enter the old path, such as /old-post/.")
    old_path = _checked_old_path(normalize_path(path))
    if query and not is_valid_path(f"{old_path}?{query}"):
        raise ValidationError(f"URLs cannot be longer than {MAX_PATH_LENGTH} characters.")
    return f"{old_path}?{query}" if query else old_path


def parse_target(text: str) -> str:
    """Return a safe target: a path on this site, or a full https URL.

    A full URL on this site becomes its path, so that it follows the site to another domain. The rules are strict
    because browsers read `//host` and backslashes as another site and run `javascript:` URLs.
    Raises ValidationError for everything else.
    """
    text = text.strip()
    is_too_long = len(iri_to_uri(text)) > MAX_TARGET_LENGTH
    if is_too_long or not is_plain_line(text) or "\\" in text or re.search(r"\s", text):
        raise ValidationError(
            f"URLs cannot contain spaces or backslashes or be longer than {MAX_TARGET_LENGTH} characters."
        )
    try:
        parts = urlsplit(text)
        host, has_user = parts.hostname or "", parts.username is not None
        _ = parts.port  # raises ValueError if the port is invalid
    except ValueError as error:
        raise ValidationError("Enter a valid URL or path, such as https://example.org/page or /new-post/.") from error
    is_own_host = host and host == urlsplit(settings.SITE_URL).hostname and parts.scheme in ("http", "https")
    is_path = text.startswith("/") and not text.startswith("//")
    is_https = parts.scheme == "https" and host and not has_user
    if is_own_host and not has_user:
        text = urlunsplit(("", "", "/" + parts.path.lstrip("/"), parts.query, parts.fragment))
    elif not is_path and not is_https:
        raise ValidationError("Enter a path on this site, such as /new-post/, or a full URL starting with https://.")
    if "*" in text and (text.count("*") > 1 or not text.endswith("/*")):
        raise ValidationError("“*” stands for the rest of the path. Use it once, at the end, as in /new/*.")
    return text


def _encode_parameters(parameters: Iterable[tuple[str, str]]) -> str:
    return urlencode(sorted(parameters), quote_via=quote, safe="/:,")


def _checked_old_path(path: str) -> str:
    if "*" in path and (path.count("*") > 1 or not path.endswith("/*")):
        raise ValidationError("“*” matches every path below. Use it once, at the end, as in /old-category/*.")
    if path == "/":
        raise ValidationError("The home page cannot be redirected.")
    return path


def _without_www(host: str) -> str:
    return host.lower().removeprefix("www.")
