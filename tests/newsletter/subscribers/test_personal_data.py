"""Exporting and erasing personal data."""

import json

import pytest
from django.test import Client

from contact.models import Message
from newsletter.models import ConsentEvent, ConsentText, Subscriber, SubscriberEmail, Suppression, Topic
from newsletter.tokens import TokenPurpose
from tests.factories import make_delivery, make_subscriber
from tests.newsletter.subscribers.public_pages import database_rows, token_path

pytestmark = pytest.mark.django_db


def test_a_subscriber_can_download_everything_stored_about_them(client: Client) -> None:
    subscriber = make_subscriber(email="Zoe@example.org", name="Zoë")
    consent_text = ConsentText.objects.get_or_create_version("signup", "Words")
    subscriber.request_confirmation(ip_address="192.0.2.7", form="footer", consent_text=consent_text)
    subscriber.subscriptions.create(topic=Topic.objects.create(name="Posts", slug="posts"))
    make_delivery(subscriber=subscriber, status="sent")
    Message.objects.create(name="Zoë", email="zoe@example.org", subject="-", body="-", submission=subscriber.public_id)
    make_delivery(subscriber=make_subscriber(email="other@example.org"))
    path = token_path(subscriber, TokenPurpose.PREFERENCES) + "export/"
    assert client.get(path).status_code == 405
    response = client.post(path)
    assert "attachment" in response["Content-Disposition"]
    data = {section["title"]: section["records"] for section in json.loads(response.content)["data"]}
    (record,) = data["Newsletter subscription"]
    assert (record["email address"], record["name"]) == ("Zoe@example.org", "Zoë")
    assert [(entry["event"], entry["IP address"]) for entry in data["Newsletter consent log"]] == [
        ("Requested to subscribe", "192.0.2.7"),
        ("Exported their data", "127.0.0.1"),
    ]
    assert "Words" in str(data["Newsletter consent log"][0]["consent text"])
    assert all(entry["time"] for entry in data["Newsletter consent log"])
    assert [(row["topic"], row["how often"]) for row in data["Newsletter topics"]] == [
        ("Posts", "As soon as something is published")
    ]
    assert len(data["Newsletter deliveries"]) == len(data["Emails about a subscription"]) == 1
    assert "Messages from the contact form" not in data
    assert "other@" not in response.content.decode()


@pytest.mark.parametrize("status", ["pending", "active", "unsubscribed", "bounced", "complained"])
def test_erasing_leaves_only_a_hash(client: Client, status: str) -> None:
    subscriber = make_subscriber(email="Sam+x@Example.org", status=status, name="Samuel")
    subscriber.request_confirmation(ip_address="192.0.2.7", user_agent="Browser", page_path="/about/")
    sent = make_delivery(subscriber=subscriber, to_email=subscriber.email, status="sent")
    pending = make_delivery(subscriber=subscriber, to_email=subscriber.email, status="pending")
    path = token_path(subscriber, TokenPurpose.PREFERENCES) + "erase/"
    assert client.get(path).status_code == 405
    assert "Your data has been erased" in client.post(path).content.decode()
    assert Subscriber.objects.count() == SubscriberEmail.objects.count() == 0
    assert Suppression.objects.for_email("sam+X@example.ORG").get().reason == "erased"
    for delivery, expected in ((sent, "sent"), (pending, "skipped")):
        delivery.refresh_from_db()
        assert (delivery.to_email, delivery.subscriber, delivery.status) == ("", None, expected)
    events = ConsentEvent.objects.values_list(
        "kind", "subscriber", "ip_address", "user_agent", "page_path", "token_suffix"
    )
    assert list(events) == [(kind, None, None, "", "", "") for kind in ("requested", "erased")]
    assert client.post(path).status_code == 404
    rows = json.dumps(database_rows(), default=str).lower()
    assert "sam" not in rows
    assert "192.0.2" not in rows
