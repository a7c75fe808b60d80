"""Campaigns through a provider's API: one request a mail, and what became of each is known or uncertain."""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import TimestampSigner
from pytest_django import Settings

from newsletter.delivery.providers import provider_name
from newsletter.delivery.sending import deliver
from newsletter.models import Campaign, Delivery, Subscriber, SubscriberEmail
from outbox import sending as outbox
from ptcomplete.email_settings import anymail, mailers
from tests.newsletter.delivery.harness import KILLED, adds_up, campaign_to, sender
from tests.newsletter.delivery.provider_harness import ProviderHarness

pytestmark = pytest.mark.django_db(transaction=True)


def never() -> bool:
    return False


def census(campaign: Campaign) -> dict[str, int]:
    assert adds_up(campaign)
    return {status: number for status, number in campaign.deliveries.count_by_status().items() if number}


def only(campaign: Campaign) -> Delivery:
    return campaign.deliveries.get()


def name_headers(asked: dict[str, Any]) -> dict[str, str]:
    body = asked["body"]
    return body.get("headers") or {item["Name"]: item["Value"] for item in body["Headers"]}


@pytest.mark.parametrize("name", ["postmark", "resend", "brevo"])
def test_each_mail_is_one_request_with_all_our_headers_and_keeps_the_providers_name_for_it(
    api: ProviderHarness, settings: Settings, name: str
) -> None:
    api.use(settings, name)
    campaign = campaign_to(3, sender(from_name="Ana, „PT“", reply_to="ana@example.com"))
    assert deliver(never) == 3
    assert census(campaign) == {"sent": 3}
    assert api.stage.tally(campaign) == (0, 0, 0)
    assert len(api.requests()) == 3
    for row in campaign.deliveries.all():
        asked = next(each for each in api.requests() if row.to_email in str(each["body"]))
        assert "name-" in row.provider_id
        assert asked["headers"]["Idempotency-Key"]
        headers = name_headers(asked)
        assert headers["Message-ID"] == row.message_id
        assert headers["List-Unsubscribe"].startswith("<http")
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert headers["List-Id"] == "<newsletter.testserver>"
        assert headers["Precedence"] == "bulk"
        assert "Content-Type" not in headers
        assert row.message_id in str(asked["body"].get("Metadata") or headers)
        sent = str(asked["body"])
        # Anymail writes such a name to Brevo as encoded words.
        assert "Ana, „PT“" in sent or name == "brevo"
        assert "ana@example.com" in sent
        assert "Bend them.</p>" in sent
        assert "-unsubscribe/" not in sent, "A marker was not replaced."
    assert len({asked["headers"]["Idempotency-Key"] for asked in api.requests()}) == 3


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
def test_each_answer_has_its_outcome_and_nothing_below_tries_again(
    api: ProviderHarness, answer: str | int, status: str, pauses: bool, copies: int
) -> None:
    campaign = campaign_to(1, sender(uncertain_policy="hold", connections=1))
    api.plan(answer)
    deliver(never)
    assert census(campaign) == {status: 1}
    assert len(api.requests()) == 1
    assert api.stage.taken(campaign).total() == copies
    assert (campaign.status == "paused") == pauses
    row = only(campaign)
    assert row.error
    assert row.to_email not in row.error


def test_a_provider_that_takes_mails_and_calls_it_an_error_pauses_the_campaign(api: ProviderHarness) -> None:
    campaign = campaign_to(60, sender(connections=1, batch_size=20))
    api.plan(*["500-after"] * 60)
    deliver(never)
    assert census(campaign) == {"pending": 40, "uncertain": 20}
    assert campaign.pause_reason.startswith("20 of 20 mails failed, or got no clear answer.")
    deliver(never)
    assert api.stage.taken(campaign).total() == 20


def test_without_an_answer_in_time_a_mail_is_uncertain(api: ProviderHarness, settings: Settings) -> None:
    settings.ANYMAIL |= {"REQUESTS_TIMEOUT": (1, 0.2)}
    campaign = campaign_to(1, sender(uncertain_policy="hold", connections=1))
    api.plan("slow")
    deliver(never)
    assert census(campaign) == {"uncertain": 1}
    deliver(never)
    assert len(api.requests()) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://no-such-host.invalid/"])
def test_a_provider_that_is_away_costs_no_mail_anything(api: ProviderHarness, settings: Settings, url: str) -> None:
    settings.ANYMAIL |= {"POSTMARK_API_URL": url}
    campaign = campaign_to(4, sender())
    assert deliver(never) == 0
    assert census(campaign) == {"pending": 4}
    assert campaign.status == "sending"


def test_a_provider_that_has_enough_is_left_alone_for_a_while(api: ProviderHarness) -> None:
    campaign = campaign_to(5, sender(connections=1))
    api.plan("", 429)
    deliver(never)
    assert census(campaign) == {"sent": 1, "deferred": 1, "pending": 3}
    assert len(api.requests()) == 2


