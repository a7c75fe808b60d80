"""URLs on this site that need more than `reverse`: absolute URLs and URLs in the admin."""

from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db.models import Model
from django.urls import reverse


def absolute_url(path: str) -> str:
    """Return `path` as an absolute URL on this site; an absolute URL is returned unchanged.

    SITE_URL decides, never the Host header, which visitors control.
    """
    return urljoin(f"{settings.SITE_URL}/", path)


def hostname() -> str:
    """Return the host of SITE_URL, without a port."""
    return urlsplit(settings.SITE_URL).hostname or ""


def is_local_site() -> bool:
    """Return whether SITE_URL can only be reached from this machine, as in development."""
    return hostname() in {"localhost", "127.0.0.1", "::1"}


def admin_url(
    target: Model | type[Model], action: str = "", *args: object, query: Mapping[str, str] | None = None
) -> str:
    """Return the admin URL of an object's change form or of a model's change list.

    `action` names another admin URL of the model, such as "add" or "history"; `args` are its arguments after the
    object's primary key.
    """
    if isinstance(target, Model):
        action, args = action or "change", (target.pk, *args)
    opts = target._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{action or 'changelist'}", args=args, query=query)
