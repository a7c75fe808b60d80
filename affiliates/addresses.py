"""Addresses of shops: what may be kept as a link's destination, and the one form that each has.

A destination is kept without anybody's tag: the program's own is added when a reader gets the link.
"""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.encoding import iri_to_uri

LONGEST = 2000
# https://affiliate-program.amazon.com lists a program for most of these; the others are shops without one.
AMAZON_HOSTS = tuple(
    f"amazon.{country}"
    for country in (
        *("ae", "ca", "cn", "co.jp", "co.uk", "co.za", "com", "com.au", "com.be", "com.br", "com.mx", "com.tr", "de"),
        *("eg", "es", "fr", "ie", "in", "it", "nl", "pl", "sa", "se", "sg"),
    )
)
_AMAZON = re.compile(r"(?:[\w-]+\.)*(amazon\.(?:com?\.)?[a-z]{2,3})")
SHORTENED = frozenset({"amzn.to", "amzn.eu", "amzn.asia", "amzn.com", "a.co", "amzlink.to"})
# The product's number stands behind one of these; of a book it is the ISBN.
_PRODUCT = re.compile(
    r"/(?:dp(?:/product)?|gp/product(?:/glance)?|gp/aw/d|gp/offer-listing|product-reviews|gp/customer-reviews"
    r"|exec/obidos/asin|exec/obidos/tg/detail/-|o/asin|asin|d)/([A-Z0-9]{10})(?:[/?.]|$)",
    re.IGNORECASE,
)
# What other Amazon pages need to show the same again: search words, department, refinement, order, page.
_KEPT_BY_AMAZON = frozenset({"k", "field-keywords", "keywords", "node", "i", "rh", "bbn", "s", "page", "search-alias"})


def read(address: str) -> SplitResult:
    """The parts of an `address` as somebody pasted it, made whole; ValidationError says what is wrong with it."""
    typed = address.strip()
    if len(typed) > LONGEST:
        raise ValidationError(
            f"This address has {len(typed):,} characters, and {LONGEST:,} fit. Shops rarely need more than the part"
            " before the question mark."
        )
    if re.search(r"[\s\x00-\x1f\x7f<>\"\\]", typed):
        raise ValidationError("This address has a space or a sign in it that no address can hold. Copy it once more.")
    scheme = re.match(r"([a-z][a-z0-9+.-]*):(?!\d)", typed, re.IGNORECASE)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise ValidationError(
            f"An address that starts with “{scheme[1]}:” leads to no shop. It should start with https://."
        )
    whole = typed if scheme else f"https://{typed.removeprefix('//')}"
    try:
        parts = urlsplit(whole)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port = "", None
    if host.removeprefix("www.") == (urlsplit(settings.SITE_URL).hostname or "").removeprefix("www."):
        raise ValidationError("This leads back to your own site. Give the address of the shop.")
    if "." not in host or "@" in parts.netloc or (port not in (None, 80, 443)):
        raise ValidationError("This is no whole address of a shop. It looks like https://shop.example.com/roller.")
    if host.removeprefix("www.") in SHORTENED:
        raise ValidationError(
            "This is one of Amazon's short addresses, which hides where it leads. Open it in your browser, then copy"
            " the long address from there."
        )
    return SplitResult("https", iri_to_uri(host), iri_to_uri(parts.path) or "/", parts.query, parts.fragment)


def canonical(address: str, parameter: str = "") -> str:
    """The one form of `address`, without a tag, which other shops keep in the query's `parameter`.

    All addresses of one Amazon product have one form. Applying it twice changes nothing more. ValidationError as
    `read()`.
    """
    parts = read(address)
    if country := amazon_of(parts.netloc):
        host = f"www.{country}"
        if number := asin(address):
            return f"https://{host}/dp/{number}"
        path = re.sub(r"/ref=[^/]*", "", parts.path) or "/"
        query = [(name, value) for name, value in parse_qsl(parts.query) if name in _KEPT_BY_AMAZON]
        return urlunsplit(("https", host, path, urlencode(query), ""))
    return urlunsplit(parts._replace(query=_without(parts.query, parameter)))


def amazon_of(host: str) -> str:
    """The Amazon that `host` belongs to, as amazon.de; "" for other hosts."""
    found = _AMAZON.fullmatch(host.lower())
    return found[1] if found and found[1] in AMAZON_HOSTS else ""


def is_amazons(host: str) -> bool:
    """Whether `host` is an Amazon, or one that leads there by short addresses."""
    return bool(amazon_of(host)) or host.removeprefix("www.") in SHORTENED


def asin(address: str) -> str:
    """The number of the product in an address of Amazon; "" for one of another page."""
    found = _PRODUCT.search(urlsplit(address.strip()).path + "/")
    return found[1].upper() if found else ""


def tag_of(address: str, parameter: str) -> str:
    """The tag that a pasted `address` carries; "" for none."""
    try:
        return dict(parse_qsl(urlsplit(address.strip()).query)).get(parameter, "") if parameter else ""
    except ValueError:
        return ""


def tagged(destination: str, parameter: str, tag: str) -> str:
    """`destination` as a reader gets it: with `tag`, and no other one."""
    parts = urlsplit(destination)
    if not (parameter and tag):
        return destination
    query = _without(parts.query, parameter)
    return urlunsplit(parts._replace(query=f"{query}{'&' if query else ''}{quote(parameter)}={quote(tag)}"))


def _without(query: str, parameter: str) -> str:
    """A `query` without `parameter`; all else stays as it was written, since shops read it in their own ways."""
    pieces = [piece for piece in query.split("&") if piece and piece.partition("=")[0] != parameter]
    return "&".join(pieces) if parameter else query


def host_of(address: str) -> str:
    """The host that a link leads to; "" within this site and for what is no address of the web."""
    try:
        parts = urlsplit(address)
        return (parts.hostname or "").rstrip(".") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def belongs(host: str, hosts: Iterable[str]) -> bool:
    """Whether `host` is one of `hosts`, or a part of one, as www.example.com is of example.com."""
    return any(host == each or host.endswith(f".{each}") for each in hosts)
