"""Factories for affiliate links and products."""

from itertools import count

from affiliates.models import Comparison, ComparisonRow, Link, Product, Program, ShopSection

_numbers = count(1)


def make_product(**overrides: object) -> Product:
    """Create a product without a link."""
    number = next(_numbers)
    return Product.objects.create(**{"name": f"Product {number}", "reason": f"Reason {number}."} | overrides)


def make_link(program: Program, **overrides: object) -> Link:
    """Create a link of `program`, validated as in the admin."""
    number = next(_numbers)
    host = program.host_list[0] if program.network == "other" else "www.amazon.com"
    path = f"/things/{number}" if program.network == "other" else f"/dp/M{number:09d}"
    fields = {"name": f"Link {number}", "slug": f"link-{number}", "destination": f"https://{host}{path}"}
    link = Link(program=program, **fields | overrides)
    link.full_clean()
    link.save()
    return link


def make_favorite(program: Program, **overrides: object) -> Product:
    """Create a product of the shop page with a link of `program`."""
    section, _ = ShopSection.objects.get_or_create(name="For the calves")
    product = make_product(**{"section": section} | overrides)
    make_link(program, product=product)
    return product


def make_comparison(*products: Product) -> Comparison:
    """Create a comparison of `products` in this order."""
    comparison = Comparison.objects.create(title=f"Comparison {next(_numbers)}")
    for position, product in enumerate(products):
        ComparisonRow.objects.create(
            comparison=comparison, product=product, position=position, verdict=f"Verdict {position}"
        )
    return comparison
