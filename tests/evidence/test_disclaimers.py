"""Every post shows one disclaimer, worded once: on its page, in feeds and emails."""

from typing import Any

import feedparser
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from lxml import html

from blog.models import Category, Post, PostTemplate
from evidence.disclaimers.starters import GENERAL, STARTERS
from evidence.models import Disclaimer
from tests.evidence.factories import set_disclaimer
from tests.factories import make_category, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def shown_on(client: Client, post: Post) -> list[str]:
    """Return the disclaimers on the page of a post."""
    page: Any = html.fromstring(client.get(post.get_absolute_url()).content)
    return [" ".join(each.text_content().split()) for each in page.find_class("disclaimer")]


def exercise() -> Disclaimer:
    return Disclaimer.objects.get(name="Exercise")


def test_a_new_site_has_disclaimers_of_several_kinds_and_shows_the_general_one(client: Client) -> None:
    assert set(Disclaimer.objects.values_list("name", "text")) == set(STARTERS)
    assert shown_on(client, make_post()) == [GENERAL]


def test_a_category_and_those_below_it_choose_the_disclaimer(client: Client) -> None:
    above = make_category(name="Training", slug="training", disclaimer=exercise())
    below = make_category(name="Knees", slug="knees", parent=above)
    for category in (above, below):
        post = make_post(primary_category=category, categories=[category])
        assert shown_on(client, post) == [exercise().text]
    below.disclaimer = Disclaimer.objects.get(text="")
    below.save()
    assert shown_on(client, post) == []
    assert Category.objects.get(pk=above.pk).disclaimer == exercise()


def test_the_template_of_a_post_chooses_before_its_category(client: Client) -> None:
    template = PostTemplate.objects.create(name="Round-up", body="<p>x</p>", disclaimer=exercise())
    category = make_category(disclaimer=Disclaimer.objects.get(name="Products"))
    post = make_post(template=template, primary_category=category, categories=[category])
    assert shown_on(client, post) == [exercise().text]
    template.delete()
    assert shown_on(client, Post.objects.get()) == [Disclaimer.objects.get(name="Products").text]


def test_changing_the_wording_changes_every_page_feed_and_cached_copy(client: Client) -> None:
    posts = [make_post(slug="one"), make_post(slug="two")]
    for text in ("First <wording>.", "Second wording."):
        set_disclaimer(text)
        assert [shown_on(client, post) for post in posts] == [[text], [text]]
        for entry in feedparser.parse(client.get("/feed/").content).entries:
            content: Any = html.fromstring(entry.content[0].value)
            assert content.text_content().count(text) == 1


def test_a_post_with_a_typed_disclaimer_shows_no_second_one(client: Client) -> None:
    post = make_post(body="<p>Bend.</p><p><strong>Disclaimer:</strong> This is not medical advice.</p>")
    assert shown_on(client, post) == []
    (entry,) = feedparser.parse(client.get("/feed/").content).entries
    assert GENERAL not in entry.content[0].value


def test_there_is_exactly_one_default() -> None:
    new = Disclaimer(name="Mine", text="Ask someone.", is_default=True)
    new.full_clean()
    new.save()
    assert Disclaimer.objects.get(is_default=True) == new
    with pytest.raises(IntegrityError):
        Disclaimer.objects.filter(name="Exercise").update(is_default=True)


def test_the_default_cannot_be_dropped_or_emptied() -> None:
    default = Disclaimer.objects.get(is_default=True)
    default.text = " "
    with pytest.raises(ValidationError, match="Enter a text"):
        default.full_clean()
    default.text, default.is_default = "Words.", False
    with pytest.raises(ValidationError, match="which then replaces this one"):
        default.full_clean()


def test_a_disclaimer_in_use_cannot_be_deleted() -> None:
    make_category(disclaimer=exercise())
    with pytest.raises(ProtectedError):
        exercise().delete()


def test_the_admin_offers_no_way_to_delete_the_default(admin_client: Client) -> None:
    default = Disclaimer.objects.get(is_default=True)
    assert admin_client.post(reverse("admin:evidence_disclaimer_delete", args=[default.pk])).status_code == 403
    assert admin_client.get(reverse("admin:evidence_disclaimer_delete", args=[exercise().pk])).status_code == 200


def test_the_editor_gets_its_text_back_without_the_typed_disclaimer(admin_client: Client) -> None:
    body = "<p>Bend.</p><p>**Disclaimer: this is not medical advice.**</p>"
    answer = admin_client.post(reverse("admin:evidence_disclaimer_convert"), {"body": body}).json()
    assert (answer["body"], answer["count"]) == ("<p>Bend.</p>", 1)
    answer = admin_client.post(reverse("admin:evidence_disclaimer_convert"), {"body": "<p>Bend.</p>"}).json()
    assert answer["count"] == 0
