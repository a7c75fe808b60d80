"""Bodies larger than a page accepts are refused before anything reads them."""

import io
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import Client, RequestFactory

from public_forms.body_limits import declared_length
from richtext.forms import MAX_LENGTH
from tests.blog.post_form import post_form_data
from tests.factories import make_post

CSRF_TOKEN = "a" * 32
MULTIPART = "multipart/form-data; boundary=x"


class Unreadable(io.RawIOBase):
    """A body that notes whether it is read."""

    was_read = False

    def read(self, size: int | None = -1) -> bytes:
        self.was_read = True
        return b""

    readline = read


def _post(path: str, length: str | None, content_type: str = MULTIPART) -> tuple[int, bool]:
    """Return the status, and whether the body was read."""
    body = Unreadable()
    environ = RequestFactory().generic("POST", path, headers={"Cookie": f"csrftoken={CSRF_TOKEN}"}).environ
    environ |= {"wsgi.input": body, "CONTENT_TYPE": content_type}
    environ.pop("CONTENT_LENGTH", None)
    if length is not None:
        environ["CONTENT_LENGTH"] = length
    statuses: list[str] = []
    application: Any = get_wsgi_application()
    response = application(environ, lambda status, headers, exc_info=None: statuses.append(status))
    b"".join(response)
    response.close()
    return int(statuses[0].split()[0]), body.was_read


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/admin/login/", "/admin/images/image/add/", "/search/", "/blog/"])
def test_nobody_can_send_files_to_a_page_without_signing_in(path: str) -> None:
    assert _post(path, "300000000") == (413, False)


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["200001", "9" * 5000, "-1", "1e9", "²"])
def test_a_form_accepts_a_few_pages_of_text(length: str) -> None:
    assert _post("/contact/", length) == (413, False)


@pytest.mark.django_db
def test_a_body_without_a_length_is_not_read() -> None:
    status, was_read = _post("/", None)
    assert status in {403, 405}
    assert not was_read


@pytest.mark.any_database
@pytest.mark.parametrize(("header", "length"), [("", 0), ("0", 0), ("17", 17), ("x", 10**18), ("9" * 19, 10**18)])
def test_a_length_that_is_no_number_exceeds_every_limit(rf: RequestFactory, header: str, length: int) -> None:
    request = rf.get("/")
    request.META["CONTENT_LENGTH"] = header
    assert declared_length(request) == length


@pytest.mark.django_db
def test_a_text_that_is_too_long_is_shown_again_with_an_explanation(admin_client: Client) -> None:
    post = make_post()
    body = "<p>" + "Words and words. " * (5_000_000 // 17) + "The end</p>"
    response = admin_client.post(f"/admin/blog/post/{post.pk}/change/", post_form_data(post, body=body))
    assert response.status_code == 200
    assert f"longer than {MAX_LENGTH:,} characters" in response.text
    assert "Words and words. The end" in response.text
    post.refresh_from_db()
    assert "The end" not in post.body


@pytest.mark.django_db
def test_form_data_beyond_every_limit_gets_an_explanation(admin_client: Client) -> None:
    post = make_post()
    body = "x" * (33 * 1024 * 1024)
    response = admin_client.post(f"/admin/blog/post/{post.pk}/change/", post_form_data(post, body=body))
    assert response.status_code == 413
    assert "Nothing was saved" in response.text
