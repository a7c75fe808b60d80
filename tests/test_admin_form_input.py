"""Whatever a form of the admin gets, it is saved or shown again with a reason."""

from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from tests.fuzzing import examples
from tests.test_query_strings import LISTS, ODD_VALUES

pytestmark = pytest.mark.django_db

_VALUES = (
    st.sampled_from(ODD_VALUES)
    | st.sampled_from(["1", "on", "[1]", "{}", '{"a": 1}', "2026-03-08", "02:30", "javascript:alert(1)", "http://["])
    | st.sampled_from(
        ["<p>x</p>", '<ol start="NaN"><li>a</li></ol>', "ana@example.org", "//x", "a\r\nb", "e\u0301" * 99]
    )
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
)
_FILES = st.sampled_from([b"", b"x", b"%PDF-1.4", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"PK\x03\x04", b"\xff\xd8\xff\xe0"])


def _read_form(client: Client, url: str) -> tuple[dict[str, list[str]], list[str], list[str]] | None:
    """Return what a browser would send from the form at `url`, and the names of all inputs and of those for files."""
    response = client.get(url)
    if response.status_code != 200:
        return None
    page: Any = html.fromstring(response.content)
    forms = [form for form in page.forms if (form.get("id") or "").endswith("_form")]
    if not forms:
        return None
    values: dict[str, list[str]] = {}
    for name, value in forms[0].form_values():
        values.setdefault(name, []).append(value)
    files = [element.get("name") for element in forms[0].xpath(".//input[@type='file']")]
    return values, sorted({name for name in forms[0].fields if name} - {"csrfmiddlewaretoken"}), files


_forms: dict[str, Any] = {}


@pytest.mark.parametrize("value", ["9999-99", "-1", "x" * 300, "9" * 30, "\x00"])
def test_a_form_is_shown_again_if_an_input_that_finds_rows_has_no_key(admin_client: Client, value: str) -> None:
    tried = 0
    for model, model_admin in admin.site._registry.items():
        inlines = {
            f"{related.get_accessor_name()}-0-{name}"
            for inline in model_admin.inlines
            for name in inline.autocomplete_fields
            for related in model._meta.related_objects
            if related.related_model is inline.model
        }
        names = {*model_admin.autocomplete_fields, *inlines}
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        form = _read_form(admin_client, url) if names else None
        if form:
            assert names <= set(form[1])
            assert admin_client.post(url, form[0] | dict.fromkeys(names, value)).status_code == 200
            tried += 1
    assert tried > 4


@given(st.data())
@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_input_breaks_a_form_of_the_admin(admin_client: Client, data: st.DataObject) -> None:
    model: type[Model] = data.draw(st.sampled_from(LISTS))
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    if url not in _forms:
        _forms[url] = _read_form(admin_client, url)
    if _forms[url] is None:
        return
    values, names, files = _forms[url]
    changed = data.draw(st.dictionaries(st.sampled_from(names), _VALUES, min_size=1, max_size=5))
    uploads = {name: SimpleUploadedFile(data.draw(_VALUES) or "x", data.draw(_FILES)) for name in files}
    with transaction.atomic():
        response = admin_client.post(url, values | changed | uploads)
        assert response.status_code < 500
        transaction.set_rollback(True)
