"""What a provider tells of its mails: heard once, in any order, from the provider alone, and never against a reader."""

import hmac
import json
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from newsletter.checks import check_webhooks
from newsletter.delivery import deliverability
from newsletter.delivery.sending import recover
from newsletter.models import (
    Campaign,
    ConsentEvent,
    Delivery,
    NewsletterSettings,
    Subscriber,
    Suppression,
    WebhookEvent,
)
from ptcomplete.email_settings import anymail, mailers
from tests.factories import make_campaign, make_delivery, make_subscriber

pytestmark = pytest.mark.django_db

ADDRESS = "/newsletter/webhooks/{}/"
PASSWORD = "hook:secret"
_numbers = count(1000)


@pytest.fixture(autouse=True)
def _postmark(settings: Settings) -> None:
    use(settings, "anymail://postmark?server_token=token")


def use(settings: Settings, url: str, secret: str = PASSWORD) -> None:
    settings.MAILERS, settings.ANYMAIL = mailers(url), anymail(url, webhook_secret=secret)


def tell(
    body: Any,
    name: str = "postmark",
    password: str = PASSWORD,
    *,
    secure: bool = True,
    headers: dict[str, str] | None = None,
) -> int:
    """Post as the provider does; the answer's status. Never with a cookie."""
    client = Client()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    credentials = "Basic " + b64encode(password.encode()).decode()
    response = client.post(
        ADDRESS.format(name),
        content,
        content_type="application/json",
        secure=secure,
        headers={"Authorization": credentials} | (headers or {}),
    )
    assert not response.cookies
    return response.status_code


def event(record: str, mail: Delivery | None = None, **fields: Any) -> dict[str, Any]:
    """What Postmark tells about `mail`."""
    about = {"Metadata": {"delivery": mail.message_id}, "Email": mail.to_email} if mail else {}
    own: dict[str, Any] = {"RecordType": record, "MessageID": "their-name", "Type": record}
    if record != "Delivery":
        own |= {"ID": next(_numbers)}
    return own | about | fields


def bounce(mail: Delivery, kind: str = "HardBounce") -> dict[str, Any]:
    return event("Bounce", mail, Type=kind, BouncedAt=timezone.now().isoformat())


def complaint(mail: Delivery) -> dict[str, Any]:
    return event("SpamComplaint", mail, BouncedAt=timezone.now().isoformat())


def delivered(mail: Delivery) -> dict[str, Any]:
    return event("Delivery", mail, Recipient=mail.to_email, DeliveredAt=timezone.now().isoformat())


def sent_to(reader: Subscriber, **fields: Any) -> Delivery:
    values = {"status": "sent", "subscriber": reader, "email_hash": reader.email_hash, "to_email": reader.email}
    return make_delivery(**values | fields)


def everything() -> list[Any]:
    """All that an event could change."""
    tables = (Subscriber, Delivery, Campaign, WebhookEvent, Suppression, ConsentEvent)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_a_hard_bounce_takes_the_reader_off_the_list_at_once() -> None:
    reader = make_subscriber()
    mail = sent_to(reader)
    assert tell(bounce(mail)) == 200
    reader.refresh_from_db()
    mail.refresh_from_db()
    assert (reader.status, mail.status) == ("bounced", "sent")
    assert mail.bounced_at
    assert mail.provider_id == "their-name"
    assert not Subscriber.objects.mailable().exists()
    assert Suppression.objects.for_email(reader.email).get().reason == "bounced"
    log = ConsentEvent.objects.get()
    assert (log.kind, log.form, log.note) == ("bounced", "provider", "postmark")
    told = WebhookEvent.objects.get()
    assert (told.provider, told.kind, told.delivery) == ("postmark", "bounced", mail)


@pytest.mark.parametrize("status", ["pending", "active", "unsubscribed", "bounced", "complained"])
def test_a_complaint_is_heard_in_every_state(status: str) -> None:
    mail = sent_to(make_subscriber(status=status))
    assert tell(complaint(mail)) == 200
    mail.refresh_from_db()
    assert mail.complained_at
    assert Subscriber.objects.get().status == "complained"
    assert Suppression.objects.filter(reason="complained").count() == (status != "complained")


