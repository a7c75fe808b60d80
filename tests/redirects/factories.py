"""Create redirects and follow them."""

from typing import Any

from django.test import Client

from redirects import normalize, services
from redirects.models import Redirect


def make_redirect(old: str, target: str, kind: int = 301, **fields: Any) -> Redirect:
    """Store a redirect."""
    row = Redirect(old_path=normalize.parse_old_path(old), **fields)
    row.set_target(target, kind)
    services.save_redirects([row])
    return Redirect.objects.get(old_path=row.old_path)


def targets() -> dict[str, str]:
    """Return the target of every stored redirect by old path."""
    return dict(Redirect.objects.values_list("old_path", "target"))


def location(client: Client, path: str) -> tuple[int, str]:
    """Return the status and the Location header at `path`."""
    response = client.get(path)
    return response.status_code, response.get("Location", "")
