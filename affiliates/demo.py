"""The demo's shop: invented things of an invented shop, and a post that shows some of them."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from affiliates.models import Compared, Comparison, Link, Product, Shelf, ShopPage
from affiliates.programs import Program
from blog.models import Post
from images.models import Image

DEMO = Path(__file__).parent / "demo.toml"


@transaction.atomic
def start_demo() -> int:
    """Make the demo's products, unless there are any already; how many."""
    if Product.objects.exists():
        return 0
    facts = tomllib.loads(DEMO.read_text(encoding="utf-8"))
    Program.objects.create(**facts["program"])
    ShopPage.objects.create(pk=ShopPage.singleton_instance_id, **facts["page"])
    shelves = {
        row["name"]: Shelf.objects.create(position=position, **row) for position, row in enumerate(facts["shelf"])
    }
    made = {row["slug"]: _make(row, shelves, position) for position, row in enumerate(facts["product"])}
    table = facts["comparison"]
    comparison = Comparison.objects.create(title=table["title"])
    for position, (slug, verdict) in enumerate(table["rows"].items()):
        Compared.objects.create(comparison=comparison, product=made[slug], verdict=verdict, position=position)
    keys = {slug: product.pk for slug, product in made.items()} | {"comparison": comparison.pk}
    for slug, body in facts["addition"].items():
        for post in Post.objects.filter(slug=slug):
            # Before the sources, which stay last.
            text, mark, sources = post.body.partition('<h2 id="references">')
            post.body = f"{text}{body.format(**keys)}{mark}{sources}"
            post.save()
    return len(made)


def _make(row: dict[str, Any], shelves: dict[str, Shelf], position: int) -> Product:
    product = Product.objects.create(
        name=row["name"],
        reason=row["reason"],
        pros="\n".join(row["pros"]),
        cons="\n".join(row["cons"]),
        audience=row["audience"],
        is_gifted=row.get("is_gifted", False),
        picture=Image.objects.filter(title=f"Demo: {row.get('picture')}").first(),
        shelf=shelves[row["shelf"]],
        position=position,
    )
    for number, address in enumerate(row["links"]):
        link = Link(name=row["name"], slug=f"{row['slug']}-{number + 1}" if number else row["slug"])
        link.product, link.destination = product, address
        link.full_clean(exclude=["program"])
        link.save()
    return product
