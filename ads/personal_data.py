"""Ads store no personal data."""

from ads.models import Ad, AdCount
from privacy.registry import register

register.add_impersonal(Ad, "name text url", "Published content.")
register.add_impersonal(AdCount, "", "Counts impressions and clicks per day.")
