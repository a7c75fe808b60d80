"""Affiliate programs, links, products, clicks and earnings."""

from affiliates.models.clicks import ClickCount
from affiliates.models.earnings import Earning
from affiliates.models.emails import BrokenLinksEmail
from affiliates.models.links import Link
from affiliates.models.products import Comparison, ComparisonRow, Product, ShopPage, ShopSection
from affiliates.models.programs import Program
from affiliates.models.sponsorships import Sponsorship

__all__ = [
    "BrokenLinksEmail",
    "ClickCount",
    "Comparison",
    "ComparisonRow",
    "Earning",
    "Link",
    "Product",
    "Program",
    "ShopPage",
    "ShopSection",
    "Sponsorship",
]