@pytest.mark.parametrize("tells", [bounce, complaint])
def test_what_is_told_late_takes_nobody_off_who_has_confirmed_anew_since(tells: Any) -> None:
    reader = make_subscriber(confirmed_at=timezone.now() - timedelta(days=9))
    mail = sent_to(reader)
    body = tells(mail)
    reader.unsubscribe()
    again = Subscriber.objects.get()
    again.confirm()
    assert tell(body) == 200
    mail.refresh_from_db()
    assert mail.bounced_at or mail.complained_at
    assert Subscriber.objects.mailable().get() == reader
    assert tell(tells(mail)) == 200
    assert not Subscriber.objects.mailable().exists()


def test_a_bounce_weakens_no_complaint_and_does_not_hide_that_somebody_left() -> None:
    for status in ("unsubscribed", "complained"):
        reader = make_subscriber(status=status)
        assert tell(bounce(sent_to(reader))) == 200
        reader.refresh_from_db()
        assert reader.status == status


def test_who_leaves_at_the_provider_leaves_here() -> None:
    reader = make_subscriber()
    words = {"SuppressSending": True, "SuppressionReason": "ManualSuppression"}
    assert tell(event("SubscriptionChange", sent_to(reader), **words)) == 200
    reader.refresh_from_db()
    assert reader.status == "unsubscribed"


def test_mail_that_comes_back_for_now_counts_once_a_day_until_some_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    today = [date(2026, 3, 1)]
    monkeypatch.setattr("newsletter.models.subscribers.timezone.localdate", lambda: today[0])
    reader = make_subscriber()

    def score(days: int, *events: Any) -> tuple[int, str]:
        today[0] += timedelta(days=days)
        for each in events:
            assert tell(each) == 200
        reader.refresh_from_db()
        return reader.soft_bounce_count, reader.status

    mail = sent_to(reader)
    assert score(0, bounce(mail, "SoftBounce"), bounce(mail, "SoftBounce"), bounce(mail, "Transient")) == (1, "active")
    assert score(1, bounce(mail, "SoftBounce")) == (2, "active")
    assert score(0, delivered(sent_to(reader))) == (0, "active")
    assert score(1, bounce(mail, "SoftBounce")) == (1, "active")
    assert score(31, bounce(mail, "SoftBounce")) == (1, "active"), "What is a month ago counts no more."
    for number in (2, 3, 4):
        assert score(1, bounce(mail, "SoftBounce")) == (number, "active")
    assert score(1, bounce(mail, "SoftBounce")) == (5, "bounced")
    assert Suppression.objects.for_email(reader.email).get().reason == "bounced"


@pytest.mark.parametrize(
    "kind", ["Blocked", "DMARCPolicy", "Unconfirmed", "SMTPApiError", "VirusNotification", "AutoResponder"]
)
def test_what_is_held_against_us_costs_no_reader_the_place(kind: str) -> None:
    reader = make_subscriber()
    assert tell(bounce(sent_to(reader), kind)) == 200
    reader.refresh_from_db()
    assert reader.status == "active"


def test_in_any_order_the_end_is_the_same() -> None:
    ends = set()
    for order in permutations((delivered, complaint, bounce)):
        reader = make_subscriber()
        mail = sent_to(reader)
        for tells in order:
            assert tell(tells(mail)) == 200
        reader.refresh_from_db()
        mail.refresh_from_db()
        ends.add((reader.status, mail.status, bool(mail.delivered_at and mail.bounced_at and mail.complained_at)))
    assert ends == {("complained", "sent", True)}


@pytest.mark.parametrize("tells", [delivered, complaint, bounce])
def test_told_again_and_again_it_counts_once(tells: Any) -> None:
    mail = sent_to(make_subscriber())
    body = tells(mail)
    assert tell(body) == 200
    before = everything()
    assert [tell(body) for _ in range(3)] == [200] * 3
    assert everything() == before
    assert WebhookEvent.objects.count() == 1


@pytest.mark.parametrize("status", ["pending", "claimed", "sent", "deferred", "failed", "skipped"])
def test_no_state_is_moved_but_that_of_an_uncertain_mail(status: str) -> None:
    mail = sent_to(make_subscriber(), status=status, sent_at=timezone.now())
    if status == "claimed":
        Delivery.objects.update(owner="worker")
    for tells in (delivered, bounce, complaint):
        assert tell(tells(mail)) == 200
    mail.refresh_from_db()
    assert mail.status == status
    assert mail.delivered_at


@pytest.mark.parametrize("tells", [delivered, bounce, complaint])
def test_an_uncertain_mail_of_which_the_provider_tells_was_sent(tells: Any) -> None:
    mail = sent_to(make_subscriber(), status="uncertain", sent_at=None)
    assert tell(tells(mail)) == 200
    mail.refresh_from_db()
    assert mail.status == "sent"
    assert mail.sent_at


