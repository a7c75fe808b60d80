"""Every response has the id of its request, which the error page shows and the log contains."""

import re

import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings

from blog.models import Post
from ptcomplete import views
from tests.factories import make_post
from tests.operations.log_lines import collect_lines

pytestmark = pytest.mark.any_database
GIVEN = "proxy-1234567890"


@pytest.mark.django_db
def test_an_id_is_made_for_each_request(client: Client) -> None:
    first, second = (client.get("/")["X-Request-ID"] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert first != second
    # A cached page has an id too, and the header is not stored with it.
    assert re.fullmatch(r"[0-9a-f]{32}", second)


@pytest.mark.django_db
def test_only_a_trusted_proxy_may_choose_the_id(client: Client, settings: Settings) -> None:
    headers = {"X-Request-ID": GIVEN}
    assert client.get("/healthz", headers=headers)["X-Request-ID"] != GIVEN
    settings.TRUSTED_PROXIES = 1
    assert client.get("/healthz", headers=headers)["X-Request-ID"] == GIVEN


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["short", "x" * 65, "with space 123", "line\nbreak-123", "<script>alert(1)", ""])
def test_an_invalid_id_is_replaced(value: str, client: Client, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    assert re.fullmatch(r"[0-9a-f]{32}", client.get("/healthz", headers={"X-Request-ID": value})["X-Request-ID"])


@pytest.mark.django_db
def test_the_error_page_shows_the_id_that_the_log_has(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise ValueError("Something broke")

    post = make_post()
    monkeypatch.setattr(Post, "get_absolute_url", fail)
    client = Client(raise_request_exception=False)
    with collect_lines("line") as output:
        response = client.get(f"/{post.slug}/")
    assert response.status_code == 500
    request_id = response["X-Request-ID"]
    assert f"<code>{request_id}</code>" in response.content.decode()
    assert f"ERROR django.request [{request_id}]: Internal Server Error: /{post.slug}/" in output.getvalue()


def test_the_error_page_needs_no_database(rf: RequestFactory) -> None:
    assert views.server_error(rf.get("/")).status_code == 500
