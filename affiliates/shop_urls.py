"""Validate and normalize shop URLs.

URLs are stored without a tag. The program's own tag is added when a link is rendered.
"""

import re
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.utils.encoding import iri_to_uri

from richtext.links import host_of, is_own_host, matches_domain, site_path, split_href

MAX_URL_LENGTH = 2000
# The path of affiliate links on this site, without its leading slash.
GO_PREFIX = "go/"
# Most of them have a program on https://affiliate-program.amazon.com, the others only a shop.
AMAZON_HOSTS = tuple(
    f"amazon.{country}"
    for country in (
        *("ae", "ca", "cn", "co.jp", "co.uk", "co.za", "com", "com.au", "com.be", "com.br", "com.mx", "com.tr", "de"),
        *("eg", "es", "fr", "ie", "in", "it", "nl", "pl", "sa", "se", "sg"),
    )
)
_AMAZON = re.compile(r"(?:[\w-]+\.)*(amazon\.(?:com?\.)?[a-z]{2,3})")
SHORTENER_HOSTS = frozenset(
    {"a.co", "amzlink.to", "amzlinks.in", "amzlinks.to"}
    | {
        f"amzn.{ending}"
        for ending in ("asia", "ca", "co", "com", "de", "es", "eu", "fr", "in", "it", "jp", "me", "to", "uk")
    }
    | {f"amzn.{host.removeprefix('amazon.')}" for host in AMAZON_HOSTS}
)
# The product number (the ISBN for books) follows one of these path prefixes.
_PRODUCT = re.compile(
    r"/(?:dp(?:/product)?|gp/product(?:/glance)?|gp/aw/d|gp/offer-listing|product-reviews|gp/customer-reviews"
    r"|exec/obidos/asin|exec/obidos/tg/detail/-|o/asin|asin|d)/([A-Z0-9]{10})(?:[/?.]|$)",
    re.IGNORECASE,
)
# The partner help and other services of Amazon use other subdomains.
_SHOP_SUBDOMAINS = frozenset({"", "www.", "smile.", "m."})
# Tracking parameters. Any other parameter may determine what the page shows.
_TRACKING_PARAMETER = re.compile(
    r"tag|link(?:code|id)|camp|creative(?:asin)?|ascsubtag|ref_?|_encoding|qid|sr|crid|sprefix|dib(?:_tag)?|psc|th"
    r"|smid|content-id|p[df]_rd_\w+",
    re.IGNORECASE,
)
# Host names only: an IP address could be a machine on the server's own network.
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)")


def parse_shop_url(url: str) -> SplitResult:
    """Return the parts of a pasted shop URL, completed with https. Raises ValidationError if it is invalid."""
    typed = url.strip()
    if len(typed) > MAX_URL_LENGTH:
        _raise_too_long(typed)
    if re.search(r"[\s\x00-\x1f\x7f<>\"\\]", typed):
        raise ValidationError("This URL contains a space or another invalid character. Copy it again.")
    scheme = re.match(r"([a-z][a-z0-9+.-]*):(?!\d)", typed, re.IGNORECASE)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise ValidationError(f"A shop URL cannot start with “{scheme[1]}:”. It should start with https://.")
    full_url = typed if scheme else f"https://{typed.removeprefix('//')}"
    host = host_of(full_url)
    try:
        parts = split_href(full_url)
        port = parts.port
    except ValueError:
        host = ""
    if is_own_host(host):
        raise ValidationError("This URL is on your own site. Enter the shop's URL.")
    if not _HOST.fullmatch(host) or "@" in parts.netloc or port not in (None, 80, 443):
        raise ValidationError("Enter a complete shop URL, such as https://shop.example.com/roller.")
    if matches_domain(host, SHORTENER_HOSTS):
        raise ValidationError(
            "This is a short Amazon URL, which hides the page it opens. Open it in your browser, then copy the full URL"
            " from there."
        )
    return SplitResult("https", host, iri_to_uri(parts.path) or "/", parts.query, parts.fragment)


def canonical(url: str, parameter: str = "") -> str:
    """Return the canonical form of a shop URL, without its tag in the query `parameter`.

    All URLs of an Amazon product have the same canonical form. Idempotent. Raises ValidationError like
    `parse_shop_url`.
    """
    parts = parse_shop_url(url)
    domain = amazon_domain(parts.netloc)
    if domain and parts.netloc.removesuffix(domain) in _SHOP_SUBDOMAINS:
        number = asin(url)
        path = f"/dp/{number}" if number else re.sub(r"/ref=[^/]*", "", parts.path) or "/"
        query = [pair for pair in parse_qsl(parts.query) if not _TRACKING_PARAMETER.fullmatch(pair[0])]
        canonical_url = urlunsplit(("https", f"www.{domain}", path, "" if number else urlencode(query), ""))
    else:
        canonical_url = urlunsplit(parts._replace(query=_without(parts.query, parameter)))
    # Percent-encoding can make the URL longer than the limit.
    if len(canonical_url) > MAX_URL_LENGTH:
        _raise_too_long(canonical_url)
    return canonical_url


def _raise_too_long(url: str) -> NoReturn:
    raise ValidationError(
        f"This URL is {len(url):,} characters long; the limit is {MAX_URL_LENGTH:,}. "
        "Usually you can remove everything after the question mark."
    )


def amazon_domain(host: str) -> str:
    """Return the Amazon domain of `host`, such as amazon.de, or ""."""
    found = _AMAZON.fullmatch(host.lower())
    return found[1] if found and found[1] in AMAZON_HOSTS else ""


def is_amazon(host: str) -> bool:
    """Return whether `host` belongs to Amazon or to one of its URL shorteners."""
    return bool(amazon_domain(host)) or matches_domain(host, SHORTENER_HOSTS)


def asin(url: str) -> str:
    """Return the product number in an Amazon URL, or ""."""
    parts = urlsplit(url.strip())
    # URLs of Amazon's own ads contain the product's path in their query.
    paths = [parts.path, *(value for _, value in parse_qsl(parts.query) if value.startswith("/"))]
    found = next(filter(None, (_PRODUCT.search(f"{path}/") for path in paths)), None)
    return found[1].upper() if found else ""


def get_tag(url: str, parameter: str) -> str:
    """Return the tag in a pasted URL, or ""."""
    try:
        return dict(parse_qsl(urlsplit(url.strip()).query)).get(parameter, "") if parameter else ""
    except ValueError:
        return ""


def add_tag(destination: str, parameter: str, tag: str) -> str:
    """Return `destination` with `tag` as its only tag."""
    parts = urlsplit(destination)
    if not (parameter and tag):
        return destination
    query = _without(parts.query, parameter)
    return urlunsplit(parts._replace(query=f"{query}{'&' if query else ''}{quote(parameter)}={quote(tag)}"))


def _without(query: str, parameter: str) -> str:
    """Return `query` without `parameter` and otherwise unchanged, since shops parse queries in different ways."""
    pieces = [piece for piece in query.split("&") if piece and piece.partition("=")[0] != parameter]
    return "&".join(pieces) if parameter else query


def slug_in(href: str) -> str:
    """Return the slug of the affiliate link that `href` uses; empty if it is not a /go/ link."""
    path = site_path(href) or ""
    slug = path.removeprefix(GO_PREFIX)
    return slug if path.startswith(GO_PREFIX) and "/" not in slug else ""
