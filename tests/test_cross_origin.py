"""Which responses other sites may load."""

import pytest
from django.test import Client

from tests.factories import make_image

HEADER = "Cross-Origin-Resource-Policy"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/static/site/css/tokens.css", "/nowhere/", "/feed/"])
def test_other_sites_cannot_load_pages_and_scripts(path: str, client: Client) -> None:
    for _ in range(2):  # the second answer comes from the page cache
        assert client.get(path)[HEADER] == "same-origin"


@pytest.mark.django_db
def test_other_sites_may_show_images(client: Client) -> None:
    assert client.get(make_image().file.url)[HEADER] == "cross-origin"
