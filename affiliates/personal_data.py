"""Affiliate links store no personal data: clicks are counted per day."""

from affiliates import models
from privacy.registry import register

_CONTENT = "Published content."
_COUNTS = "Counts per day, and sums that programs report."

register.add_impersonal(models.BrokenLinksEmail, "last_error", "An email to the site's own address.")
register.add_impersonal(models.ShopSection, "name description", _CONTENT)
register.add_impersonal(models.ShopPage, "title introduction", _CONTENT)
register.add_impersonal(models.Product, "name reason pros cons audience", _CONTENT)
register.add_impersonal(models.Comparison, "title", _CONTENT)
register.add_impersonal(models.ComparisonRow, "verdict", _CONTENT)
register.add_impersonal(models.Program, "name hosts tag tag_parameter disclosure statements", "Companies.")
register.add_impersonal(models.Link, "name slug destination price check_result", _CONTENT)
register.add_impersonal(models.ClickCount, "", _COUNTS)
register.add_impersonal(models.Earning, "currency item line", _COUNTS)
register.add_impersonal(models.Sponsorship, "brand hosts note", "Companies.")
