"""Old paths and targets are normalized, and invalid ones are rejected."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from redirects import normalize
from redirects.models import Redirect

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.mark.parametrize(
    "fields",
    [
        {"old_path": "/a", "status_code": 410, "target": "/b/"},
        {"old_path": "/a", "status_code": 301, "target": ""},
        {"old_path": "a", "status_code": 301, "target": "/b/"},
        {"old_path": "/a", "status_code": 301, "target": "/a/", "target_path": "/a"},
        {"old_path": "/a", "status_code": 418, "target": "/b/"},
    ],
)
def test_constraints_reject_inconsistent_redirects(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Redirect.objects.create(**fields)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("/Old-Post/", "/old-post"),
        ("/old-post", "/old-post"),
        ("//a///B/", "/a/b"),
        ("http://testserver/old/", "/old"),
        ("https://www.testserver/old/", "/old"),
        ("/caf%C3%A9/", "/café"),
        ("/cafe\u0301/", "/café"),
        ("/old-category/*", "/old-category/*"),
    ],
)
def test_old_paths_are_normalized(value: str, key: str) -> None:
    if value.startswith("//"):
        assert normalize.normalize_path(value) == key
    else:
        assert normalize.parse_old_path(value) == key


@pytest.mark.parametrize(
    "value",
    [
        *("", "/", "https://elsewhere.example/old/", "//evil.example/x", "/a/*?p=1", "/a#b", "/a*b", "/*/a", "/a/*/*"),
        *("/a%00b", "/a%0d%0ab", "/\\evil.example", "javascript:alert(1)", "/" + "x" * 5000, "/\u202ea", "http://["),
    ],
)
def test_an_invalid_old_path_is_rejected_with_an_explanation(value: str) -> None:
    with pytest.raises(ValidationError) as error:
        normalize.parse_old_path(value)
    assert error.value.messages[0].endswith(".")


@pytest.mark.parametrize(
    "target",
    [
        *("javascript:alert(1)", "//evil.example", "/\\evil.example", "\\\\evil.example", "http://elsewhere.example/"),
        *("https:evil", "https://", "https://me@evil.example/", "data:text/html,x", "new-post", "/a b", "/a\r\nX: y"),
        *("/a\x00", "https://evil.example*", "/*/a", "/" + "x" * 5000, "https://[", "https://a:99999999/", ""),
    ],
)
def test_targets_must_be_paths_or_https_urls(target: str) -> None:
    with pytest.raises(ValidationError) as error:
        normalize.parse_target(target)
    assert error.value.messages[0].endswith((".", "/*."))


def test_a_full_url_of_this_site_becomes_a_path() -> None:
    assert normalize.parse_target("http://testserver/new/?a=1#b") == "/new/?a=1#b"
    assert normalize.parse_target("https://testserver//evil.example/") == "/evil.example/"
    assert normalize.parse_target("https://other.example/x") == "https://other.example/x"
