"""Facts for machines: nodes of schema.org's vocabulary, which name each other by `@id`, as one JSON-LD graph a page.

Each room describes its own things. Sources: https://schema.org and Google's pages on structured data for articles,
profile pages, breadcrumbs and organizations.
"""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

type Node = dict[str, Any]

# Inside <script>, no text may end the element, open a comment or break a line of old script engines.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def node(kind: str, *, id: str = "", **facts: Any) -> Node:
    """A thing of `kind` with what is known of it: no fact is ever empty. Dates become ISO text."""
    known = {name: fact for name, fact in facts.items() if fact not in (None, "", [], (), {})}
    dates = {name: fact.isoformat() for name, fact in known.items() if isinstance(fact, date)}
    return {"@type": kind} | ({"@id": id} if id else {}) | known | dates


def site_id() -> str:
    """The site's name in the graph."""
    return absolute_url("/#website")


def website(site: SiteInfo, publisher: Node) -> Node:
    """The site, with how to search it."""
    search = f"{absolute_url('/search/')}?q={{search_term_string}}"
    return node(
        "WebSite",
        id=site_id(),
        url=absolute_url("/"),
        name=site.name,
        alternateName=site.tagline,
        description=site.description,
        publisher={"@id": publisher["@id"]},
        inLanguage=get_language(),
        potentialAction={
            "@type": "SearchAction",
            "target": {"@type": "EntryPoint", "urlTemplate": search},
            "query-input": "required name=search_term_string",
        },
    )


def organization(site: SiteInfo, profiles: Iterable[str]) -> Node:
    """The practice behind the site, with its `profiles` elsewhere."""
    return node(
        "Organization",
        id=absolute_url("/#organization"),
        name=site.name,
        url=absolute_url("/"),
        description=site.description,
        email=site.email,
        logo=absolute_url(static("site/img/logo-mark.svg")),
        sameAs=list(profiles),
    )


def script(nodes: Iterable[Node | None]) -> SafeString:
    """The graph of `nodes` as markup. What several of them say about one thing is joined; the first one is right."""
    graph: dict[str, Node] = {}
    for each in filter(None, nodes):
        known = graph.setdefault(each["@id"], {})
        for name, fact in each.items():
            if name == "sameAs":
                known[name] = [*dict.fromkeys((*known.get(name, ()), *fact))]
            else:
                known.setdefault(name, fact)
    text = json.dumps({"@context": "https://schema.org", "@graph": list(graph.values())}, ensure_ascii=False)
    return format_html(
        '<script type="application/ld+json">{}</script>',
        mark_safe(text.translate(_ESCAPES)),  # noqa: S308 - escaped for a script element
    )
