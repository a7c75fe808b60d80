"""Absolute addresses of this site. Never taken from a request's Host header: SITE_URL is the one truth."""

from urllib.parse import urljoin

from django.conf import settings


def absolute_url(path: str) -> str:
    """`path` (root-relative, or already absolute) as an absolute address of this site."""
    return urljoin(f"{settings.SITE_URL}/", path)
