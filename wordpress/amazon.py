"""Read the shortcodes of plugins for Amazon: AAWP, EasyAzon, Amazon Link Builder and Amazon Simple Admin."""

import html
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

NAMES: Final = frozenset(
    {"amazon", "aawp", "easyazon_link", "easyazon_image", "easyazon_cta", "easyazon_infoblock", "easyazon-link"}
    | {"easyazon-image", "easyazon-image-link", "easyazon-block", "simpleazon-link", "simpleazon-image"}
    | {"amazon_link", "amazon_textlink", "amazon_image", "asa", "asa2"}
)
_DOMAINS: Final = {
    "us": "com",
    "uk": "co.uk",
    "gb": "co.uk",
    "jp": "co.jp",
    "au": "com.au",
    "br": "com.br",
    "mx": "com.mx",
} | {code: code for code in ("de", "fr", "it", "es", "ca", "in", "nl", "se", "pl")}
_PRODUCTS = ("box", "link", "asin", "asins", "identifier", "fields", "id")
_ASIN = re.compile(r"[A-Z0-9]{10}", re.IGNORECASE)
# What else AAWP can show of a product: its price, stars or image.
_SHOWN_FIELDS = frozenset({"", "title", "link", "url", "button"})


def product_urls(attribute: Callable[[str], str], inner: str) -> list[str]:
    """Return the URLs of the products that a shortcode shows. `attribute` returns an attribute by its name, or ""."""
    if attribute("value").lower() not in _SHOWN_FIELDS:
        return []
    named = ",".join([*map(attribute, _PRODUCTS), inner if is_asin(inner) else ""])
    country = (
        attribute("locale") or attribute("marketplace") or attribute("country") or attribute("country_code")
    ).lower()
    tag = attribute("tag") or attribute("store") or attribute("tracking_id")
    query = f"?{urlencode({'tag': tag})}" if re.fullmatch(r"[\w-]{3,64}", tag) else ""
    asins = dict.fromkeys(part.strip().upper() for part in named.split(","))
    found = [asin for asin in asins if _ASIN.fullmatch(asin)]
    return [f"https://www.amazon.{_DOMAINS.get(country, 'com')}/dp/{asin}{query}" for asin in found]


def is_asin(text: str) -> bool:
    """Return whether the text is the number of a product."""
    return bool(_ASIN.fullmatch(text))


def link_text(attribute: Callable[[str], str]) -> str:
    """Return the text that the author gave to the link to a product, decoded, or ""."""
    return html.unescape(attribute("text") or attribute("title"))
