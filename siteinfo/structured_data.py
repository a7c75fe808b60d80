"""Structured data: schema.org nodes that refer to each other by `@id`, rendered as one JSON-LD graph per page.

Each app builds the nodes for its models. References: https://schema.org and Google's documentation of structured
data for articles, profile pages, breadcrumbs and organizations.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

type Node = dict[str, Any]

# Keeps text from closing the <script> element, opening a comment or breaking a line in old script engines.
_ESCAPES = {char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def node(schema_type: str, *, id: str = "", **properties: Any) -> Node:
    """Return a node of `schema_type` without empty properties. Dates become ISO strings."""
    result: Node = {"@type": schema_type}
    if id:
        result["@id"] = id
    for name, value in properties.items():
        if value not in (None, "", [], (), {}):
            result[name] = value.isoformat() if isinstance(value, date) else value
    return result


def website_id() -> str:
    """Return the `@id` of the website node."""
    return absolute_url("/#website")


def website(site: SiteInfo, publisher: Node) -> Node:
    """Return the website node, including its search action."""
    search_url = f"{absolute_url('/search/')}?q={{search_term_string}}"
    return node(
        "WebSite",
        id=website_id(),
        url=absolute_url("/"),
        name=site.name,
        alternateName=site.tagline,
        description=site.description,
        publisher={"@id": publisher["@id"]},
        inLanguage=get_language(),
        potentialAction={
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": search_url},
            "query-input": "required name=search_term_string",
        },
    )


def organization(site: SiteInfo, profile_urls: Iterable[str]) -> Node:
    """Return the node of the practice that publishes the site, with its social profiles."""
    return node(
        "Organization",
        id=absolute_url("/#organization"),
        name=site.name,
        url=absolute_url("/"),
        description=site.description,
        email=site.email,
        logo=absolute_url(reverse("icon_png")),
        sameAs=list(profile_urls),
    )


def json_ld_script(nodes: Iterable[Node | None]) -> SafeString:
    """Return a JSON-LD script element with the graph of `nodes`.

    Nodes with the same `@id` are merged: the first value of a property wins, but `sameAs` lists are combined.
    """
    merged_nodes: dict[str, Node] = {}
    for item in filter(None, nodes):
        merged = merged_nodes.setdefault(item["@id"], {})
        for name, value in item.items():
            if name == "sameAs":
                merged[name] = [*dict.fromkeys((*merged.get(name, ()), *value))]
            else:
                merged.setdefault(name, value)
    text = json.dumps({"@context": "https://schema.org", "@graph": list(merged_nodes.values())}, ensure_ascii=False)
    # Many times as fast as translate() for long texts that are not all ASCII.
    for char, escape in _ESCAPES.items():
        text = text.replace(char, escape)
    return format_html(
        '<script type="application/ld+json">{}</script>',
        mark_safe(text),  # noqa: S308 - escaped for a script element
    )
