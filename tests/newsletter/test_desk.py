"""The desk looks people up, helps and erases them; it puts nobody on the list."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from newsletter.delivery import deliverability
from newsletter.models import (
    Campaign,
    ConsentEvent,
    ConsentText,
    Delivery,
    NewsletterSettings,
    Subscriber,
    Suppression,
    Topic,
)
from tests.factories import make_campaign, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db
LIST = "/admin/newsletter/subscriber/"


def editor(*permissions: str) -> Client:
    user = User.objects.create_user("editor@example.com", "a password for tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_somebody_is_found_however_the_address_is_typed(admin_client: Client) -> None:
    make_subscriber(email="Sam@bücher.example")
    make_subscriber(email="eve@example.org", status="unsubscribed")
    for words in ("sam@BÜCHER.example", "sam", "Sam@bücher.example "):
        page = admin_client.get(LIST, {"q": words}).content.decode()
        assert "Sam@bücher.example" in page
        assert "eve@" not in page
    page = admin_client.get(LIST, {"status__exact": "unsubscribed"}).content.decode()
    assert ("eve@" in page, "Sam@" in page) == (True, False)


def test_the_list_costs_the_same_for_many(admin_client: Client) -> None:
    costs = []
    for number in (2, 30):
        for _ in range(number):
            make_subscriber()
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(LIST).status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_the_desk_neither_adds_nor_confirms_nor_readdresses_anybody(admin_client: Client) -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    ConsentEvent.objects.record("requested", subscriber, form="footer", page_path="/a-post/")
    place = f"{LIST}{subscriber.pk}/change/"
    page = admin_client.get(place).content.decode()
    assert "/a-post/" in page
    assert "Requested to subscribe" in page
    data = {"name": "Sam", "language_code": "en-us", "status": "active", "email": "eve@example.org"}
    for inline in ("subscriptions", "consent_events"):
        data |= {f"{inline}-TOTAL_FORMS": "0", f"{inline}-INITIAL_FORMS": "0"}
    assert admin_client.post(place, data).status_code == 302
    was = subscriber.email
    subscriber.refresh_from_db()
    assert (subscriber.name, subscriber.status, subscriber.email) == ("Sam", "pending", was)
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{subscriber.pk}/delete/", {"post": "yes"}).status_code == 403


def test_people_are_erased_after_a_question(admin_client: Client) -> None:
    sam, eve = make_subscriber(email="sam@example.org"), make_subscriber(email="eve@example.org")
    data: dict[str, Any] = {"action": "erase_subscribers", "_selected_action": [str(sam.pk)]}
    page = admin_client.post(LIST, data).content.decode()
    assert ("sam@" in page, "eve@" in page, Subscriber.objects.count()) == (True, False, 2)
    page = admin_client.post(LIST, data | {"erase": "Erase 1 subscriber"}, follow=True).content.decode()
    assert "1 subscriber erased." in page
    assert list(Subscriber.objects.all()) == [eve]
    assert Suppression.objects.for_email("sam@example.org").get().reason == "erased"


def test_rights_to_look_to_export_and_to_erase_are_apart() -> None:
    subscriber = make_subscriber()
    export = f"{LIST}{subscriber.pk}/export/"
    client = editor("view_subscriber")
    assert client.get(f"{LIST}{subscriber.pk}/change/").status_code == 200
    assert client.get(export).status_code == 403
    client.post(LIST, {"action": "erase_subscribers", "_selected_action": [str(subscriber.pk)], "erase": "x"})
    assert Subscriber.objects.count() == 1
    User.objects.get().user_permissions.add(Permission.objects.get(codename="export_subscriber"))
    response = client.get(export)
    assert json.loads(response.content)["subscriber"]["email"] == subscriber.email
    assert client.get(f"{LIST}{subscriber.pk + 1}/export/").status_code == 404


def test_suppressed_addresses_are_asked_for_one_by_one_and_blocked_by_hand(admin_client: Client) -> None:
    place = "/admin/newsletter/suppression/"
    data = {"email": "Sam@Example.org"}
    assert admin_client.post(f"{place}add/", data).status_code == 302
    row = Suppression.objects.get()
    assert row.reason == "manual"
    assert "already blocked this email address" in admin_client.post(f"{place}add/", data).content.decode()
    assert "Enter a complete email address" in admin_client.post(f"{place}add/", {"email": "sam"}).content.decode()
    assert "Blocked by you" in admin_client.get(place, {"q": "sam@example.ORG"}).content.decode()
    for other in ("sam", "eve@example.org", row.email_hash):
        assert "0 entries" in admin_client.get(place, {"q": other}).content.decode()
    assert "example.org" not in admin_client.get("/admin/").content.decode()


def test_a_new_wording_is_a_new_version(admin_client: Client) -> None:
    place = "/admin/newsletter/consenttext/"
    assert "I can unsubscribe at any time" in admin_client.get(f"{place}add/").content.decode()
    for words in ("First", "Second"):
        assert admin_client.post(f"{place}add/", {"text": words}).status_code == 302
    assert [(row.key, row.version, row.text) for row in ConsentText.objects.all()] == [
        ("confirm", 2, "Second"),
        ("confirm", 1, "First"),
    ]
    row = ConsentText.objects.current("confirm")
    assert row.text == "Second"
    assert admin_client.post(f"{place}{row.pk}/change/", {"text": "x"}).status_code == 403


def test_topics_say_how_many_want_them(admin_client: Client) -> None:
    topic = Topic.objects.create(name="Posts", slug="posts")
    for status, is_subscribed in (("active", True), ("active", False), ("unsubscribed", True)):
        make_subscriber(status=status).subscriptions.create(topic=topic, is_subscribed=is_subscribed)
    page = admin_client.get("/admin/newsletter/topic/").content.decode()
    assert '<td class="field-subscriber_count">1</td>' in page


def test_a_topic_that_somebody_refused_is_not_deleted(admin_client: Client) -> None:
    chosen, free = (Topic.objects.create(name=name, slug=name) for name in ("chosen", "free"))
    make_subscriber().subscriptions.create(topic=chosen, is_subscribed=False)
    place = "/admin/newsletter/topic/"
    assert admin_client.post(f"{place}{chosen.pk}/delete/", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [str(chosen.pk)], "post": "yes"}
    admin_client.post(place, action)
    assert admin_client.post(f"{place}{free.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(Topic.objects.all()) == [chosen]


def test_the_sender_says_what_is_lacking(admin_client: Client, settings: Settings) -> None:
    place = "/admin/newsletter/newslettersettings/"
    assert "Enter your postal address" in admin_client.get(place).content.decode()
    data = {
        "from_email": "me@straße.example",
        "connections": "0",
        "batch_size": "100",
        "uncertain_policy": "resend",
        "pause_error_percent": "10",
        "pause_complaint_percent": "0.3",
        "max_signups_per_hour": "200",
        "post_content": "full",
        "digest_weekday": "6",
        "digest_hour": "9",
    }
    page = admin_client.post(place, data).content.decode()
    assert "because of its length or its characters" in page
    assert "greater than or equal to 1" in page
    data |= {"from_email": "me@news.example.com", "connections": "2", "postal_address": "Main Street 1"}
    assert admin_client.post(place, data).status_code == 302
    settings.SITE_URL = "https://www.example.com"
    assert deliverability.settings_problems(NewsletterSettings.load()) == []
    settings.SITE_URL, settings.MAILERS = "http://other.example", {}
    assert len(deliverability.settings_problems(NewsletterSettings.load())) == 3


def test_staff_without_rights_get_nowhere_and_change_nothing() -> None:
    subscriber = make_subscriber(email="sam@example.org")
    campaign = make_campaign(status="sending", total=1, started_at=timezone.now(), subject="Secret")
    make_delivery(campaign=campaign, subscriber=subscriber, to_email=subscriber.email)
    rows = {model._meta.model_name: model._base_manager.create for model in (Topic, ConsentText)}
    keys = {
        "campaign": campaign.pk,
        "subscriber": subscriber.pk,
        "topic": rows["topic"](name="Posts", slug="posts").pk,
        "consenttext": rows["consenttext"](key="confirm", version=1, text="Yes").pk,
        "suppression": Suppression.objects.create(email_hash="0" * 64, reason="manual").pk,
        "newslettersettings": NewsletterSettings.objects.create().pk,
    }
    client, number = editor(), 0
    data = {"cancel": "1", "erase": "1", "autosave_key": str(uuid4())}
    before = [list(model.objects.values()) for model in (Campaign, Delivery, Subscriber, Suppression, Topic)]
    patterns: list[Any] = site.get_urls()
    for pattern in patterns:
        app, _, room = str(pattern.pattern).rstrip("^$").partition("/")
        if app != "newsletter":
            continue
        key = keys[room.strip("/")]
        for page in pattern.url_patterns:
            place = re.sub(r"<[^>]*>", str(key), str(page.pattern).strip("^$"))
            for answer in (client.get, client.post):
                response = answer(f"/admin/newsletter/{room}{place}", data)
                # Django leads the bare address of a row to its page, which then asks for rights.
                assert response.status_code in (400, 403, 405) or response.get("Location", "").endswith("/change/"), (
                    place
                )
                assert b"sam@example.org" not in response.content
                assert b"Secret" not in response.content
            number += 1
    assert number > 40
    assert before == [list(model.objects.values()) for model in (Campaign, Delivery, Subscriber, Suppression, Topic)]
