"""Numbers from requests are plain digits of a limited length."""

import pytest

from blog.models import Category
from plaintext.numbers import parse_page_number, parse_pk
from tests.factories import make_category


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7)])
def test_digits_are_parsed(text: str, number: int) -> None:
    assert parse_pk(text) == parse_page_number(text) == number


@pytest.mark.parametrize("text", [None, "", " 1", "-1", "+1", "1.0", "1_0", "٣", "²", "x", "9" * 5000])
def test_everything_else_is_rejected(text: str | None) -> None:
    assert parse_pk(text) is None
    assert parse_page_number(text) is None


def test_the_largest_number_fits_its_purpose() -> None:
    assert parse_pk("9" * 18) == 10**18 - 1 < 2**63
    assert parse_pk("9" * 19) is None
    assert parse_page_number("9" * 7) == 10**7 - 1
    assert parse_page_number("9" * 8) is None


@pytest.mark.django_db
def test_numbers_that_no_column_holds_are_in_no_row() -> None:
    category = make_category(name="Hips")
    assert list(Category.objects.filter(pk__in=[category.pk, 10**30, -(10**30), "9" * 30])) == [category]
    assert not Category.objects.filter(pk__in=[10**30]).exists()
    assert list(Category.objects.exclude(pk__in=[10**30])) == [category]
    assert list(Category.objects.filter(pk__in=Category.objects.filter(pk__in=[category.pk, 2**63]))) == [category]
