"""Normalized and hashed email addresses."""

import pytest
from pytest_django import Settings

from privacy.email_addresses import hash_email, normalize_email


@pytest.mark.parametrize(
    ("entered", "normalized"),
    [
        ("  Sam@Example.ORG ", "sam@example.org"),
        ("sam@bücher.example", "sam@xn--bcher-kva.example"),
        (f"sam@{'x' * 70}.org", f"sam@{'x' * 70}.org"),
        ("sam@bu\u0308cher.example", "sam@xn--bcher-kva.example"),
        ("\ufeffsam@exam\u00adple.org\u200b", "sam@example.org"),
        ('"sam smith"@example.org', '"sam smith"@example.org'),
        ("s.a.m+news@example.org", "s.a.m+news@example.org"),
    ],
)
def test_an_email_address_is_normalized_however_it_is_spelled(entered: str, normalized: str) -> None:
    assert normalize_email(entered) == normalized
    assert normalize_email(normalized) == normalized


def test_the_hash_depends_on_its_own_key_and_not_on_the_secret_key(settings: Settings) -> None:
    before = hash_email("sam@example.org")
    settings.SECRET_KEY, settings.EMAIL_HASH_KEY = "new", settings.EMAIL_HASH_KEY
    assert hash_email(" SAM@example.ORG ") == before
    settings.EMAIL_HASH_KEY = "other"
    assert hash_email("sam@example.org") != before
