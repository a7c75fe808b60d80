"""No query string leads to an error page, on public pages and on the lists of the admin."""

from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_post
from tests.fuzzing import examples

fuzz = settings(
    max_examples=examples(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PUBLIC_PATHS = ("/", "/blog/", "/blog/feed/", "/search/", "/shop/", "/contact/", "/newsletter/", "/sitemap-posts.xml")
PUBLIC_NAMES = ("q", "page", "p", "m", "s", "cat", "paged", "author", "category", "name", "feed", "passage", "tag")
# Values that parsers of numbers, dates and identifiers trip over.
ODD_VALUES = (
    ("", "0", "-1", "9" * 30, "9999-99", "0000-00", "0000-01", "9999-12", "10000-01", "2026-13-45", "9999-12-31T23:59")
    + ("0001-01-01", "1e999", "NaN", "²", "٣", "\x00", "a\x00b", "\ud7ff", "\u202e", "'", '"', "%", "a,b", "__", "[]")
    + ("true", "None", "null", "x" * 3000, "2026", "/", "../..", "pk=1", "1,2,,3", "🦵")
)
# The suite tries these with every parameter, and the others with some.
WORST_VALUES = ("9999-99", "9" * 30)
values = st.sampled_from(ODD_VALUES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def _admin_parameters(model_admin: admin.ModelAdmin) -> list[str]:
    """Return the query parameters of a list of the admin."""
    names = ["q", "o", "p", "e", "all", "_facets", "status", "month", "missing", "_to_field", "_popup"]
    for entry in model_admin.list_filter:
        if isinstance(entry, str):
            names += [f"{entry}__exact", f"{entry}__gte", f"{entry}__id__exact", f"{entry}__isnull", f"{entry}__in"]
        elif parameter := getattr(entry, "parameter_name", None):
            names.append(parameter)
    if hierarchy := model_admin.date_hierarchy:
        names += [f"{hierarchy}__{part}" for part in ("year", "month", "day")]
    return names


LISTS = sorted(admin.site._registry, key=lambda model: model._meta.label)


@pytest.mark.django_db
@pytest.mark.parametrize("model", LISTS, ids=lambda model: model._meta.label)
def test_no_odd_value_breaks_a_list_of_the_admin(admin_client: Client, model: type[Model]) -> None:
    model_admin = admin.site._registry[model]
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for name in _admin_parameters(model_admin):
        for value in WORST_VALUES:
            assert admin_client.get(url, {name: value}).status_code < 500, (name, value)


@pytest.mark.django_db
def test_no_odd_value_breaks_a_date_hierarchy(admin_client: Client) -> None:
    for model, model_admin in admin.site._registry.items():
        if name := model_admin.date_hierarchy:
            url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            for year, month, day in [(9999, 12, 31), (9999, 99, 1), (0, 0, 0), (2026, 2, 31), (10**6, 1, 1), (1, 1, 1)]:
                query = {f"{name}__year": year, f"{name}__month": month, f"{name}__day": day}
                assert admin_client.get(url, query).status_code < 500, query
                del query[f"{name}__day"]
                assert admin_client.get(url, query).status_code < 500, query


@pytest.mark.django_db
def test_no_odd_value_breaks_a_public_page(client: Client) -> None:
    make_post()
    for path in PUBLIC_PATHS:
        for name in PUBLIC_NAMES:
            for value in WORST_VALUES:
                assert client.get(f"{path}?{urlencode({name: value})}").status_code < 500, (path, name, value)


@pytest.mark.django_db
@fuzz
@given(st.sampled_from(PUBLIC_PATHS), st.lists(st.tuples(st.sampled_from(PUBLIC_NAMES), values), max_size=3))
def test_no_query_breaks_a_public_page(client: Client, path: str, query: list[tuple[str, str]]) -> None:
    assert client.get(f"{path}?{urlencode(query)}").status_code < 500


@pytest.mark.django_db
@fuzz
@given(st.data())
def test_no_query_breaks_a_list_of_the_admin(admin_client: Client, data: st.DataObject) -> None:
    model = data.draw(st.sampled_from(LISTS))
    names = st.sampled_from(_admin_parameters(admin.site._registry[model]))
    query = data.draw(st.lists(st.tuples(names, values), max_size=3))
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    assert admin_client.get(f"{url}?{urlencode(query)}").status_code < 500