@pytest.mark.parametrize("name", ["resend", "brevo"])
@pytest.mark.parametrize("later", [False, True])
def test_where_the_provider_heeds_a_key_the_second_try_makes_no_second_copy(
    api: ProviderHarness, settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, later: bool
) -> None:
    api.use(settings, name)
    campaign = campaign_to(1, sender(uncertain_policy="resend", connections=1))
    api.plan("drop-after")
    deliver(never)
    assert census(campaign) == {"uncertain": 1}
    row = only(campaign)
    Delivery.objects.update(next_at=campaign.started_at)
    if later:
        # Links that are signed with the time differ, and Resend then says that it knows the key.
        monkeypatch.setattr(TimestampSigner, "timestamp", lambda _: "later")
    deliver(never)
    assert census(campaign) == {"sent": 1}
    assert api.stage.taken(campaign).total() == 1
    assert only(campaign).message_id == row.message_id


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_killed_anywhere_it_is_as_with_a_mail_server(api: ProviderHarness, policy: str) -> None:
    for how in ("after journal", "after reply", "after commit"):
        campaign = campaign_to(12, sender(uncertain_policy=policy))
        assert api.stage.run(how, 2, **api.settings("postmark")) == KILLED, how
        assert adds_up(campaign)
        assert api.stage.run(**api.settings("postmark")) == 0
        assert adds_up(campaign)
        lost, duplicated, uncertain = api.stage.tally(campaign)
        assert lost == 0, how
        assert duplicated <= (0 if policy == "hold" else 2), how
        assert uncertain <= (2 if policy == "hold" else 0), how
        if how == "after commit":
            named = campaign.deliveries.filter(status="sent").exclude(provider_id="")
            assert named.count() == 12


def test_what_the_journal_knows_was_answered_keeps_the_providers_name(api: ProviderHarness) -> None:
    campaign = campaign_to(1, sender(connections=1))
    assert api.stage.run("before commit", 1, **api.settings("postmark")) == KILLED
    assert deliver(never) == 0
    assert census(campaign) == {"sent": 1}
    assert only(campaign).provider_id.startswith("name-")


def test_single_mails_go_the_same_way(api: ProviderHarness) -> None:
    person = Subscriber.objects.create(email="ana@example.org")
    person.request_confirmation()
    api.plan("inactive")
    assert outbox.send_due_emails() == 1
    mail = person.transactional_emails.get()
    assert (mail.sent_at, mail.next_attempt_at) == (None, None)
    assert mail.last_error == "The email provider rejected the recipient's email address."
    SubscriberEmail.objects.update(next_attempt_at=mail.created_at)
    assert outbox.send_due_emails() == 1
    mail.refresh_from_db()
    assert mail.sent_at
    assert mail.email_headers["Message-ID"] in str(api.requests()[-1]["body"])


def test_anymails_own_test_backend_takes_the_same_mail(api: ProviderHarness, settings: Settings) -> None:
    settings.MAILERS = {"default": {"BACKEND": "anymail.backends.test.EmailBackend"}}
    campaign = campaign_to(1, sender())
    assert deliver(never) == 1
    row = only(campaign)
    sent: Any = django_mail.outbox[-1]
    assert sent.anymail_test_params["is_batch_send"] is False
    assert sent.anymail_test_params["metadata"] == {"delivery": row.message_id}
    assert (row.status, row.provider_id) == ("sent", "0")


def test_any_backend_of_djangos_takes_it_too(
    api: ProviderHarness, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, options in (("locmem", {}), ("filebased", {"file_path": str(tmp_path)})):
        settings.MAILERS = {
            "default": {"BACKEND": f"django.core.mail.backends.{name}.EmailBackend", "OPTIONS": options}
        }
        campaign = campaign_to(1, sender())
        assert deliver(never) == 1
        assert census(campaign) == {"sent": 1}
        written = (
            "".join(path.read_text() for path in tmp_path.iterdir()) or django_mail.outbox[-1].message().as_string()
        )
        assert only(campaign).message_id in written
        assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in written

    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("django.core.mail.backends.filebased.EmailBackend.send_messages", fail)
    campaign = campaign_to(1, sender(uncertain_policy="hold"))
    deliver(never)
    assert census(campaign) == {"uncertain": 1}


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("anymail://postmark?server_token=a", "postmark"),
        ("smtp://127.0.0.1", ""),
        ("console", ""),
        ("", ""),
    ],
)
def test_the_settings_alone_choose(settings: Settings, url: str, names: str) -> None:
    settings.MAILERS = mailers(url)
    assert provider_name() == names


def test_options_are_written_as_they_are() -> None:
    found = anymail("anymail://mailgun?api_key=a+b/c%25%26=d&sender_domain=mg.example.com", webhook_secret="me:x")
    assert found["MAILGUN_API_KEY"] == "a+b/c%&=d"
    assert found["MAILGUN_SENDER_DOMAIN"] == "mg.example.com"
    assert found["WEBHOOK_SECRET"] == "me:x"
    assert anymail("smtp://127.0.0.1", webhook_secret="me:x") == {}


@pytest.mark.parametrize(
    "url", ["anymail://nobody?api_key=secret", "anymail://postmark", "anymail://postmark?", "anymail://postmark?secret"]
)
def test_a_provider_that_nobody_knows_is_refused_without_saying_the_key(url: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        mailers(url)
    assert "secret" not in str(error.value)
    assert "EMAIL_URL" in str(error.value)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("postmark", {}, "server_token"),
        ("amazon_ses", {}, "boto3"),
        # It has no place for List-Unsubscribe, without which nothing goes out.
        ("mailersend", {"MAILERSEND_API_TOKEN": "k"}, "MailerSend does not support"),
    ],
)
def test_a_provider_whose_settings_are_not_right_pauses_with_the_reason(
    api: ProviderHarness, settings: Settings, name: str, options: dict[str, str], says: str
) -> None:
    settings.MAILERS = {"default": {"BACKEND": f"anymail.backends.{name}.EmailBackend"}}
    settings.ANYMAIL = options
    campaign = campaign_to(2, sender())
    deliver(never)
    assert not census(campaign).keys() - {"pending", "deferred"}
    assert campaign.status == "paused"
    assert says in campaign.pause_reason
