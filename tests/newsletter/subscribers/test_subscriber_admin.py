"""Admin pages for subscribers and topics."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from newsletter.models import ConsentEvent, Subscriber, Suppression, Topic
from tests.accounts.staff import sign_in
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db
LIST = "/admin/newsletter/subscriber/"
TOPICS = "/admin/newsletter/topic/"


def sign_in_editor(*permissions: str) -> Client:
    """Return the client of a staff user with only these `permissions`."""
    user = User.objects.create_user("editor@example.com", "a password for tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return sign_in(user)


def test_subscribers_are_found_by_email_address_however_it_is_spelled(admin_client: Client) -> None:
    make_subscriber(email="Sam@bücher.example")
    make_subscriber(email="eve@example.org", status="unsubscribed")
    for query in ("sam@BÜCHER.example", "sam", "Sam@bücher.example "):
        page = admin_client.get(LIST, {"q": query}).content.decode()
        assert "Sam@bücher.example" in page
        assert "eve@" not in page
    page = admin_client.get(LIST, {"status__exact": "unsubscribed"}).content.decode()
    assert ("eve@" in page, "Sam@" in page) == (True, False)


def test_the_number_of_queries_does_not_grow_with_the_list(admin_client: Client) -> None:
    counts = []
    admin_client.get(LIST)  # reads what is read once per process
    for number in (2, 30):
        for _ in range(number):
            make_subscriber()
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_admin_cannot_add_confirm_or_delete_subscribers_or_change_email_addresses(admin_client: Client) -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    ConsentEvent.objects.record("requested", subscriber, form="footer", page_path="/a-post/")
    path = f"{LIST}{subscriber.pk}/change/"
    page = admin_client.get(path).content.decode()
    assert "/a-post/" in page
    assert "Requested to subscribe" in page
    data = {"name": "Sam", "language_code": "en-us", "status": "active", "email": "eve@example.org"}
    for inline in ("subscriptions", "enrollments", "consent_events"):
        data |= {f"{inline}-TOTAL_FORMS": "0", f"{inline}-INITIAL_FORMS": "0"}
    assert admin_client.post(path, data).status_code == 302
    email = subscriber.email
    subscriber.refresh_from_db()
    assert (subscriber.name, subscriber.status, subscriber.email) == ("Sam", "pending", email)
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{subscriber.pk}/delete/", {"post": "yes"}).status_code == 403


def test_subscribers_are_erased_after_a_confirmation(admin_client: Client) -> None:
    sam, eve = make_subscriber(email="sam@example.org"), make_subscriber(email="eve@example.org")
    data: dict[str, Any] = {"action": "erase_subscribers", "_selected_action": [str(sam.pk)]}
    page = admin_client.post(LIST, data).content.decode()
    assert ("sam@" in page, "eve@" in page, Subscriber.objects.count()) == (True, False, 2)
    page = admin_client.post(LIST, data | {"erase": "Erase 1 subscriber"}, follow=True).content.decode()
    assert "1 subscriber erased." in page
    assert list(Subscriber.objects.all()) == [eve]
    assert Suppression.objects.for_email("sam@example.org").get().reason == "erased"


def test_viewing_exporting_and_erasing_need_separate_permissions() -> None:
    subscriber = make_subscriber()
    client = sign_in_editor("view_subscriber")
    assert client.get(f"{LIST}{subscriber.pk}/change/").status_code == 200
    assert client.get(f"{LIST}export/").status_code == 403
    client.post(LIST, {"action": "erase_subscribers", "_selected_action": [str(subscriber.pk)], "erase": "x"})
    assert Subscriber.objects.count() == 1
    User.objects.get().user_permissions.add(Permission.objects.get(codename="export_subscriber"))
    assert client.get(f"{LIST}export/").status_code == 200


def test_topics_show_their_number_of_active_subscribers(admin_client: Client) -> None:
    topic = Topic.objects.create(name="Posts", slug="posts")
    for status, is_subscribed in (("active", True), ("active", False), ("unsubscribed", True)):
        make_subscriber(status=status).subscriptions.create(topic=topic, is_subscribed=is_subscribed)
    page = admin_client.get(TOPICS).content.decode()
    assert '<td class="field-subscriber_count">1</td>' in page


def test_a_topic_that_someone_opted_out_of_cannot_be_deleted(admin_client: Client) -> None:
    used, unused = (Topic.objects.create(name=name, slug=name) for name in ("used", "unused"))
    make_subscriber().subscriptions.create(topic=used, is_subscribed=False)
    assert admin_client.post(f"{TOPICS}{used.pk}/delete/", {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [str(used.pk)], "post": "yes"}
    admin_client.post(TOPICS, action)
    assert admin_client.post(f"{TOPICS}{unused.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(Topic.objects.all()) == [used]