@pytest.mark.parametrize("status", ["sending", "paused"])
@pytest.mark.parametrize("tells", [delivered, bounce, complaint])
def test_a_mail_that_the_provider_told_of_before_its_worker_died_is_not_sent_again(tells: Any, status: str) -> None:
    over = {"lease_until": timezone.now() - timedelta(seconds=1), "owner": "dead"}
    campaign = make_campaign(status=status)
    mail, silent = (
        sent_to(make_subscriber(), status="claimed", sent_at=None, campaign=campaign, **over) for _ in range(2)
    )
    assert tell(tells(mail)) == 200
    recover()
    assert [Delivery.objects.get(pk=each.pk).status for each in (mail, silent)] == [
        "sent",
        "pending" if status == "sending" else "uncertain",
    ]


def test_resends_shape_by_its_own_name_for_the_mail(settings: Settings) -> None:
    use(settings, "anymail://resend?api_key=key")
    reader = make_subscriber(confirmed_at=datetime(2026, 2, 1, tzinfo=UTC))
    mail = sent_to(reader, provider_id="re-1")
    for kind, status in (("Transient", "active"), ("Permanent", "bounced")):
        words = {"type": kind, "message": "The recipient's email provider sent a hard bounce message"}
        data = {"email_id": "re-1", "to": [reader.email], "bounce": words}
        body = {"type": "email.bounced", "created_at": "2026-03-01T10:00:00Z", "data": data}
        assert tell(body, "resend", headers={"svix-id": kind}) == 200
        reader.refresh_from_db()
        assert reader.status == status
    mail.refresh_from_db()
    assert mail.bounced_at


def test_mail_that_is_no_campaigns_counts_by_its_address() -> None:
    """Such as the mail to confirm, sent to an address that does not exist."""
    asked = make_subscriber(status="pending", confirmed_at=None)
    assert tell(event("Bounce", Type="HardBounce", Email=asked.email.upper())) == 200
    asked.refresh_from_db()
    assert asked.status == "bounced"


def test_an_erased_reader_stays_erased() -> None:
    reader = make_subscriber()
    mail = sent_to(reader)
    reader.erase()
    assert tell(complaint(mail)) == 200
    mail.refresh_from_db()
    assert mail.complained_at
    assert mail.to_email == ""
    assert not Subscriber.objects.exists()
    assert Suppression.objects.get().reason == "erased"


@pytest.mark.parametrize("password", ["hook:wrong", "hook", ":", "hook:secret\0", "x" * 10_000])
def test_a_forged_event_changes_nothing(password: str) -> None:
    mail = sent_to(make_subscriber())
    before = everything()
    assert tell(complaint(mail), password=password) == 403
    assert tell(complaint(mail), headers={"Authorization": "Basic ???"}) == 403
    assert tell(complaint(mail), headers={"Authorization": ""}) == 403
    assert everything() == before


def test_where_the_provider_signs_the_password_alone_is_not_enough(settings: Settings) -> None:
    use(settings, "anymail://mailgun?api_key=key&sender_domain=example.com")
    reader = make_subscriber()
    mail = sent_to(reader)

    def signed(key: str) -> dict[str, Any]:
        stamp, token = "1772359200", "token"
        digest = hmac.new(key.encode(), f"{stamp}{token}".encode(), "sha256").hexdigest()
        data = {"event": "complained", "recipient": reader.email, "user-variables": {"delivery": mail.message_id}}
        return {"signature": {"timestamp": stamp, "token": token, "signature": digest}, "event-data": data}

    before = everything()
    assert tell(signed("another key"), "mailgun") == 403
    assert tell(signed("key"), "mailgun", password="hook:wrong") == 403
    odd: list[Any] = [{}, [], {"signature": 1}, b"words"]
    assert {tell(body, "mailgun") for body in odd} <= {400, 403}
    assert everything() == before
    assert tell(signed("key"), "mailgun") == 200
    reader.refresh_from_db()
    assert reader.status == "complained"


