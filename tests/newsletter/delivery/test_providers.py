"""Through a provider's API, each email is one request, and its outcome is known or uncertain."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import TimestampSigner
from pytest_django import Settings

from newsletter.delivery.providers import provider_name
from newsletter.delivery.sending import send_due_campaigns
from newsletter.models import Campaign, Delivery, Subscriber, SubscriberEmail
from outbox import sending as outbox
from ptcomplete.email_settings import anymail, mailers
from tests.newsletter.delivery.harness import (
    KILLED,
    counts_add_up,
    make_newsletter_settings,
    make_sending_campaign,
)
from tests.newsletter.delivery.provider_harness import ProviderHarness

pytestmark = pytest.mark.django_db(transaction=True)


def never() -> bool:
    return False


def status_counts(campaign: Campaign) -> dict[str, int]:
    assert counts_add_up(campaign)
    return {status: number for status, number in campaign.deliveries.count_by_status().items() if number}


def get_delivery(campaign: Campaign) -> Delivery:
    return campaign.deliveries.get()


def email_headers(request: dict[str, Any]) -> dict[str, str]:
    body = request["body"]
    return body.get("headers") or {item["Name"]: item["Value"] for item in body["Headers"]}


@pytest.mark.parametrize("name", ["postmark", "resend", "brevo"])
def test_each_email_is_one_request_with_all_headers_and_stores_the_providers_id(
    provider: ProviderHarness, settings: Settings, name: str
) -> None:
    provider.use(settings, name)
    campaign = make_sending_campaign(3, make_newsletter_settings(from_name="Ana, „PT“", reply_to="ana@example.com"))
    assert send_due_campaigns(never) == 3
    assert status_counts(campaign) == {"sent": 3}
    assert provider.harness.count_mistakes(campaign) == (0, 0, 0)
    assert len(provider.requests()) == 3
    for delivery in campaign.deliveries.all():
        request = next(each for each in provider.requests() if delivery.to_email in str(each["body"]))
        assert "name-" in delivery.provider_id
        assert request["headers"]["Idempotency-Key"]
        headers = email_headers(request)
        assert headers["Message-ID"] == delivery.message_id
        assert headers["List-Unsubscribe"].startswith("<http")
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert headers["List-Id"] == "<newsletter.testserver>"
        assert headers["Precedence"] == "bulk"
        assert "Content-Type" not in headers
        assert delivery.message_id in str(request["body"].get("Metadata") or headers)
        sent = str(request["body"])
        # For Brevo, anymail encodes such a name.
        assert "Ana, „PT“" in sent or name == "brevo"
        assert "ana@example.com" in sent
        assert "Bend them.</p>" in sent
        assert "-unsubscribe/" not in sent, "A placeholder was not replaced."
    assert len({request["headers"]["Idempotency-Key"] for request in provider.requests()}) == 3


@pytest.mark.parametrize(
    ("answer", "status", "pauses", "copies"),
    [
        (400, "failed", False, 0),
        (413, "failed", False, 0),
        (401, "deferred", True, 0),
        (403, "deferred", True, 0),
        ("moved", "deferred", True, 0),
        (429, "deferred", False, 0),
        (503, "deferred", False, 0),
        ("inactive", "failed", False, 0),
        ("drop-before", "uncertain", False, 0),
        ("drop-after", "uncertain", False, 1),
        ("500-after", "uncertain", False, 1),
        ("garbage", "uncertain", False, 1),
    ],
)
def test_every_answer_has_its_outcome_and_is_not_retried(
    provider: ProviderHarness, answer: str | int, status: str, pauses: bool, copies: int
) -> None:
    campaign = make_sending_campaign(1, make_newsletter_settings(uncertain_policy="hold", connections=1))
    provider.plan(answer)
    send_due_campaigns(never)
    assert status_counts(campaign) == {status: 1}
    assert len(provider.requests()) == 1
    assert provider.harness.accepted_emails(campaign).total() == copies
    assert (campaign.status == "paused") == pauses
    delivery = get_delivery(campaign)
    assert delivery.error
    assert delivery.to_email not in delivery.error


def test_provider_that_accepts_emails_with_an_error_pauses_the_campaign(provider: ProviderHarness) -> None:
    campaign = make_sending_campaign(60, make_newsletter_settings(connections=1, batch_size=20))
    provider.plan(*["500-after"] * 60)
    send_due_campaigns(never)
    assert status_counts(campaign) == {"pending": 40, "uncertain": 20}
    assert campaign.pause_reason.startswith("20 of 20 emails failed or got no clear response.")
    send_due_campaigns(never)
    assert provider.harness.accepted_emails(campaign).total() == 20


def test_timeout_makes_an_email_uncertain(provider: ProviderHarness, settings: Settings) -> None:
    settings.ANYMAIL |= {"REQUESTS_TIMEOUT": (1, 0.2)}
    campaign = make_sending_campaign(1, make_newsletter_settings(uncertain_policy="hold", connections=1))
    provider.plan("slow")
    send_due_campaigns(never)
    assert status_counts(campaign) == {"uncertain": 1}
    send_due_campaigns(never)
    assert len(provider.requests()) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://no-such-host.invalid/"])
def test_unreachable_provider_leaves_emails_pending(provider: ProviderHarness, settings: Settings, url: str) -> None:
    settings.ANYMAIL |= {"POSTMARK_API_URL": url}
    campaign = make_sending_campaign(4, make_newsletter_settings())
    assert send_due_campaigns(never) == 0
    assert status_counts(campaign) == {"pending": 4}
    assert campaign.status == "sending"


def test_too_many_requests_ends_the_round(provider: ProviderHarness) -> None:
    campaign = make_sending_campaign(5, make_newsletter_settings(connections=1))
    provider.plan("", 429)
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 1, "deferred": 1, "pending": 3}
    assert len(provider.requests()) == 2


@pytest.mark.parametrize("name", ["resend", "brevo"])
@pytest.mark.parametrize("later", [False, True])
def test_idempotency_key_prevents_a_second_copy(
    provider: ProviderHarness, settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, later: bool
) -> None:
    provider.use(settings, name)
    campaign = make_sending_campaign(1, make_newsletter_settings(uncertain_policy="resend", connections=1))
    provider.plan("drop-after")
    send_due_campaigns(never)
    assert status_counts(campaign) == {"uncertain": 1}
    delivery = get_delivery(campaign)
    Delivery.objects.update(next_at=campaign.started_at)
    if later:
        # Links contain a timestamp, so the second request differs and Resend reports a known key.
        monkeypatch.setattr(TimestampSigner, "timestamp", lambda _: "later")
    send_due_campaigns(never)
    assert status_counts(campaign) == {"sent": 1}
    assert provider.harness.accepted_emails(campaign).total() == 1
    assert get_delivery(campaign).message_id == delivery.message_id


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_crashes_have_the_same_effect_as_with_a_mail_server(provider: ProviderHarness, policy: str) -> None:
    for crash_at in ("after journal", "after reply", "after commit"):
        campaign = make_sending_campaign(12, make_newsletter_settings(uncertain_policy=policy))
        assert provider.harness.run_worker(crash_at, 2, **provider.settings("postmark")) == KILLED, crash_at
        assert counts_add_up(campaign)
        assert provider.harness.run_worker(**provider.settings("postmark")) == 0
        assert counts_add_up(campaign)
        lost, duplicated, uncertain = provider.harness.count_mistakes(campaign)
        assert lost == 0, crash_at
        assert duplicated <= (0 if policy == "hold" else 2), crash_at
        assert uncertain <= (2 if policy == "hold" else 0), crash_at
        if crash_at == "after commit":
            with_id = campaign.deliveries.filter(status="sent").exclude(provider_id="")
            assert with_id.count() == 12


def test_provider_id_is_recovered_from_the_journal(provider: ProviderHarness) -> None:
    campaign = make_sending_campaign(1, make_newsletter_settings(connections=1))
    assert provider.harness.run_worker("before commit", 1, **provider.settings("postmark")) == KILLED
    assert send_due_campaigns(never) == 0
    assert status_counts(campaign) == {"sent": 1}
    assert get_delivery(campaign).provider_id.startswith("name-")


def test_queued_emails_use_the_provider_too(provider: ProviderHarness) -> None:
    subscriber = Subscriber.objects.create(email="ana@example.org")
    subscriber.request_confirmation()
    provider.plan("inactive")
    assert outbox.send_due_emails() == 1
    email = subscriber.transactional_emails.get()
    assert (email.sent_at, email.next_attempt_at) == (None, None)
    assert email.last_error == "The email provider rejected the recipient's email address."
    SubscriberEmail.objects.update(next_attempt_at=email.created_at)
    assert outbox.send_due_emails() == 1
    email.refresh_from_db()
    assert email.sent_at
    assert email.email_headers["Message-ID"] in str(provider.requests()[-1]["body"])


def test_anymails_test_backend_accepts_the_email(provider: ProviderHarness, settings: Settings) -> None:
    settings.MAILERS = {"default": {"BACKEND": "anymail.backends.test.EmailBackend"}}
    campaign = make_sending_campaign(1, make_newsletter_settings())
    assert send_due_campaigns(never) == 1
    delivery = get_delivery(campaign)
    sent: Any = django_mail.outbox[-1]
    assert sent.anymail_test_params["is_batch_send"] is False
    assert sent.anymail_test_params["metadata"] == {"delivery": delivery.message_id}
    assert (delivery.status, delivery.provider_id) == ("sent", "0")


def test_djangos_backends_accept_the_email(
    provider: ProviderHarness, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, options in (("locmem", {}), ("filebased", {"file_path": str(tmp_path)})):
        settings.MAILERS = {
            "default": {"BACKEND": f"django.core.mail.backends.{name}.EmailBackend", "OPTIONS": options}
        }
        campaign = make_sending_campaign(1, make_newsletter_settings())
        assert send_due_campaigns(never) == 1
        assert status_counts(campaign) == {"sent": 1}
        written = (
            "".join(path.read_text() for path in tmp_path.iterdir()) or django_mail.outbox[-1].message().as_string()
        )
        assert get_delivery(campaign).message_id in written
        assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in written

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("django.core.mail.backends.filebased.EmailBackend.send_messages", fail)
    campaign = make_sending_campaign(1, make_newsletter_settings(uncertain_policy="hold"))
    send_due_campaigns(never)
    assert status_counts(campaign) == {"uncertain": 1}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("anymail://postmark?server_token=a", "postmark"),
        ("smtp://127.0.0.1", ""),
        ("console", ""),
        ("", ""),
    ],
)
def test_email_url_selects_the_provider(settings: Settings, url: str, name: str) -> None:
    settings.MAILERS = mailers(url)
    assert provider_name() == name


def test_options_are_decoded() -> None:
    options = anymail("anymail://mailgun?api_key=a+b/c%25%26=d&sender_domain=mg.example.com", webhook_secret="me:x")
    assert options["MAILGUN_API_KEY"] == "a+b/c%&=d"
    assert options["MAILGUN_SENDER_DOMAIN"] == "mg.example.com"
    assert options["WEBHOOK_SECRET"] == "me:x"
    assert anymail("smtp://127.0.0.1", webhook_secret="me:x") == {}


@pytest.mark.parametrize(
    "url", ["anymail://nobody?api_key=secret", "anymail://postmark", "anymail://postmark?", "anymail://postmark?secret"]
)
def test_unknown_provider_is_rejected_without_revealing_the_key(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        mailers(url)
    assert "secret" not in str(error.value)
    assert "EMAIL_URL" in str(error.value)


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("postmark", {}, "server_token"),
        ("amazon_ses", {}, "region"),
        # Its API does not support List-Unsubscribe, which every campaign needs.
        ("mailersend", {"MAILERSEND_API_TOKEN": "k"}, "MailerSend does not support"),
    ],
)
def test_invalid_provider_settings_pause_the_campaign_with_the_reason(
    provider: ProviderHarness, settings: Settings, name: str, options: dict[str, str], expected: str
) -> None:
    settings.MAILERS = {"default": {"BACKEND": f"anymail.backends.{name}.EmailBackend"}}
    settings.ANYMAIL = options
    campaign = make_sending_campaign(2, make_newsletter_settings())
    send_due_campaigns(never)
    assert not status_counts(campaign).keys() - {"pending", "deferred"}
    assert campaign.status == "paused"
    assert expected in campaign.pause_reason
