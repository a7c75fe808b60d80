"""Parse the href of a link as browsers do (https://url.spec.whatwg.org)."""

import re
from collections.abc import Container
from contextlib import suppress
from functools import lru_cache
from posixpath import normpath
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.conf import settings

from plaintext.characters import is_plain_line

# Pages that only redirect to the URL in one of their parameters, by host and path.
_WRAPPERS = {
    ("google", "/url"): ("q", "url"),
    ("facebook.com", "/l.php"): ("u",),
    ("instagram.com", "/"): ("u",),
    ("youtube.com", "/redirect"): ("q",),
    ("linkedin.com", "/redir/redirect"): ("url",),
    ("linkedin.com", "/safety/go"): ("url",),
    ("out.reddit.com", ""): ("url",),
    ("t.umblr.com", "/redirect"): ("z",),
    ("slack-redir.net", "/link"): ("url",),
    ("vk.com", "/away.php"): ("to",),
    ("duckduckgo.com", "/l/"): ("uddg",),
    ("redirect.viglink.com", ""): ("u",),
    ("go.skimresources.com", ""): ("url",),
    ("go.redirectingat.com", ""): ("url",),
    ("safelinks.protection.outlook.com", "/"): ("url",),
}
# Pages that redirect to the URL that is their whole query.
_PLAIN_WRAPPERS = ("href.li", "anonym.to", "nullrefer.com")
_WRAPPER_DOMAINS = frozenset(domain for domain, _ in _WRAPPERS)
_GOOGLE = re.compile(r"(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}")
_MAX_WRAPPERS = 5

# Longer paths and URLs are not indexed whole: an index of PostgreSQL holds no more in any script.
MAX_LENGTH = 500


def split_href(href: str) -> SplitResult:
    """Return the parts of `href`; slashes may be backslashes, missing or too many.

    Raises ValueError for a malformed host.
    """
    return urlsplit(re.sub(r"^(https?:)/*|^//+", r"\1//", href.strip().replace("\\", "/"), flags=re.IGNORECASE))


def host_of(href: str) -> str:
    """Return the host that `href` names, in lower-case ASCII; "" if it names none or is not a web URL."""
    try:
        parts = split_href(href)
    except ValueError:
        return ""
    host = unquote(parts.hostname or "") if parts.scheme in ("", "http", "https") else ""
    return _ascii_host(host)


@lru_cache
def _ascii_host(host: str) -> str:
    with suppress(UnicodeError):
        host = host.encode("idna").decode()
    return host.lower().rstrip(".")


def unwrap(href: str) -> str:
    """Return the URL that `href` leads to through a tracking page, such as Google's /url?q=; otherwise `href`."""
    for _ in range(_MAX_WRAPPERS):
        inner = _wrapped_url(href)
        if not inner:
            break
        href = inner
    return href


def _wrapped_url(href: str) -> str:
    host = host_of(href) if "?" in href else ""
    if not host:
        return ""
    parts = split_href(href)
    if matches_domain(host, _PLAIN_WRAPPERS):
        return parts.query if re.match(r"https?://[^/\s]", parts.query, re.IGNORECASE) else ""
    if not _GOOGLE.fullmatch(host) and not matches_domain(host, _WRAPPER_DOMAINS):
        return ""
    for (domain, path), names in _WRAPPERS.items():
        is_host = _GOOGLE.fullmatch(host) if domain == "google" else matches_domain(host, (domain,))
        if is_host and (not path or parts.path.rstrip("/") == path.rstrip("/")):
            values = parse_qs(parts.query)
            found = (values[name][0].strip() for name in names if name in values)
            return next((url for url in found if re.match(r"https?://[^/\s]", url, re.IGNORECASE)), "")
    return ""


def matches_domain(host: str, domains: Container[str]) -> bool:
    """Return whether `host` is one of `domains` or below one."""
    while host:
        if host in domains:
            return True
        host = host.partition(".")[2]
    return False


def is_own_host(host: str) -> bool:
    """Return True if `host` is this site, with or without "www."."""
    return host.removeprefix("www.") == host_of(settings.SITE_URL).removeprefix("www.")


def site_path(href: str) -> str | None:
    """Return the path on this site that `href` points to, without its outer slashes ("" is the home page).

    Query and fragment are dropped. None if the link points to another site, to a place in the same text
    ("#part"), or to a path too long to exist.
    """
    try:
        parts = split_href(href)
    except ValueError:
        return None
    host = host_of(href)
    if parts.scheme not in ("", "http", "https") or (host and not is_own_host(host)):
        return None
    if not host and not parts.path:
        return None
    path = normpath(f"/{unquote(parts.path).lstrip('/')}").strip("/")
    return path if len(path) <= MAX_LENGTH and is_plain_line(path) else None
