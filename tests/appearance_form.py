"""What the form of the Appearance page sends."""

from typing import Any

from django.test import Client

URL = "/admin/appearance/"


def form_data(client: Client, **changes: Any) -> dict[str, Any]:
    """Return what a browser would send after `changes`: every field of the form with its value."""
    groups = client.get(URL).context["groups"]
    values = {field.name: field.value() for group in groups for field in group.fields}
    return {name: value for name, value in (values | changes).items() if value not in (None, False)}


def save_appearance(client: Client, **changes: Any) -> None:
    """Save the form after `changes`."""
    response = client.post(URL, form_data(client, **changes))
    assert response.status_code == 302, response.context["errors"]
