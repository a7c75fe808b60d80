"""Absolute addresses of this site. Never taken from a request's Host header: SITE_URL is the one truth."""

from urllib.parse import urljoin, urlsplit

from django.conf import settings


def absolute_url(path: str) -> str:
    """`path` (root-relative, or already absolute) as an absolute address of this site."""
    return urljoin(f"{settings.SITE_URL}/", path)


def is_on_this_machine() -> bool:
    """Whether SITE_URL is one that nobody else can reach: a site that somebody tries out, or works on."""
    return urlsplit(settings.SITE_URL).hostname in {"localhost", "127.0.0.1", "::1"}
