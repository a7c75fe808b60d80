"""The lookup `contains_folded` finds the same rows on SQLite and PostgreSQL, wherever lists are searched."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from affiliates.models import Program
from affiliates.shop import load_sections
from blog.models import Category
from images.models import Image
from pages.link_search import search_links
from plaintext.characters import strip_control_characters
from plaintext.folding import fold
from tests.affiliates.factories import make_favorite
from tests.factories import make_category, make_post
from tests.fuzzing import examples

pytestmark = pytest.mark.django_db

SPELLINGS = [
    ("Épaule", "épaule"),
    ("Épaule", "EPAULE"),
    ("Bjørn", "bjorn"),
    ("Łukasz", "lukasz"),
    ("Die Straße", "strasse"),
    ("Die Straße", "stras"),
    ("Æsop", "aesop"),
    ("ﬂexor", "Flexor"),
    ("ＡＣＬ", "acl"),
    ("physio\u00adtherapy", "physiotherapy"),
    ("physiotherapy", "physio\u200btherapy"),
    ("5\u00a0kg “no pain” ‘ok’ 3–5", "5 kg"),
    ("5\u00a0kg “no pain” ‘ok’ 3–5", '"no pain"'),
    ("5\u00a0kg “no pain” ‘ok’ 3–5", "'ok'"),
    ("5\u00a0kg “no pain” ‘ok’ 3–5", "3-5"),
    ("か\u3099ん", "がん"),
    ("100% [sure] a_b^c\\d", "100% [SURE] A_B^C\\D"),
]


@pytest.mark.parametrize(("written", "typed"), SPELLINGS)
def test_every_list_finds_a_name_as_people_type_it(admin_client: Client, written: str, typed: str) -> None:
    image = Image.objects.create(title=written, file="image.png", width=1, height=1)
    category = make_category(name=written)
    post = make_post(title=written)
    make_category(name="Other")
    assert list(Image.objects.filter(title__contains_folded=typed)) == [image]
    assert list(Image.objects.search(typed)) == [image]
    assert [link.title for link in search_links(typed.split(), AnonymousUser())] == [category.name, post.title]
    for path in ("blog/post", "blog/category", "images/image"):
        page = admin_client.get(f"/admin/{path}/", {"q": typed})
        assert page.context["cl"].result_count == 1, path


@pytest.mark.parametrize(("written", "typed"), SPELLINGS)
def test_the_shop_finds_a_product_as_people_type_it(written: str, typed: str) -> None:
    make_favorite(Program.objects.amazon(), name=written)
    assert [product.name for section in load_sections(typed) for product in section.products] == [written]
    assert load_sections("zzz") == []


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40), st.integers(0), st.integers(1, 8))
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_part_of_any_name_finds_it(name: str, start: int, length: int) -> None:
    name = strip_control_characters(name)
    Category.objects.update(name=name) or make_category(name=name)
    folded = fold(name)
    start %= len(folded) + 1
    assert Category.objects.filter(name__contains_folded=folded[start : start + length]).exists()


def test_every_admin_list_searches_folded_text() -> None:
    own = {model for app in apps.get_app_configs() if not app.name.startswith("django.") for model in app.get_models()}
    fields = [
        f"{model.__name__}: {field}"
        for model, model_admin in admin.site._registry.items()
        if model in own
        for field in model_admin.search_fields
        if not field.endswith("__contains_folded")
    ]
    # Hashes and numbers are looked up whole.
    assert sorted(fields) == ["Source: pmid__exact", "Suppression: email_hash"]
