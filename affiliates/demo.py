"""The demo shop: invented products, and demo posts that show some of them."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import transaction

from affiliates.models import Comparison, ComparisonRow, Link, Product, Program, ShopPage, ShopSection
from blog.models import Post
from images.models import Image

DEMO = Path(__file__).parent / "demo.toml"


@transaction.atomic
def create_demo_shop() -> int:
    """Create the demo products unless products exist. Return how many were created."""
    if Product.objects.exists():
        return 0
    data = tomllib.loads(DEMO.read_text(encoding="utf-8"))
    Program.objects.create(**data["program"])
    ShopPage.objects.create(pk=ShopPage.singleton_instance_id, **data["page"])
    sections = {
        row["name"]: ShopSection.objects.create(position=position, **row)
        for position, row in enumerate(data["section"])
    }
    products = {row["slug"]: _create_product(row, sections, position) for position, row in enumerate(data["product"])}
    table = data["comparison"]
    comparison = Comparison.objects.create(title=table["title"])
    for position, (slug, verdict) in enumerate(table["rows"].items()):
        ComparisonRow.objects.create(comparison=comparison, product=products[slug], verdict=verdict, position=position)
    keys = {slug: product.pk for slug, product in products.items()} | {"comparison": comparison.pk}
    for slug, body in data["addition"].items():
        for post in Post.objects.filter(slug=slug):
            # Insert before the references, which come last.
            text, heading, references = post.body.partition('<h2 id="references">')
            post.body = f"{text}{body.format(**keys)}{heading}{references}"
            post.save()
    return len(products)


def _create_product(row: dict[str, Any], sections: dict[str, ShopSection], position: int) -> Product:
    product = Product.objects.create(
        name=row["name"],
        reason=row["reason"],
        pros="\n".join(row["pros"]),
        cons="\n".join(row["cons"]),
        audience=row["audience"],
        is_gifted=row.get("is_gifted", False),
        image=Image.objects.filter(title=f"Demo: {row.get('image')}").first(),
        section=sections[row["section"]],
        position=position,
    )
    for number, url in enumerate(row["links"]):
        link = Link(name=row["name"], slug=f"{row['slug']}-{number + 1}" if number else row["slug"])
        link.product, link.destination = product, url
        link.full_clean(exclude=["program"])
        link.save()
    return product
