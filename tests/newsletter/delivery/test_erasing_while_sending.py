"""Someone is erased at the moment their email is being sent."""

from typing import Any

import pytest
from pytest_django import Settings

from contact.models import Message
from newsletter.delivery import sending
from newsletter.delivery.sending import send_due_campaigns
from newsletter.delivery.transport import SmtpTransport
from newsletter.models import ConsentEvent, Delivery, Subscriber, SubscriberEmail
from outbox.sending import send_due_emails
from privacy.erasure import erase_personal_data
from privacy.mentions import find_mentions
from privacy.people import Person
from tests.factories import make_subscriber
from tests.mail_server import Mailbox, mail_server
from tests.newsletter.delivery.harness import DeliveryHarness, make_newsletter_settings, make_sending_campaign

pytestmark = pytest.mark.django_db(transaction=True)


def never() -> bool:
    return False


@pytest.mark.parametrize("is_being_sent", [True, False], ids=["being sent", "claimed and waiting"])
def test_a_campaign_continues_without_the_erased_person(
    harness: DeliveryHarness, monkeypatch: pytest.MonkeyPatch, is_being_sent: bool
) -> None:
    monkeypatch.setattr(sending, "AUDIENCE_CHECK_SECONDS", 0)
    campaign = make_sending_campaign(4, make_newsletter_settings(connections=1))
    recipients = set(Delivery.objects.values_list("to_email", flat=True))
    original = SmtpTransport.send
    people: list[Person] = []

    def send(self: SmtpTransport, sender: str, recipient: str, *arguments: Any) -> Any:
        if not people:
            others = recipients - {recipient}
            people.append(Person(recipient if is_being_sent else others.pop()))
            erase_personal_data(people[0])
        return original(self, sender, recipient, *arguments)

    monkeypatch.setattr(SmtpTransport, "send", send)
    send_due_campaigns(never)
    # The server may already have the one being sent.
    assert Delivery.objects.filter(status="sent").count() == (4 if is_being_sent else 3)
    assert find_mentions(people[0]) == []
    campaign.refresh_from_db()
    assert campaign.status == "sent"
    assert send_due_campaigns(never) == 0


def test_a_confirmation_email_that_was_just_sent_leaves_no_trace(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber = make_subscriber(email="zoe@example.org", status="pending", confirmed_at=None)
    subscriber.request_confirmation()
    other = make_subscriber(email="sam@example.org", status="pending", confirmed_at=None)
    other.request_confirmation()
    person, original = Person("zoe@example.org"), SubscriberEmail.build_email

    def build_email(self: SubscriberEmail) -> Any:
        email = original(self)
        if self.subscriber_id == subscriber.pk:
            erase_personal_data(person)
        return email

    monkeypatch.setattr(SubscriberEmail, "build_email", build_email)
    with mail_server(settings, Mailbox()):
        assert send_due_emails() == 2
    assert find_mentions(person) == []
    kinds = ConsentEvent.objects.order_by("pk").values_list("email_hash", "kind")
    assert [kind for email_hash, kind in kinds if email_hash == person.email_hash] == ["requested", "erased"]
    assert [kind for email_hash, kind in kinds if email_hash == other.email_hash] == ["requested", "emailed"]
    assert Subscriber.objects.get() == other


def test_a_message_that_is_being_forwarded_stays_deleted(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEFAULT_FROM_EMAIL = "site@example.com"
    Message.objects.create(
        name="Zoe", email="zoe@example.org", subject="-", body="-", submission="12345678123456781234567812345678"
    )
    monkeypatch.setattr("contact.models.ContactSettings.recipient", lambda: "me@example.com")
    original = Message.build_email

    def build_email(self: Message) -> Any:
        email = original(self)
        erase_personal_data(Person("zoe@example.org"))
        return email

    monkeypatch.setattr(Message, "build_email", build_email)
    with mail_server(settings, Mailbox()):
        assert send_due_emails() == 1
    assert find_mentions(Person("zoe@example.org")) == []
