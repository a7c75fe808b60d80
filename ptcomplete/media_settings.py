"""Turn STORAGE_URL and MEDIA_URL into Django's settings."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from object_storage.urls import parse_bucket_url

# Where the site serves uploads itself.
LOCAL_URL = "/media/"


def storages(url: str, data_dir: Path) -> dict[str, dict[str, Any]]:
    """Return the storages of uploads (`default`) and of files that are never served (`private`).

    They are folders in `data_dir`, or in the bucket that STORAGE_URL names.
    """
    if not url:
        return {
            "default": {"BACKEND": "images.storage.WholeFileStorage"},
            "private": {
                "BACKEND": "images.storage.WholeFileStorage",
                "OPTIONS": {
                    "location": data_dir,
                    "file_permissions_mode": 0o600,
                    "directory_permissions_mode": 0o700,
                },
            },
        }
    try:
        options = parse_bucket_url(url)
    except ValueError as error:
        raise ImproperlyConfigured(f"Set STORAGE_URL {error}") from error
    prefix = f"{options['location']}/".lstrip("/")
    return {
        "default": {
            "BACKEND": "object_storage.storage.MediaStorage",
            "OPTIONS": options | {"location": f"{prefix}media"},
        },
        "private": {
            "BACKEND": "object_storage.storage.BucketStorage",
            "OPTIONS": options | {"location": f"{prefix}private"},
        },
    }


def media_url(url: str, site_url: str) -> str:
    """Return MEDIA_URL with a slash at its end. Raise ImproperlyConfigured unless browsers can load images from it."""
    if url in {"", LOCAL_URL}:
        return LOCAL_URL
    parts = urlsplit(url)
    schemes = {"https"} if site_url.startswith("https:") else {"http", "https"}
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            "Set MEDIA_URL to the public URL of the bucket's media folder, such as https://cdn.example.com/media/, or "
            "remove it to serve uploads through the site."
        )
    return f"{url.rstrip('/')}/"


def media_origins(url: str) -> list[str]:
    """Return the origin of MEDIA_URL for content security policies, unless it is the site's own."""
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
