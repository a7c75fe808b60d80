"""Read the structured data of a page."""

import json
from typing import Any

from lxml.html import HtmlElement


def nodes_by_id(page: HtmlElement) -> dict[str, dict[str, Any]]:
    """Return the nodes of the page by `@id`."""
    (text,) = page.xpath("//script[@type='application/ld+json']/text()")
    found = json.loads(text)
    assert found["@context"] == "https://schema.org"
    return {each["@id"]: each for each in found["@graph"]}


def node_of_type(page: HtmlElement, kind: str) -> dict[str, Any]:
    """Return the only node of a type."""
    (found,) = [each for each in nodes_by_id(page).values() if each["@type"] == kind]
    return found
