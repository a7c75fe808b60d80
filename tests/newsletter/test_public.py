"""Readers join, confirm, choose, leave and are forgotten; nobody else can do it for them, no robot and no scanner."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.signing import Signer, TimestampSigner
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from audit.accessibility import violations_in_both_themes
from newsletter.models import (
    ConsentEvent,
    ConsentText,
    NewsletterSettings,
    Subscriber,
    SubscriberEmail,
    Subscription,
    Suppression,
    Topic,
)
from newsletter.models.consent import AppendOnlyError
from newsletter.subscribers.email_addresses import hash_email, normalize_email
from newsletter.subscribers.tokens import TokenPurpose
from outbox import sending
from public_forms.forms import issue_shared_token, issue_token
from public_forms.models import RateLimitCounter
from siteinfo.models import SiteInfo
from tests.factories import make_campaign, make_delivery, make_subscriber
from tests.mail_server import Mailbox, mail_server

OWN = {"origin": "http://testserver"}
SAM = "sam@example.org"


@pytest.fixture
def mailbox(settings: Settings, db: None) -> Iterator[Mailbox]:
    """The mails that a running mail server took."""
    SiteInfo.objects.create(name="Move Better")
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        yield mailbox


def join(client: Client, email: str = SAM, **changes: str) -> Any:
    """What the site answers to the form, filled in within a minute; `changes` apart."""
    data = {"email": email, "location": "sidebar", "token": issue_token("signup", age=60)}
    return client.post("/newsletter/", data | changes, headers=OWN | {"referer": "http://testserver/a-post/?q=secret"})


def find(content: bytes, query: str) -> list[Any]:
    """What the XPath `query` finds in a page."""
    found: Any = html.fromstring(content).xpath(query)
    return list(found)


def texts(mail: EmailMessage) -> tuple[str, str]:
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain
    assert rich
    return plain.get_content(), rich.get_content()


def links(mail: EmailMessage) -> set[str]:
    """The paths of all links of both parts."""
    plain, rich = texts(mail)
    found = set(re.findall(r"https?://testserver(/[^\s\"<>]+)", plain + rich))
    return found | set(re.findall(r"<https?://testserver(/[^>]+)>", mail["List-Unsubscribe"] or ""))


def link(mail: EmailMessage, page: str) -> str:
    (found,) = {path for path in links(mail) if path.startswith(f"/newsletter/{page}/")}
    return found


def state() -> list[list[dict[str, Any]]]:
    """All that the newsletter keeps."""
    models: tuple[Any, ...] = (Subscriber, Subscription, ConsentEvent, ConsentText, Suppression, SubscriberEmail, Topic)
    return [list(model._base_manager.order_by("pk").values()) for model in models]


def token(subscriber: Subscriber, purpose: TokenPurpose) -> str:
    return purpose.make_token(subscriber.public_id, subscriber.token_version)


def path(subscriber: Subscriber, purpose: TokenPurpose) -> str:
    return subscriber.build_url(purpose).removeprefix("http://testserver")


def kinds(subscriber: Subscriber) -> list[str]:
    return [event.kind for event in subscriber.consent_events.all()]


def calm() -> None:
    """Let the time pass until an address may be mailed again."""
    Subscriber.objects.update(confirmation_requested_at=timezone.now() - timedelta(minutes=16))


# ---- From the form to the list ----------------------------------------------------------------------


def test_the_whole_way_onto_the_list_and_off_again(client: Client, mailbox: Mailbox) -> None:
    response = join(client)
    assert (response.status_code, response["Location"]) == (303, "/newsletter/check-your-inbox/")
    assert not response.cookies
    assert mailbox.messages == []  # the reader waits for no mail server
    subscriber = Subscriber.objects.get()
    assert (subscriber.status, subscriber.email) == ("pending", SAM)
    call_command("worker", once=True)
    call_command("worker", once=True)
    (mail,) = mailbox.messages
    assert (mail["To"], mail["From"], mail["Auto-Submitted"]) == (
        SAM,
        "Move Better <site@example.com>",
        "auto-generated",
    )
    assert mail["List-Unsubscribe"] is None  # there is nothing to leave yet
    page = client.get(link(mail, "confirm"))
    assert SAM in page.content.decode()
    (words,) = find(page.content, "//input[@name='consent_text']/@value")
    assert Subscriber.objects.mailable().count() == 0
    page = client.post(link(mail, "confirm"), {"consent_text": words})
    assert "You're subscribed" in page.content.decode()
    assert not page.cookies
    assert set(Subscriber.objects.mailable()) == {subscriber}
    assert [str(row) for row in subscriber.subscriptions.all()] == ["New posts: As soon as something is published"]
    assert sending.send_due_emails() == 1
    welcome = mailbox.messages[1]
    assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    page = client.post(link(welcome, "u"))
    assert "You're unsubscribed" in page.content.decode()
    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"
    assert Suppression.objects.for_email(SAM).get().reason == "unsubscribed"
    assert kinds(subscriber) == ["requested", "emailed", "confirmed", "unsubscribed"]


def test_the_proof_says_when_where_and_to_which_words(client: Client, mailbox: Mailbox) -> None:
    data = {"email": SAM, "location": "footer", "token": issue_token("signup", age=60)}
    headers = OWN | {"referer": "http://testserver/a-post/?q=secret", "user-agent": "Browser\x00 1"}
    client.post("/newsletter/", data, headers=headers, REMOTE_ADDR="2001:db8::7")
    event = ConsentEvent.objects.get()
    assert (event.kind, event.form, event.page_path, event.ip_address, event.user_agent) == (
        "requested",
        "footer",
        "/a-post/",
        "2001:db8::7",
        "Browser 1",
    )
    assert event.consent_text
    assert (event.consent_text.key, event.consent_text.version) == ("signup", 1)
    shown = find(client.get("/").content, "//footer//p[@class='hint']")[0].text_content()
    assert event.consent_text.text in shown
    subscriber = Subscriber.objects.get()
    old = ConsentText.objects.create(key="confirm", version=4, text="Old words")
    ConsentText.objects.create(key="confirm", version=5, text="New words")
    client.post(path(subscriber, TokenPurpose.CONFIRM), {"consent_text": str(old.pk)})
    confirmed = ConsentEvent.objects.get(kind="confirmed")
    assert confirmed.consent_text == old  # what the page showed when it was opened
    assert confirmed.token_suffix


@pytest.mark.parametrize("words", ["", "0", "x", "9" * 30, "²", "-1"])
def test_a_broken_wording_means_the_one_that_holds(client: Client, mailbox: Mailbox, words: str) -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    client.post(path(subscriber, TokenPurpose.CONFIRM), {"consent_text": words})
    assert ConsentEvent.objects.get(kind="confirmed").consent_text == ConsentText.objects.get(key="confirm")


@pytest.mark.parametrize("known", ["", "pending", "active", "unsubscribed", "bounced", "complained", "blocked"])
def test_the_answer_tells_nothing_of_who_is_on_the_list(client: Client, mailbox: Mailbox, known: str) -> None:
    if known:
        status = "active" if known == "blocked" else known
        make_subscriber(email="SAM@Example.org", status=status)
    if known == "blocked":
        Suppression.objects.add(hash_email(SAM), "manual")
    ConsentText.objects.get_or_create_version("signup", "Other words")  # the first sign-up of all makes this row
    with CaptureQueriesContext(connection) as queries:
        response = join(client)
    assert (response.status_code, response["Location"], response.content) == (303, "/newsletter/check-your-inbox/", b"")
    # The same steps for all; for an address that is new the row itself is made, between two savepoints.
    assert len(queries) == (21 if known else 24)
    assert mailbox.messages == []
    assert SubscriberEmail.objects.count() == 1
    sending.send_due_emails()
    assert len(mailbox.messages) == (0 if known == "blocked" else 1)
    for mail in mailbox.messages:
        assert ("already" in mail["Subject"]) == (known == "active")


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained"])
def test_who_left_comes_back_by_a_new_confirmation_only(client: Client, mailbox: Mailbox, status: str) -> None:
    subscriber = make_subscriber(email=SAM, status="pending", confirmed_at=None)
    used = path(subscriber, TokenPurpose.CONFIRM)
    client.post(used)
    subscriber.refresh_from_db()
    Subscriber.objects.transition("active", status)
    Suppression.objects.add(subscriber.email_hash, "complained")
    assert client.post(used).status_code == 404  # the old link is worth nothing any more
    join(client)
    sending.send_due_emails()
    assert Subscriber.objects.mailable().count() == 0
    client.post(link(mailbox.messages[-1], "confirm"))
    assert Subscriber.objects.mailable().count() == 1


# ---- Scanners and replays ---------------------------------------------------------------------------


def test_a_scanner_that_opens_every_link_of_every_mail_changes_nothing(client: Client, mailbox: Mailbox) -> None:
    pending = make_subscriber(status="pending", confirmed_at=None)
    active = make_subscriber()
    for subscriber, kind in ((pending, "confirm"), (active, "manage"), (active, "welcome")):
        subscriber.transactional_emails.create(kind=kind)
    sending.send_due_emails()
    before, opened = state(), set()
    for mail in mailbox.messages:
        for place in links(mail):
            opened.add(place.split("/")[2])
            for _ in range(2):
                assert client.get(place).status_code == client.head(place).status_code == 200
    assert opened == {"confirm", "p", "u"}
    assert state() == before


def test_pages_with_a_token_are_kept_by_nobody_and_told_to_nobody(client: Client, mailbox: Mailbox) -> None:
    subscriber = make_subscriber()
    for purpose in TokenPurpose:
        for response in (
            client.get(path(subscriber, purpose)),
            client.get(f"/newsletter/{purpose.url_name[11:12]}/x.y/"),
        ):
            assert response["Referrer-Policy"] == "no-referrer" or response.status_code == 404
        response = client.get(path(subscriber, purpose))
        assert "no-store" in response["Cache-Control"]
        assert response["X-Robots-Tag"] == "noindex"
        assert not response.cookies
        assert token(subscriber, purpose) not in "".join(find(response.content, "//header//@href | //footer//@value"))


@pytest.mark.django_db
def test_one_click_works_without_anything_of_a_browser_twice_and_for_tokens_of_nobody(client: Client) -> None:
    subscriber, gone = make_subscriber(), make_subscriber()
    addresses = [path(subscriber, TokenPurpose.UNSUBSCRIBE)] * 2 + [path(gone, TokenPurpose.UNSUBSCRIBE)]
    gone.erase()
    addresses += ["/newsletter/u/forged.token/", "/newsletter/u/%00/", f"/newsletter/u/{'x' * 3000}/"]
    body = "List-Unsubscribe=One-Click"
    answers = [
        client.generic(
            "POST", address, body, "application/x-www-form-urlencoded", headers={"sec-fetch-site": "cross-site"}
        )
        for address in addresses
    ]
    assert {answer.status_code for answer in answers} == {200}
    shown = {re.sub(rb'value="[^"]*"', b"", answer.content) for answer in answers}
    assert len(shown) == 1
    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"
    assert [event.form for event in subscriber.consent_events.all()] == ["one click"]


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["pending", "active", "unsubscribed", "bounced", "complained"])
def test_leaving_is_heard_in_every_state_and_weakens_no_complaint(client: Client, status: str) -> None:
    subscriber = make_subscriber(status=status)
    assert client.post(path(subscriber, TokenPurpose.UNSUBSCRIBE)).status_code == 200
    subscriber.refresh_from_db()
    assert subscriber.status == ("unsubscribed" if status in {"active", "bounced"} else status)
    assert Subscriber.objects.mailable().count() == 0


@pytest.mark.django_db
def test_what_happens_at_the_same_moment_neither_undoes_leaving_nor_brings_back() -> None:
    leaving, coming = make_subscriber(), make_subscriber(status="unsubscribed")
    Subscriber.objects.filter(pk=leaving.pk).transition("active", "bounced")
    leaving.unsubscribe()  # read before the bounce
    Subscriber.objects.filter(pk=coming.pk).transition("unsubscribed", "complained")
    coming.confirm()  # read before the complaint
    assert list(Subscriber.objects.order_by("pk").values_list("status", flat=True)) == ["unsubscribed", "complained"]
    assert Subscriber.objects.mailable().count() == SubscriberEmail.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_are_one_confirmation() -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    place = path(subscriber, TokenPurpose.CONFIRM)

    def press(_: int) -> bool:
        try:
            return b"You're subscribed" in Client().post(place).content
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as readers:
        assert all(readers.map(press, range(8)))
    assert kinds(subscriber) == ["confirmed"]
    assert SubscriberEmail.objects.count() == subscriber.subscriptions.count() == 1


@pytest.mark.django_db
def test_a_link_of_an_old_mail_still_takes_one_off_the_list(client: Client) -> None:
    subscriber = make_subscriber()
    old = path(subscriber, TokenPurpose.UNSUBSCRIBE)
    Subscriber.objects.update(token_version=9)
    assert client.post(old).status_code == 200
    assert Subscriber.objects.get().status == "unsubscribed"


def test_tokens_are_signed_as_django_signs() -> None:
    key, value = uuid4(), "newsletter.subscribers.tokens."
    unsubscribe = Signer(salt=f"{value}UNSUBSCRIBE", sep=".").unsign(TokenPurpose.UNSUBSCRIBE.make_token(key, 3))
    assert unsubscribe == f"{key.hex}-3"
    preferences = TimestampSigner(salt=f"{value}PREFERENCES", sep=".")
    assert preferences.unsign(TokenPurpose.PREFERENCES.make_token(key, 3), max_age=60) == f"{key.hex}-3"


@pytest.mark.django_db
@pytest.mark.parametrize("purpose", [TokenPurpose.CONFIRM, TokenPurpose.PREFERENCES])
def test_a_token_that_is_forged_old_or_of_another_kind_is_worth_nothing(
    client: Client, purpose: TokenPurpose, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber = make_subscriber(status="pending", confirmed_at=None)
    good = token(subscriber, purpose)
    page = path(subscriber, purpose).removesuffix(f"{good}/")
    wrong = [good[:-1] + ("A" if good[-1] != "A" else "B"), good[5:], "x", "a.b.c", "%00", "é"]
    wrong += [token(subscriber, other) for other in TokenPurpose if other is not purpose]
    monkeypatch.setattr("django.core.signing.time.time", lambda: timezone.now().timestamp() - 91 * 86400)
    wrong.append(token(subscriber, purpose))
    monkeypatch.undo()
    Subscriber.objects.update(token_version=1)
    wrong.append(good)
    before = state()
    for each in wrong:
        for method in (client.get, client.post):
            response = method(f"{page}{each}/")
            assert response.status_code == 404
            assert "Send me a new link" in response.content.decode()
    assert state() == before


# ---- Preferences, data, erasure ---------------------------------------------------------------------


@pytest.mark.django_db
def test_topics_pace_and_a_pause_are_chosen_without_a_password(client: Client) -> None:
    posts, notes = Topic.objects.create(name="Posts", slug="posts"), Topic.objects.create(name="Notes", slug="notes")
    hidden = Topic.objects.create(name="Hidden", slug="hidden", is_public=False)
    subscriber = make_subscriber()
    subscriber.subscriptions.create(topic=posts)
    place = path(subscriber, TokenPurpose.PREFERENCES)
    page = client.get(place).content
    assert find(page, "//fieldset[not(@data-theme-switch)]/legend/text()") == ["Posts", "Notes"]
    assert find(page, "//input[@checked][@name!='theme']/@value") == ["instant", "never"]
    choices = {
        f"topic-{posts.pk}": "weekly",
        f"topic-{notes.pk}": "never",
        f"topic-{hidden.pk}": "instant",
        "pause": "30",
    }
    assert "Saved." in client.post(place, choices).content.decode()
    assert {(row.topic, row.is_subscribed, row.cadence) for row in subscriber.subscriptions.all()} == {
        (posts, True, "weekly"),
        (notes, False, "instant"),
    }
    assert Subscriber.objects.mailable().count() == 0
    assert "paused until" in client.get(place).content.decode()
    assert ConsentEvent.objects.get().note == "posts: weekly, notes: never, pause: 30"
    client.post(place, choices | {"pause": "keep"})
    assert Subscriber.objects.get().paused_until
    client.post(place, choices | {"pause": "no"})
    assert Subscriber.objects.mailable().count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("choice", ["", "hourly", "\x00"])
def test_a_choice_that_is_none_saves_nothing(client: Client, choice: str) -> None:
    topic = Topic.objects.create(name="Posts", slug="posts")
    subscriber = make_subscriber()
    before = state()
    data = {f"topic-{topic.pk}": choice, "pause": "30"}
    page = client.post(path(subscriber, TokenPurpose.PREFERENCES), data).content.decode()
    assert "Your changes were not saved" in page
    assert state() == before


@pytest.mark.django_db
def test_who_wants_no_topic_at_all_gets_no_letter_to_everybody_either(client: Client) -> None:
    subscriber, other = make_subscriber(email=SAM), make_subscriber()
    topics = [Topic.objects.create(name=name, slug=name.lower()) for name in ("Posts", "News")]
    letter = make_campaign(status="draft")
    assert set(letter.audience()) == {subscriber, other}
    for choices, gets_it in ((("never", "never"), False), (("never", "weekly"), True)):
        data = {f"topic-{topic.pk}": choice for topic, choice in zip(topics, choices, strict=True)}
        assert b"Saved." in client.post(path(subscriber, TokenPurpose.PREFERENCES), data | {"pause": "no"}).content
        assert letter.audience().filter(pk=subscriber.pk).exists() == gets_it


@pytest.mark.django_db
def test_everybody_gets_all_that_is_kept_about_them(client: Client) -> None:
    subscriber = make_subscriber(email="Zoë@example.org".replace("ë", "e"), name="Zoë")
    subscriber.request_confirmation(
        ip_address="192.0.2.7", form="footer", consent_text=ConsentText.objects.get_or_create_version("signup", "Words")
    )
    subscriber.subscriptions.create(topic=Topic.objects.create(name="Posts", slug="posts"))
    make_delivery(subscriber=subscriber, status="sent")
    make_delivery(subscriber=make_subscriber(email="other@example.org"))
    place = path(subscriber, TokenPurpose.PREFERENCES) + "export/"
    assert client.get(place).status_code == 405
    response = client.post(place)
    assert "attachment" in response["Content-Disposition"]
    data = json.loads(response.content)
    assert (data["subscriber"]["email"], data["subscriber"]["name"]) == ("Zoe@example.org", "Zoë")
    assert [(entry["event"], entry["ip_address"], entry["consent_text"]) for entry in data["consent_log"]] == [
        ("Requested to subscribe", "192.0.2.7", "Words"),
        ("Exported their data", "127.0.0.1", ""),
    ]
    assert [topic["topic"] for topic in data["subscriptions"]] == ["Posts"]
    assert len(data["emails"]) == 2
    assert "other@" not in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["pending", "active", "unsubscribed", "bounced", "complained"])
def test_erasing_leaves_nothing_but_a_mark_that_nobody_can_read_back(client: Client, status: str) -> None:
    subscriber = make_subscriber(email="Sam+x@Example.org", status=status, name="Samuel")
    subscriber.request_confirmation(ip_address="192.0.2.7", user_agent="Browser", page_path="/about/")
    sent, waiting = (
        make_delivery(subscriber=subscriber, to_email=subscriber.email, status=s) for s in ("sent", "pending")
    )
    place = path(subscriber, TokenPurpose.PREFERENCES) + "erase/"
    assert client.get(place).status_code == 405
    assert "Your data has been erased" in client.post(place).content.decode()
    assert Subscriber.objects.count() == SubscriberEmail.objects.count() == 0
    assert Suppression.objects.for_email("sam+X@example.ORG").get().reason == "erased"
    for delivery, expected in ((sent, "sent"), (waiting, "skipped")):
        delivery.refresh_from_db()
        assert (delivery.to_email, delivery.subscriber, delivery.status) == ("", None, expected)
    events = ConsentEvent.objects.values_list(
        "kind", "subscriber", "ip_address", "user_agent", "page_path", "token_suffix"
    )
    assert list(events) == [(kind, None, None, "", "", "") for kind in ("requested", "erased")]
    assert client.post(place).status_code == 404
    kept = json.dumps(state(), default=str).lower()
    assert "sam" not in kept
    assert "192.0.2" not in kept


@pytest.mark.django_db
def test_the_hash_needs_the_key_and_outlives_a_new_secret(settings: Settings) -> None:
    before = hash_email(SAM)
    settings.SECRET_KEY, settings.EMAIL_HASH_KEY = "new", settings.EMAIL_HASH_KEY
    assert hash_email(" SAM@example.ORG ") == before
    settings.EMAIL_HASH_KEY = "other"
    assert hash_email(SAM) != before


# ---- Hostile words and floods -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("  Sam@Example.ORG ", "sam@example.org"),
        ("sam@bücher.example", "sam@xn--bcher-kva.example"),
        (f"sam@{'x' * 70}.org", f"sam@{'x' * 70}.org"),
        ("sam@bu\u0308cher.example", "sam@xn--bcher-kva.example"),
        ('"sam smith"@example.org', '"sam smith"@example.org'),
        ("s.a.m+news@example.org", "s.a.m+news@example.org"),
    ],
)
def test_one_address_has_one_key_however_it_is_typed(typed: str, key: str) -> None:
    assert normalize_email(typed) == key
    assert normalize_email(key) == key


@pytest.mark.parametrize("email", ["sam@bücher.example", "o'neil@example.org", "a=?utf-8?q?b?=@example.org"])
def test_odd_addresses_get_their_mail(client: Client, mailbox: Mailbox, email: str) -> None:
    assert join(client, email).status_code == 303
    sending.send_due_emails()
    (mail,) = mailbox.messages
    assert mailbox.envelopes[0][1] == [email.replace("bücher", "xn--bcher-kva")]
    assert mail["Bcc"] is None
    assert client.post(link(mail, "confirm")).status_code == 200
    assert Subscriber.objects.mailable().count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    [
        "",
        "sam",
        "sam@",
        "sam@example.org\nBcc: eve@example.org",
        "sam@example.org\r\nBcc: eve@example.org",
        "sam@example.org, eve@example.org",
        "<script>@example.org",
        '"sam smith"@example.org',
        '"sam..smith"@example.org',
        "\u017fam@example.org",
        "sam@straße.example",
        "sam@exam\u202eple.org",
        "\x00",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 59}.org",
        # Of 255 letters, one more than a mail server takes (RFC 5321, 4.5.3.1.3).
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.org",
    ],
)
def test_what_is_no_address_is_said_and_keeps_nothing(client: Client, email: str) -> None:
    response = join(client, email)
    assert response.status_code == 200
    assert find(response.content, "//title/text()")[0].startswith("Error: ")
    assert len(find(response.content, "//main//*[@aria-invalid]")) == 1
    assert Subscriber.objects.count() == 0


@pytest.mark.django_db
def test_an_address_gets_one_mail_in_fifteen_minutes_and_three_a_day(client: Client) -> None:
    for number in range(5):
        for _ in range(2):
            assert join(client, SAM if number % 2 else SAM.upper()).status_code == 303
            RateLimitCounter.objects.filter(count=10).update(count=0)  # let the network's own limit be
        assert SubscriberEmail.objects.count() == min(number + 1, 3)
        calm()
    assert ConsentEvent.objects.count() == 3


@pytest.mark.django_db
def test_a_flood_from_one_network_ends_at_ten_a_day(client: Client) -> None:
    answers = [join(client, f"sam{number}@example.org").status_code for number in range(20)]
    assert answers == [303] * 10 + [429] * 10
    assert Subscriber.objects.count() == 10


@pytest.mark.django_db
def test_a_flood_from_many_networks_ends_at_the_hourly_cap_and_the_desk_says_so(
    client: Client, admin_client: Client
) -> None:
    NewsletterSettings.objects.create(max_signups_per_hour=4)

    def flood(number: int) -> int:
        data = {"email": f"sam{number}@example.org", "token": issue_token("signup", age=60)}
        return int(client.post("/newsletter/", data, headers=OWN, REMOTE_ADDR=f"192.0.2.{number}").status_code)

    assert "Newsletter sign-ups are paused" not in admin_client.get("/admin/").content.decode()
    # The same whether the address is known.
    assert [flood(number) for number in (1, 2, 3, 4, 5, 1, 2)] == [303] * 4 + [429] * 3
    assert SubscriberEmail.objects.count() == 4
    assert "Newsletter sign-ups are paused" in admin_client.get("/admin/").content.decode()


@pytest.mark.django_db
def test_a_robot_is_thanked_and_kept_out(client: Client) -> None:
    assert join(client, homepage="http://spam.example").status_code == 303
    data = {"email": SAM, "token": issue_token("signup", age=60)}
    assert client.post("/newsletter/", data, headers={"origin": "https://example.com"}).status_code == 403
    for forged in ("", "x", issue_token("contact", age=60), issue_token("signup")):
        assert join(client, token=forged).status_code == 200
    assert Subscriber.objects.count() == 0


@pytest.mark.django_db
def test_the_form_of_a_page_that_is_kept_for_all_readers_works_at_one_press(client: Client) -> None:
    tokens = set(find(client.get("/").content, "//input[@name='token']/@value"))
    assert tokens == {issue_shared_token("signup")}
    assert join(client, token=tokens.pop()).status_code == 303


# ---- Upkeep -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_never_confirms_is_erased_after_a_week_without_a_mark() -> None:
    now = timezone.now()
    old = make_subscriber(
        status="pending", confirmed_at=None, confirmation_requested_at=now - timedelta(days=7, minutes=1)
    )
    old.transactional_emails.create(kind="confirm")
    kept = {
        make_subscriber(status="pending", confirmed_at=None, confirmation_requested_at=now - timedelta(days=6)),
        make_subscriber(status="unsubscribed", confirmation_requested_at=now - timedelta(days=30)),
        make_subscriber(confirmation_requested_at=now - timedelta(days=30)),
    }
    call_command("worker", once=True)
    assert set(Subscriber.objects.all()) == kept
    assert Suppression.objects.count() == 0


@pytest.mark.django_db
def test_the_log_is_neither_changed_nor_deleted_and_forgets_networks_in_time() -> None:
    now = timezone.now()
    subscriber = make_subscriber()
    for days, ip in ((1, "192.0.2.77"), (91, "192.0.2.77"), (91, "2001:db8:1:2::3"), (1096, "192.0.2.77")):
        ConsentEvent.objects.record(
            "requested", subscriber, occurred_at=now - timedelta(days=days), ip_address=ip, user_agent="Browser"
        )
    event = ConsentEvent.objects.first()
    assert event
    for change in (event.save, event.delete, ConsentEvent.objects.all().delete, ConsentText.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            change()
    with pytest.raises(AppendOnlyError):
        ConsentEvent.objects.update(kind="confirmed")
    call_command("worker", once=True)
    assert list(ConsentEvent.objects.order_by("-occurred_at", "pk").values_list("ip_address", "user_agent")) == [
        ("192.0.2.77", "Browser"),
        ("192.0.2.0", "Browser"),
        ("2001:db8:1::", "Browser"),
        (None, ""),
    ]


@pytest.mark.django_db
def test_a_mail_that_makes_no_sense_any_more_is_not_sent(settings: Settings) -> None:
    active, left = make_subscriber(), make_subscriber(status="unsubscribed")
    needless = [
        active.transactional_emails.create(kind="confirm"),
        left.transactional_emails.create(kind="welcome"),
        left.transactional_emails.create(kind="manage"),
    ]
    late = make_subscriber().transactional_emails.create(kind="manage")
    SubscriberEmail.objects.filter(pk=late.pk).update(created_at=timezone.now() - timedelta(days=8))
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        assert sending.send_due_emails() == len(needless) + 1
        assert sending.send_due_emails() == 0
    assert mailbox.messages == []


# ---- In a browser -----------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_somebody_joins_confirms_and_leaves_without_javascript_and_without_a_cookie(
    browser: Browser, live_server: LiveServer, settings: Settings
) -> None:
    settings.SITE_URL = live_server.url
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    footer = page.get_by_role("contentinfo")
    footer.get_by_label("Email address").fill(SAM)
    footer.get_by_role("button", name="Subscribe").click()
    page.get_by_role("heading", name="Check your inbox").wait_for()
    subscriber = Subscriber.objects.get()
    page.goto(subscriber.build_url(TokenPurpose.CONFIRM))
    page.get_by_role("button", name="Yes, subscribe me").click()
    page.get_by_role("link", name="Choose what you get").click()
    page.get_by_label("Once a week, all in one email").check()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page.get_by_role("button", name="Unsubscribe from everything").click()
    page.get_by_role("heading", name="You're unsubscribed.").wait_for()
    assert context.cookies() == []
    context.close()
    subscriber.refresh_from_db()
    assert subscriber.status == "unsubscribed"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_scanner_that_runs_scripts_changes_nothing_and_everybody_can_use_the_pages(page: Page) -> None:
    pending, active = make_subscriber(status="pending", confirmed_at=None), make_subscriber()
    active.subscriptions.create(topic=Topic.objects.create(name="Posts", slug="posts"))
    before = state()
    page.set_viewport_size({"width": 320, "height": 800})
    for subscriber in (pending, active):
        for purpose in TokenPurpose:
            page.goto(subscriber.build_url(purpose), wait_until="networkidle")
            assert page.locator("main button").count() or page.locator("main a.button").count()
            assert violations_in_both_themes(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert state() == before
