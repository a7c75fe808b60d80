"""Addresses of shops: what may be kept as a link's destination, and the one form that each has.

A destination is kept without anybody's tag: the program's own is added when a reader gets the link.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from posixpath import normpath
from typing import NoReturn
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

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
# Other parts of Amazon, such as its help for partners, have hosts of their own.
_SHOP_PARTS = frozenset({"", "www.", "smile.", "m."})
# Who led to a page and how it was found. All else may be what the page shows.
_NOISE = re.compile(
    r"tag|link(?:code|id)|camp|creative(?:asin)?|ascsubtag|ref_?|_encoding|qid|sr|crid|sprefix|dib(?:_tag)?|psc|th"
    r"|smid|content-id|p[df]_rd_\w+",
    re.IGNORECASE,
)
# Names only, since those who link to a number mean one machine, perhaps of the site's own network.
_HOST = re.compile(r"(?:[a-z0-9_-]+\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)")


def read(address: str) -> SplitResult:
    """The parts of an `address` as somebody pasted it, made whole; ValidationError says what is wrong with it."""
    typed = address.strip()
    if len(typed) > LONGEST:
        _refuse_length(typed)
    if re.search(r"[\s\x00-\x1f\x7f<>\"\\]", typed):
        raise ValidationError("This address has a space or a sign in it that no address can hold. Copy it once more.")
    scheme = re.match(r"([a-z][a-z0-9+.-]*):(?!\d)", typed, re.IGNORECASE)
    if scheme and scheme[1].lower() not in ("http", "https"):
        raise ValidationError(
            f"An address that starts with “{scheme[1]}:” leads to no shop. It should start with https://."
        )
    whole = typed if scheme else f"https://{typed.removeprefix('//')}"
    host = host_of(whole)
    try:
        parts = _parts(whole)
        port = parts.port
    except ValueError:
        host = ""
    if is_own(host):
        raise ValidationError("This leads back to your own site. Give the address of the shop.")
    if not _HOST.fullmatch(host) or "@" in parts.netloc or port not in (None, 80, 443):
        raise ValidationError("This is no whole address of a shop. It looks like https://shop.example.com/roller.")
    if belongs(host, SHORTENED):
        raise ValidationError(
            "This is one of Amazon's short addresses, which hides where it leads. Open it in your browser, then copy"
            " the long address from there."
        )
    return SplitResult("https", host, iri_to_uri(parts.path) or "/", parts.query, parts.fragment)


def canonical(address: str, parameter: str = "") -> str:
    """The one form of `address`, without a tag, which other shops keep in the query's `parameter`.

    All addresses of one Amazon product have one form. Applying it twice changes nothing more. ValidationError as
    `read()`.
    """
    parts = read(address)
    country = amazon_of(parts.netloc)
    if country and parts.netloc.removesuffix(country) in _SHOP_PARTS:
        number = asin(address)
        path = f"/dp/{number}" if number else re.sub(r"/ref=[^/]*", "", parts.path) or "/"
        query = [] if number else [each for each in parse_qsl(parts.query) if not _NOISE.fullmatch(each[0])]
        form = urlunsplit(("https", f"www.{country}", path, urlencode(query), ""))
    else:
        form = urlunsplit(parts._replace(query=_without(parts.query, parameter)))
    # Letters beyond ASCII have become longer.
    return form if len(form) <= LONGEST else _refuse_length(form)


def _refuse_length(address: str) -> NoReturn:
    raise ValidationError(
        f"This address has {len(address):,} characters, and {LONGEST:,} fit. Shops rarely need more than the part"
        " before the question mark."
    )


def amazon_of(host: str) -> str:
    """The Amazon that `host` belongs to, as amazon.de; "" for other hosts."""
    found = _AMAZON.fullmatch(host.lower())
    return found[1] if found and found[1] in AMAZON_HOSTS else ""


def is_amazons(host: str) -> bool:
    """Whether `host` is an Amazon, or one that leads there by short addresses."""
    return bool(amazon_of(host)) or belongs(host, SHORTENED)


def asin(address: str) -> str:
    """The number of the product in an address of Amazon; "" for one of another page."""
    parts = urlsplit(address.strip())
    # Addresses of Amazon's own advertisements carry the product's path in their query.
    places = [parts.path, *(value for _, value in parse_qsl(parts.query) if value.startswith("/"))]
    found = next(filter(None, (_PRODUCT.search(f"{place}/") for place in places)), None)
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


def _parts(address: str) -> SplitResult:
    """The parts of `address` as browsers read it (https://url.spec.whatwg.org): slashes may lean, lack or abound."""
    return urlsplit(re.sub(r"^(https?:)/*|^//+", r"\1//", address.strip().replace("\\", "/"), flags=re.IGNORECASE))


def host_of(address: str) -> str:
    """The host that a link leads to, in ASCII; "" where it names none, and for what is no address of the web."""
    try:
        parts = _parts(address)
    except ValueError:
        return ""
    host = unquote(parts.hostname or "") if parts.scheme in ("", "http", "https") else ""
    with suppress(UnicodeError):
        host = host.encode("idna").decode()
    return host.lower().rstrip(".")


def is_own(host: str) -> bool:
    """Whether `host` is this site."""
    return host.removeprefix("www.") == host_of(settings.SITE_URL).removeprefix("www.")


def own_path(address: str) -> str:
    """The path of this site that a link leads to, without the outer slashes; "" if it leads elsewhere, or home."""
    host = host_of(address)
    with suppress(ValueError):
        parts = _parts(address)
        if is_own(host) if host else parts.scheme in ("", "http", "https"):
            return normpath(f"/{unquote(parts.path).lstrip('/')}").strip("/")
    return ""


def belongs(host: str, hosts: Iterable[str]) -> bool:
    """Whether `host` is one of `hosts`, or a part of one, as www.example.com is of example.com."""
    return any(host == each or host.endswith(f".{each}") for each in hosts)