def test_only_the_provider_in_use_is_heard_and_only_by_https(settings: Settings, client: Client) -> None:
    body = complaint(sent_to(make_subscriber()))
    before = everything()
    assert tell(body, secure=False) == 404
    assert tell(body, "resend") == 404
    assert tell(body, "no-such-provider") == 404
    use(settings, "anymail://postmark?server_token=token", secret="")
    assert tell(body) == 404
    use(settings, "smtp://127.0.0.1")
    assert tell(body, "smtp") == 404
    assert everything() == before
    use(settings, "anymail://postmark?server_token=token")
    assert client.get(ADDRESS.format("postmark"), secure=True).status_code == 405
    assert client.head(ADDRESS.format("postmark"), secure=True).status_code == 200
    assert everything() == before


def test_mails_and_people_that_nobody_knows_change_nothing() -> None:
    make_subscriber()
    before = everything()
    odd: list[dict[str, Any]] = [
        {"Metadata": {"delivery": "<unknown@example.com>"}},
        {"Metadata": {"delivery": "x" * 5000}, "MessageID": "y" * 5000},
        {"Metadata": {"delivery": {"a": []}}},
        {"Metadata": {"delivery": "a\0b"}, "MessageID": "\0", "Email": "\0@\0"},
        {"Metadata": []},
        {"MessageID": ["a"], "Email": {"b": 1}},
        {"Email": "nobody@example.org"},
        {"Email": "ä" * 400 + "@" + "ß" * 400},
        {"Metadata": json.loads('{"a":' * 500 + "1" + "}" * 500)},
        {},
    ]
    for fields in odd:
        assert tell(event("Bounce", None, Type="HardBounce") | fields) in (200, 400), fields
        assert everything() == before, fields


@pytest.mark.parametrize("when", ["2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "2026-03-01T10:00:00", "yesterday"])
def test_a_time_that_cannot_be_is_now_or_refused(when: str) -> None:
    mail = sent_to(make_subscriber())
    status = tell(delivered(mail) | {"DeliveredAt": when})
    mail.refresh_from_db()
    assert status in (200, 400)
    assert mail.delivered_at is None or mail.delivered_at <= timezone.now()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"words",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b"[{}, {}]",
        b'{"RecordType": {"a": 1}}',
        b'{"RecordType": "Inbound"}',
        b'{"RecordType": "Bounce", "Type": ["a"]}',
        b"[" * 100_000,
    ],
)
def test_another_shape_is_refused_in_words(body: bytes) -> None:
    make_subscriber()
    before = everything()
    assert tell(body) == 400
    assert everything() == before


def test_too_much_at_once_is_refused_unread() -> None:
    mail = sent_to(make_subscriber())
    before = everything()
    assert tell(complaint(mail) | {"Details": "x" * 1_100_000}) == 413
    assert everything() == before


def test_too_many_complaints_pause_the_campaign_and_fewer_do_not() -> None:
    NewsletterSettings.objects.create(pause_complaint_percent="1.00")
    campaign = make_campaign(status="sending")
    mails = [sent_to(make_subscriber(), campaign=campaign) for _ in range(300)]
    for number, mail in enumerate(mails[:4], start=1):
        assert tell(complaint(mail)) == 200
        campaign.refresh_from_db()
        assert campaign.status == ("paused" if number == 4 else "sending")
    assert campaign.pause_reason.startswith("4 of 300 readers called it spam.")


def test_one_or_two_complaints_say_nothing_about_a_small_list() -> None:
    campaign = make_campaign(status="sending")
    for mail in [sent_to(make_subscriber(), campaign=campaign) for _ in range(3)][:2]:
        assert tell(complaint(mail)) == 200
    campaign.refresh_from_db()
    assert campaign.status == "sending"


def test_a_campaign_that_is_over_is_not_paused_any_more() -> None:
    campaign = make_campaign(status="sent")
    for mail in [sent_to(make_subscriber(), campaign=campaign) for _ in range(4)]:
        assert tell(complaint(mail)) == 200
    campaign.refresh_from_db()
    assert campaign.status == "sent"


def test_a_provider_that_cannot_tell_us_is_named_by_check_and_on_the_desk(settings: Settings) -> None:
    settings.SITE_URL = "https://example.com"
    assert check_webhooks() == []
    for secret in ("", "no colon", "name:"):
        use(settings, "anymail://postmark?server_token=token", secret=secret)
        (warning,) = check_webhooks()
        assert "EMAIL_WEBHOOK_SECRET" in warning.msg
    settings.SITE_URL = "http://example.com"
    assert len(check_webhooks()) == 2
    assert set(deliverability.deaf_to_the_provider()) < set(deliverability.lacks(NewsletterSettings.load()))
    use(settings, "smtp://127.0.0.1")
    assert check_webhooks() == []
