"""Fetch pages and read their structured data."""

import json
from typing import Any

from django.test import Client
from lxml import html
from lxml.html import HtmlElement


def get_tree(client: Client, path: str) -> HtmlElement:
    """Fetch `path`, which must return status 200, and parse it."""
    response = client.get(path)
    assert response.status_code == 200
    return html.fromstring(response.content)


def nodes_of_type(page: HtmlElement, schema_type: str) -> list[dict[str, Any]]:
    """Return the structured data nodes of this type."""
    (text,) = page.xpath("//script[@type='application/ld+json']/text()")
    return [node for node in json.loads(text)["@graph"] if node["@type"] == schema_type]
