"""Campaigns on the desk: begun, written, looked at, tested, sent after two questions, watched, stopped and settled."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.models import User
from newsletter.campaigns import actions, progress, templates
from newsletter.delivery.materialize import prepare_due
from newsletter.delivery.sending import finish
from newsletter.models import Campaign, Delivery, NewsletterSettings, Subscriber, TestEmail
from outbox import sending as outbox
from tests.factories import make_campaign, make_delivery, make_image, make_post, make_subscriber
from tests.mail_server import Mailbox, mail_server, message_text

pytestmark = pytest.mark.django_db
LIST = "/admin/newsletter/campaign/"
TEXT = "<p>Walk ten minutes a day.</p>"


def place(campaign: Campaign, name: str = "change") -> str:
    return f"{LIST}{campaign.pk}/{name}/"


def writer(*permissions: str) -> Client:
    user = User.objects.create_user("writer@example.com", "a password for tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def text_of(client: Client, address: str, data: Any = None) -> str:
    response = client.get(address) if data is None else client.post(address, data, follow=True)
    assert response.status_code == 200
    return response.content.decode()


def draft(**overrides: Any) -> Campaign:
    fields = {"status": "draft", "subject": "A short subject", "preheader": "Words after it", "body": TEXT}
    blank = {"scheduled_at": None, "not_after": None, "prepared_at": None, "total": None, "frozen_sha256": ""}
    return make_campaign(**fields | blank | overrides)


def form(campaign: Campaign | None = None, **overrides: Any) -> dict[str, Any]:
    version = {"base_version": campaign.version} if campaign else {}
    return {"subject": "Other words", "preheader": "", "body": TEXT, "_save": "1"} | version | overrides


def answer(client: Client, campaign: Campaign, **overrides: Any) -> dict[str, Any]:
    """What the page that asks for the last time would send."""
    response = client.get(place(campaign, "send"))
    seen = response.context["form"].initial["seen"]
    return {"when": "now", "at_0": "", "at_1": "", "seen": seen} | overrides


# ---- Written ----------------------------------------------------------------------------------------


def test_an_empty_list_says_how_to_begin(admin_client: Client) -> None:
    page = text_of(admin_client, LIST)
    assert "No campaign yet" in page
    assert "Write a campaign</a>" in page


def test_what_is_written_is_kept_and_cleaned_and_goes_nowhere(admin_client: Client) -> None:
    page = text_of(admin_client, f"{LIST}add/", form(body="<p onclick='x()'>Hello<script>x()</script></p>"))
    assert "Saved as a draft" in page
    campaign = Campaign.objects.get()
    assert (campaign.status, campaign.body, campaign.version) == ("draft", "<p>Hello</p>", 1)
    page = text_of(admin_client, place(campaign), form(campaign, subject="Better words"))
    campaign.refresh_from_db()
    assert (campaign.subject, campaign.version) == ("Better words", 2)
    assert prepare_due() == 0


def test_two_writers_never_overwrite_each_other(admin_client: Client) -> None:
    campaign = draft()
    stale = form(campaign, subject="Mine")
    text_of(admin_client, place(campaign), form(campaign, subject="Theirs"))
    page = text_of(admin_client, place(campaign), stale)
    assert "saved this text, after you opened it" in page
    assert 'value="Mine"' in page
    campaign.refresh_from_db()
    assert campaign.subject == "Theirs"
    text_of(admin_client, place(campaign), stale | {"_overwrite": "2"})
    campaign.refresh_from_db()
    assert campaign.subject == "Mine"


def test_typing_is_kept_before_it_is_saved(admin_client: Client) -> None:
    key = str(uuid4())
    typed = {"subject": "Typed", "body": "<p>Not saved</p>", "autosave_key": key}
    kept = admin_client.post(f"{LIST}autosave/", typed).json()
    campaign = Campaign.objects.get()
    assert kept["change_url"] == place(campaign)
    assert (campaign.subject, campaign.body, campaign.status) == ("Typed", "", "draft")
    assert "Not saved" in text_of(admin_client, place(campaign))
    assert "Not saved" in text_of(admin_client, kept["preview_url"])
    assert "Not saved" not in text_of(admin_client, place(campaign, "preview"))
    text_of(admin_client, place(campaign), form(campaign, autosave_key=key))
    assert not campaign.autosaves.exists()


def test_a_campaign_begins_with_a_post(admin_client: Client) -> None:
    post = make_post(title="Knees", excerpt="About knees.", body="<p>All of it.</p>", featured_image=make_image())
    make_post(title="Hidden", status="draft", published_at=None)
    page = text_of(admin_client, f"{LIST}from-post/")
    assert f"{LIST}add/?post={post.pk}" in page
    assert "Hidden" not in page
    assert "No public post has" in text_of(admin_client, f"{LIST}from-post/?q=elbow")
    initial = admin_client.get(f"{LIST}add/?post={post.pk}").context["adminform"].form.initial
    assert (initial["subject"], initial["preheader"], initial["post"]) == ("Knees", "About knees.", post.pk)
    assert f'data-image="{post.featured_image_id}"' in initial["body"]
    assert f"/{post.slug}/" in initial["body"]
    assert "All of it" not in initial["body"]
    whole = admin_client.get(f"{LIST}add/?post={post.pk}&whole").context["adminform"].form.initial
    assert whole["body"] == "<p>All of it.</p>"
    assert not Campaign.objects.exists()
    # From the post's own page, and back to it.
    page = text_of(admin_client, f"/admin/blog/post/{post.pk}/change/")
    assert "Mail this post" in page
    draft(subject="About knees", post=post)
    assert "In the newsletter" in text_of(admin_client, f"/admin/blog/post/{post.pk}/change/")


def test_a_digest_by_hand_gathers_what_came_since_the_last_mail(admin_client: Client) -> None:
    now = timezone.now()
    make_campaign(status="sent", started_at=now - timedelta(days=3))
    make_post(title="Old", published_at=now - timedelta(days=4))
    for number in (1, 2):
        make_post(title=f"New {number}", published_at=now - timedelta(days=number))
    fields = templates.from_new_posts()
    assert fields["subject"] == "New 1"
    assert fields["preheader"] == "And New 2"
    assert fields["body"].index("New 1") < fields["body"].index("New 2")
    assert "Old" not in fields["body"]
    make_campaign(status="sent", started_at=now)
    assert "Nothing was published since" in text_of(admin_client, f"{LIST}add/?new")


def test_words_that_come_too_late_become_a_new_draft(admin_client: Client) -> None:
    campaign = make_campaign(status="preparing", subject="On its way")
    page = text_of(admin_client, place(campaign), form(campaign, subject="Too late"))
    assert "Yours are kept here, as a new draft" in page
    campaign.refresh_from_db()
    late = Campaign.objects.get(subject="Too late")
    assert (campaign.subject, late.status) == ("On its way", "draft")
    # And with a fault in them they are still there.
    page = text_of(admin_client, place(campaign), form(campaign, subject="", body="<p>Still here</p>"))
    assert "Still here" in page
    assert "is on its way meanwhile" in page


def test_what_is_typed_after_the_beginning_is_told_so(admin_client: Client) -> None:
    campaign = make_campaign(status="preparing")
    kept = admin_client.post(place(campaign, "autosave"), {"subject": "Late", "autosave_key": str(uuid4())})
    assert kept.status_code == 409
    assert "The campaign is “being prepared” by now" in kept.json()["error"]
    assert not campaign.autosaves.exists()


def test_a_picture_of_a_mail_stays_in_the_library(admin_client: Client) -> None:
    image = make_image()
    campaign = draft(body=f'<figure><img data-image="{image.pk}"></figure>')
    assert place(campaign) in text_of(admin_client, f"/admin/images/image/{image.pk}/change/")
    campaign.body = TEXT
    campaign.save(update_fields=["body"])
    assert not campaign.outgoing_references.exists()


def test_a_copy_is_a_new_draft_and_only_drafts_are_deleted(admin_client: Client) -> None:
    sent = make_campaign(status="sent", kind="digest", subject="Again", started_at=timezone.now())
    page = text_of(admin_client, place(sent, "act"), {"copy": "1"})
    copy = Campaign.objects.get(status="draft")
    assert "a new draft" in page
    assert (copy.subject, copy.body, copy.kind) == ("Again", sent.body, "manual")
    assert admin_client.post(place(sent, "delete"), {"post": "yes"}).status_code == 403
    assert admin_client.post(place(copy, "delete"), {"post": "yes"}).status_code == 302
    assert list(Campaign.objects.all()) == [sent]


# ---- Looked at and tested ---------------------------------------------------------------------------


def test_the_preview_is_the_desks_alone_and_can_do_nothing(admin_client: Client, client: Client) -> None:
    campaign = draft(subject="Secret")
    for name in ("preview", "progress", "progress/figures", "recipients", "recipients/csv", "send"):
        response = client.get(place(campaign, name))
        assert (response.status_code, response.content) == (302, b"")
    response = admin_client.get(place(campaign, "preview"))
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in response["Cache-Control"]
    assert "Walk ten minutes" in response.content.decode()
    assert "<pre>" in text_of(admin_client, f"{place(campaign, 'preview')}?as=text")


def test_the_preview_shows_either_light_whatever_the_lookers_own_is(monkeypatch: pytest.MonkeyPatch) -> None:
    from newsletter.campaigns import test_emails
    from newsletter.rendering.messages import RenderedEmail

    html = "<head></head>@media (prefers-color-scheme: dark) { a } @media (prefers-color-scheme:light) { b }"
    monkeypatch.setattr(test_emails, "render_campaign", lambda *_: RenderedEmail("Subject", html, "text"))
    dark, light = (test_emails.shown(draft(), kind) for kind in ("dark", ""))
    assert "(min-width: 0) { a }" in dark
    assert "(max-width: 0) { b }" in dark
    assert "(max-width: 0) { a }" in light
    assert "prefers-color-scheme" not in dark + light


def test_a_test_goes_to_me_only_and_is_no_delivery(
    admin_client: Client, client: Client, admin_user: User, settings: Settings, ready: NewsletterSettings
) -> None:
    subscriber = Subscriber.objects.get()
    campaign = draft(subject="Knees")
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        page = text_of(admin_client, place(campaign, "test"), {"address": admin_user.email})
        assert f"The test goes to {admin_user.email}" in page
        assert (outbox.send_due_emails(), outbox.send_due_emails()) == (1, 0)
    (mail,) = mailbox.messages
    assert mailbox.envelopes[0][1] == [admin_user.email]
    assert mail["Subject"] == "[Test] Knees"
    assert "/newsletter/sample-link/" in mail["List-Unsubscribe"]
    parts = [message_text(part) for part in mail.iter_parts()]  # type: ignore[arg-type]
    assert len(parts) == 2
    for part in parts:
        assert "Walk ten minutes" in part
        assert "https://www.example.com/newsletter/sample-link/" in part
        assert "/newsletter/u/" not in part
        assert "/newsletter/p/" not in part
    for response in (client.get("/newsletter/sample-link/"), client.post("/newsletter/sample-link/")):
        assert "This was a test" in response.content.decode()
    subscriber.refresh_from_db()
    campaign.refresh_from_db()
    assert (subscriber.status, campaign.status, Delivery.objects.count()) == ("active", "draft", 0)
    assert ": Sent" in text_of(admin_client, place(campaign))


def test_a_bad_address_for_a_test_gets_a_sentence(admin_client: Client) -> None:
    campaign = draft()
    assert "Enter a complete email address" in text_of(admin_client, place(campaign, "test"), {"address": "me"})
    assert admin_client.get(place(campaign, "test")).status_code == 405
    assert not TestEmail.objects.exists()


def test_a_mail_that_goes_out_by_itself_can_be_cancelled_before_it_begins(admin_client: Client) -> None:
    campaign = make_campaign(kind="post", post=make_post(), status="scheduled")
    assert "Cancel …" in text_of(admin_client, place(campaign, "progress"))
    act = place(campaign, "act")
    assert "the post stays out of the weekly mail too" in text_of(admin_client, f"{act}?cancel")
    assert "Nobody else gets it" in text_of(admin_client, act, {"cancel": "1"})
    campaign.refresh_from_db()
    assert campaign.status == "cancelled"


def test_what_was_half_prepared_when_the_worker_stopped_for_days_is_not_sent_and_says_so(
    admin_client: Client, ready: NewsletterSettings
) -> None:
    over = timezone.now() - timedelta(days=3)
    late = make_campaign(status="preparing", not_after=over, prepared_at=None, total=None)
    assert prepare_due() == 0
    page = text_of(admin_client, place(late, "progress"))
    assert "It could not begin in time, so nothing was sent." in page
    late.refresh_from_db()
    assert late.status == "cancelled"


def test_a_mail_about_a_post_stays_about_that_post(admin_client: Client) -> None:
    one, other = (draft(kind="post", post=make_post()) for _ in range(2))
    text_of(admin_client, place(one), form(one, post=other.post_id))
    was = one.post_id
    one.refresh_from_db()
    assert (one.subject, one.post_id) == ("Other words", was)


# ---- Sent -------------------------------------------------------------------------------------------


def test_a_mail_about_a_post_that_came_too_late_can_be_scheduled_again_as_it_asks_for(
    admin_client: Client, ready: NewsletterSettings
) -> None:
    NewsletterSettings.objects.update(is_automation_enabled=True)
    make_post(title="Knees", published_at=timezone.now() - timedelta(days=3))
    prepare_due()
    campaign = Campaign.objects.get()
    campaign.topic = None
    campaign.save()
    assert "Schedule it again if it still holds" in text_of(admin_client, place(campaign, "progress"))
    text_of(admin_client, place(campaign, "send"), answer(admin_client, campaign))
    assert prepare_due() == 1
    campaign.refresh_from_db()
    assert campaign.status == "sending"


def test_who_writes_does_not_send(ready: NewsletterSettings) -> None:
    client = writer("view_campaign", "add_campaign", "change_campaign")
    campaign, scheduled = draft(), make_campaign(status="scheduled", subject="Agreed")
    assert "Saved as a draft" in text_of(client, place(campaign), form(campaign))
    assert "then send" not in text_of(client, place(campaign))
    for response in (
        client.get(place(campaign, "send")),
        client.post(place(campaign, "send"), {"when": "now"}),
        client.post(place(campaign, "act"), {"cancel": "1"}),
        client.get(f"{place(campaign, 'act')}?cancel"),
        client.get(place(campaign, "recipients")),
        client.get(place(campaign, "recipients/csv")),
    ):
        assert response.status_code == 403
    # What somebody agreed to send is nobody else's to change.
    assert client.get(place(scheduled)).status_code == 302
    assert client.post(place(scheduled), form(scheduled)).status_code == 302
    scheduled.refresh_from_db()
    campaign.refresh_from_db()
    assert (scheduled.subject, campaign.status) == ("Agreed", "draft")
    # And a test goes to the writer, not to strangers.
    assert "your own address only" in text_of(client, place(campaign, "test"), {"address": "eve@example.org"})
    text_of(client, place(campaign, "test"), {"address": "writer@example.com"})
    assert [mail.to_email for mail in TestEmail.objects.all()] == ["writer@example.com"]


def test_words_that_somebody_else_let_go_meanwhile_become_a_new_draft(ready: NewsletterSettings) -> None:
    client = writer("view_campaign", "add_campaign", "change_campaign")
    campaign = draft(subject="Agreed")
    typed = form(campaign, subject="Typed meanwhile", autosave_key=str(uuid4()))
    assert actions.schedule(campaign, timezone.now() + timedelta(hours=1))
    kept = client.post(f"{LIST}{campaign.pk}/autosave/", typed)
    assert (kept.status_code, "“scheduled” by now" in kept.json()["error"]) == (409, True)
    assert "Yours are kept here, as a new draft" in text_of(client, place(campaign), typed)
    assert list(Campaign.objects.order_by("pk").values_list("subject", "status")) == [
        ("Agreed", "scheduled"),
        ("Typed meanwhile", "draft"),
    ]


def test_a_draft_of_a_post_is_read_by_nobody_who_may_not_see_posts() -> None:
    post = make_post(status="draft", published_at=None, body="<p>Not for you.</p>")
    address = f"{LIST}add/?post={post.pk}&whole"
    rights = ("view_campaign", "add_campaign", "change_campaign")
    assert "Not for you" not in text_of(writer(*rights), address)
    User.objects.filter(email="writer@example.com").delete()
    assert "Not for you" in text_of(writer(*rights, "view_post"), address)


def test_who_may_only_look_sees_how_far_it_is() -> None:
    client = writer("view_campaign")
    campaign = make_campaign(status="sending", total=1, started_at=timezone.now())
    delivery = make_delivery(campaign=campaign)
    page = text_of(client, place(campaign, "progress"))
    assert "Being sent" in page
    assert 'name="pause"' not in page
    assert delivery.to_email not in page
    for data in ({"pause": "1"}, {"copy": "1"}):
        assert client.post(place(campaign, "act"), data).status_code == 403
    assert writer_without_rights().get(place(campaign, "progress")).status_code == 403


def writer_without_rights() -> Client:
    User.objects.filter(email="writer@example.com").delete()
    return writer()


def test_it_is_sent_after_a_question_that_names_the_people_and_the_time(
    admin_client: Client, ready: NewsletterSettings
) -> None:
    make_subscriber()
    make_subscriber(status="unsubscribed")
    campaign = draft()
    assert admin_client.post(place(campaign), form(campaign) | {"_send": "1"})["Location"] == place(campaign, "send")
    page = text_of(admin_client, place(campaign, "send"))
    assert "2 people" in page
    assert "In the time of your site: UTC" in page
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    data = answer(admin_client, campaign)
    assert "It goes out now" in text_of(admin_client, place(campaign, "send"), data)
    campaign.refresh_from_db()
    began = campaign.scheduled_at
    # The second click of two, and a page that somebody else left open.
    assert "nothing was scheduled" in text_of(admin_client, place(campaign, "send"), data)
    campaign.refresh_from_db()
    assert (campaign.status, campaign.scheduled_at) == ("scheduled", began)
    assert prepare_due() == 1
    assert "Nothing is to be scheduled" in text_of(admin_client, place(campaign, "send"), data)
    assert campaign.deliveries.count() == 2


def test_words_that_changed_after_the_question_are_not_sent(admin_client: Client, ready: NewsletterSettings) -> None:
    campaign = draft()
    data = answer(admin_client, campaign)
    text_of(admin_client, place(campaign), form(campaign, subject="Not what was agreed"))
    assert "It changed after you opened this page" in text_of(admin_client, place(campaign, "send"), data)
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_a_time_is_chosen_changed_and_taken_back(admin_client: Client, ready: NewsletterSettings) -> None:
    campaign = draft()
    day = timezone.localdate() + timedelta(days=2)
    for at, words in (
        (("2020-01-01", "08:00"), "This time is over"),
        (("2120-01-01", "08:00"), "more than a year away"),
        (("", ""), "Choose the date and the time"),
        (("soon", "noon"), "Enter a valid date"),
    ):
        data = answer(admin_client, campaign, when="later", at_0=at[0], at_1=at[1])
        assert words in text_of(admin_client, place(campaign, "send"), data)
    data = answer(admin_client, campaign, when="later", at_0=f"{day}", at_1="08:00")
    assert f"at {8:02}:00" in text_of(admin_client, place(campaign, "send"), data)
    campaign.refresh_from_db()
    assert campaign.scheduled_at is not None
    assert campaign.not_after == campaign.scheduled_at + timedelta(hours=24)
    data = answer(admin_client, campaign, when="later", at_0=f"{day}", at_1="09:30")
    text_of(admin_client, place(campaign, "send"), data)
    campaign.refresh_from_db()
    assert f"{campaign.scheduled_at:%H:%M}" == "09:30"
    assert "It is a draft again" in text_of(admin_client, place(campaign, "act"), {"take_back": "1"})
    assert "Somebody may have been faster" in text_of(admin_client, place(campaign, "act"), {"take_back": "1"})


@pytest.mark.parametrize("button", ["take_back", "copy"])
def test_what_was_typed_before_another_button_was_pressed_is_kept(
    admin_client: Client, ready: NewsletterSettings, button: str
) -> None:
    campaign = draft()
    assert actions.schedule(campaign, timezone.now() + timedelta(hours=1))
    saved = {
        "subject": campaign.subject,
        "preheader": campaign.preheader,
        "is_in_archive": "on",
        "autosave_key": uuid4(),
    }
    text_of(admin_client, place(campaign, "act"), form(campaign, **saved) | {button: "1"})
    assert "Your unsaved text" not in text_of(admin_client, place(campaign))
    text_of(admin_client, place(campaign, "act"), form(campaign, **saved | {"subject": "Typed last"}) | {button: "1"})
    page = text_of(admin_client, place(campaign))
    assert "Your unsaved text" in page
    assert "Typed last" in page


def test_what_came_too_late_is_a_draft_again_and_says_why(admin_client: Client, ready: NewsletterSettings) -> None:
    hours = timedelta(hours=1)
    now = timezone.now()
    campaign = draft(status="scheduled", scheduled_at=now - 30 * hours, not_after=now - 6 * hours)
    prepare_due()
    assert "It could not begin in time" in text_of(admin_client, place(campaign))
    text_of(admin_client, place(campaign, "send"), answer(admin_client, campaign))
    campaign.refresh_from_db()
    assert (campaign.status, campaign.pause_reason) == ("scheduled", "")


def test_a_scheduled_one_can_be_changed_while_it_stays_fit_to_go(
    admin_client: Client, ready: NewsletterSettings
) -> None:
    campaign = draft(
        status="scheduled",
        scheduled_at=timezone.now() + timedelta(days=1),
        not_after=timezone.now() + timedelta(days=2),
    )
    page = text_of(admin_client, place(campaign), form(campaign, body=""))
    assert "It has no text" in page
    assert "your words are not saved yet" in page
    assert "It still goes out" in text_of(admin_client, place(campaign), form(campaign, subject="Mended"))
    campaign.refresh_from_db()
    assert (campaign.subject, campaign.body, campaign.status) == ("Mended", TEXT, "scheduled")


def test_a_mail_that_goes_out_by_itself_can_be_given_other_words_but_no_other_post(
    admin_client: Client, ready: NewsletterSettings
) -> None:
    post, other = make_post(), make_post()
    times = {"scheduled_at": timezone.now() + timedelta(hours=1), "not_after": None}
    campaign = draft(kind="post", post=post, body="", status="scheduled", **times)
    assert "It has no text" not in text_of(admin_client, place(campaign))
    page = text_of(admin_client, place(campaign), form(campaign, body="", subject="Mended", post=other.pk))
    assert "It still goes out" in page
    campaign.refresh_from_db()
    assert (campaign.subject, campaign.body, campaign.post) == ("Mended", "", post)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_finds_it_done(ready: NewsletterSettings) -> None:
    campaign, over = draft(), make_campaign(status="sent", started_at=timezone.now())
    for _ in range(3):
        make_delivery(campaign=over, status="failed")

    def together(step: Callable[[], int]) -> list[int]:
        gate = Barrier(2)

        def press(_: int) -> int:
            gate.wait(10)
            try:
                return int(step())
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            return sorted(pool.map(press, range(2)))

    at = timezone.now()
    assert together(lambda: actions.schedule(campaign, at)) == [0, 1]
    assert together(lambda: actions.take_back(campaign)) == [0, 1]
    assert together(lambda: actions.resend_failed(over)) == [0, 3]
    assert together(lambda: actions.cancel(over)) == [0, 1]


# ---- Watched, stopped, settled ----------------------------------------------------------------------


def test_the_numbers_of_all_states_add_up_to_the_total(admin_client: Client) -> None:
    campaign = make_campaign(status="sending", total=10, started_at=timezone.now() - timedelta(minutes=2))
    for status in Delivery.Status:
        make_delivery(campaign=campaign, status=status)
    for _ in range(3):
        make_delivery(campaign=campaign, status="sent")
    seen = progress.of(campaign)
    assert sum(part.number for part in seen.parts) == seen.total == campaign.deliveries.count() == 10
    assert sum(part.width for part in seen.parts) == progress.BAR
    assert (seen.sent, seen.failed, seen.uncertain, seen.percent, seen.per_minute) == (4, 1, 1, 60, 2)
    assert seen.ends_at is not None
    told = json.loads(admin_client.get(place(campaign, "progress/figures")).content)
    assert told["status"] == "sending"
    assert "4 of 10 sent" in told["figures"]
    assert told["figures"].count("<td>1</td>") == 6


def test_limits_tell_when_it_ends_and_why_it_rests() -> None:
    campaign = make_campaign(status="sending", total=3, started_at=timezone.now())
    profile = NewsletterSettings.objects.create(max_per_hour=2, max_per_second=5)
    for _ in range(3):
        make_delivery(campaign=campaign)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    profile.send_windows.create(period="hour", starts_at=hour, count=2)
    seen = progress.of(campaign)
    assert "Your limit of 2 an hour is used up" in seen.rest
    assert seen.ends_at is not None
    assert progress.time_needed(2000, NewsletterSettings(max_per_hour=500)) == timedelta(hours=4)
    assert progress.time_needed(2000, NewsletterSettings()) is None
    for time, words in (
        (timedelta(seconds=5), "about 1 minute"),
        (timedelta(minutes=90), "about 90 minutes"),
        (timedelta(hours=4), "about 4 hours"),
        (timedelta(days=3), "about 3 days"),
    ):
        assert progress.in_words(time) == words


def test_it_pauses_goes_on_and_is_cancelled_after_a_question(admin_client: Client) -> None:
    campaign = make_campaign(status="sending", total=1, started_at=timezone.now())
    make_delivery(campaign=campaign)
    act = place(campaign, "act")
    for button, words, status in (
        ("pause", "It pauses.", "paused"),
        ("pause", "Nothing was changed: it is “paused” now", "paused"),
        ("resume", "It goes on.", "sending"),
        ("dance", "not known any more", "sending"),
    ):
        assert words in text_of(admin_client, act, {button: "1"})
        campaign.refresh_from_db()
        assert campaign.status == status
    assert "Cancel it for good" in text_of(admin_client, f"{act}?cancel")
    assert admin_client.get(act).status_code == 405
    campaign.refresh_from_db()
    assert campaign.status == "sending"
    page = text_of(admin_client, act, {"cancel": "1"})
    assert "Nobody else gets it" in page
    assert "Not sent: cancelled" in page
    assert "it is “cancelled” now" in text_of(admin_client, act, {"resume": "1"})


def test_a_stop_by_itself_says_why(admin_client: Client) -> None:
    reason = "41 of 129 mails failed. Look at the reasons before you go on."
    campaign = make_campaign(status="paused", total=1, started_at=timezone.now(), pause_reason=reason)
    make_delivery(campaign=campaign, status="failed")
    page = text_of(admin_client, place(campaign, "progress"))
    assert f"<b>It stopped by itself.</b> {reason}" in page
    assert "Send again to the 1 that failed" in page


def test_those_that_failed_get_it_again_even_when_it_was_over(admin_client: Client) -> None:
    campaign = make_campaign(status="sent", total=3, started_at=timezone.now(), finished_at=timezone.now())
    one, two = (make_delivery(campaign=campaign, status="failed", error="No such user") for _ in range(2))
    sent = make_delivery(campaign=campaign, status="sent")
    assert "1 mail is sent again" in text_of(
        admin_client, f"{place(campaign, 'act')}?delivery={one.pk}", {"resend": "1"}
    )
    campaign.refresh_from_db()
    assert (campaign.status, campaign.finished_at) == ("sending", None)
    assert "1 mail is sent again" in text_of(admin_client, place(campaign, "act"), {"resend": "1"})
    assert "Nothing was changed" in text_of(admin_client, place(campaign, "act"), {"resend": "1"})
    assert [Delivery.objects.get(pk=row.pk).status for row in (one, two, sent)] == ["pending", "pending", "sent"]
    cancelled = make_delivery(campaign=make_campaign(status="cancelled"), status="failed")
    assert actions.resend_failed(cancelled.campaign) == 0


def test_uncertain_ones_are_settled_either_way_and_once(admin_client: Client) -> None:
    campaign = make_campaign(status="sending", total=2, started_at=timezone.now())
    one, two = (make_delivery(campaign=campaign, status="uncertain") for _ in range(2))
    finish()
    campaign.refresh_from_db()
    assert campaign.status == "sending"
    assert "2 mails may or may not have gone out" in text_of(admin_client, place(campaign, "progress"))
    act = place(campaign, "act")
    assert "1 mail is counted as sent" in text_of(admin_client, f"{act}?delivery={one.pk}", {"let_be": "1"})
    assert "Nothing was changed" in text_of(admin_client, f"{act}?delivery={one.pk}", {"again": "1"})
    assert "1 mail is sent again" in text_of(admin_client, act, {"again": "1"})
    assert [Delivery.objects.get(pk=row.pk).status for row in (one, two)] == ["sent", "pending"]
    over = make_delivery(campaign=make_campaign(status="cancelled"), status="uncertain")
    assert actions.settle(over.campaign, again=True) == 0
    assert actions.settle(over.campaign, again=False) == 1


@pytest.mark.parametrize("words", ["%00", "a%00b", "%ED%A0%80"])
def test_a_search_for_signs_that_nobody_sees_is_answered(admin_client: Client, words: str) -> None:
    campaign = make_campaign(status="sending", total=1, started_at=timezone.now())
    make_delivery(campaign=campaign)
    for address in (place(campaign, "recipients"), place(campaign, "recipients/csv"), f"{LIST}from-post/", LIST):
        assert b"".join(admin_client.get(f"{address}?q={words}"))


def test_recipients_are_found_by_state_and_address_and_exported(admin_client: Client) -> None:
    campaign = make_campaign(status="sent", total=3, started_at=timezone.now())
    make_delivery(campaign=campaign, to_email="ann@example.org", status="sent")
    make_delivery(campaign=campaign, to_email="=eve@example.org", status="failed", error="550 no such user")
    make_delivery(campaign=campaign, to_email="", status="skipped", error="The address was erased.")
    make_delivery(to_email="stranger@example.org")
    page = text_of(admin_client, place(campaign, "recipients"))
    assert all(words in page for words in ("ann@", "eve@", "erased", "550 no such user"))
    assert "stranger@" not in page
    page = text_of(admin_client, f"{place(campaign, 'recipients')}?status=failed")
    assert ("ann@" in page, "eve@" in page) == (False, True)
    assert "ann@" in text_of(admin_client, f"{place(campaign, 'recipients')}?q=ANN")
    assert "No address with" in text_of(admin_client, f"{place(campaign, 'recipients')}?q=nobody&status=x&page=9")
    response = admin_client.get(f"{place(campaign, 'recipients/csv')}?status=failed")
    lines = b"".join(response).decode().splitlines()
    assert lines[0].startswith("address,status,tries")
    assert lines[1:] == ["'=eve@example.org,failed,0,,,,,,550 no such user"]


def test_pages_cost_the_same_for_few_and_many(admin_client: Client, ready: NewsletterSettings) -> None:
    def grow(number: int) -> list[int]:
        for _ in range(number):
            make_delivery(campaign=campaign, status="sent")
            make_delivery(campaign=make_campaign(status="paused", started_at=timezone.now()), status="failed")
        costs = []
        for address in (LIST, *(place(campaign, name) for name in ("recipients", "progress"))):
            with CaptureQueriesContext(connection) as queries:
                assert admin_client.get(address).status_code == 200
            costs.append(len(queries))
        return costs

    campaign = make_campaign(status="sending", total=1, started_at=timezone.now())
    grow(1)
    assert grow(5) == grow(30)


def test_the_list_names_state_time_and_how_many_were_sent(admin_client: Client) -> None:
    campaign = make_campaign(status="sent", subject="Sent one", total=2, finished_at=timezone.now())
    make_delivery(campaign=campaign, status="sent")
    make_delivery(campaign=campaign, status="failed")
    draft(subject="Draft one")
    page = text_of(admin_client, LIST)
    assert "1 of 2" in page
    assert 'state--published">Sent<' in page
    page = text_of(admin_client, f"{LIST}?status__exact=draft")
    assert ("Draft one" in page, "Sent one" in page) == (True, False)


def test_a_frozen_one_is_shown_as_it_was_sent(admin_client: Client) -> None:
    campaign = make_campaign(
        status="sent",
        frozen_subject="As sent",
        frozen_html="<p>As sent</p>",
        frozen_text="As sent",
        started_at=timezone.now(),
    )
    assert admin_client.get(place(campaign))["Location"] == place(campaign, "progress")
    page = text_of(admin_client, place(campaign, "progress"))
    assert "The words as they were sent" in page
    assert "As sent" in text_of(admin_client, place(campaign, "preview"))
    assert admin_client.get(f"{LIST}999999/progress/").status_code == 404


# ---- In a browser -----------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_progress_is_live_and_ends(admin_page: Page) -> None:
    campaign = make_campaign(status="sending", total=2, started_at=timezone.now())
    rows = [make_delivery(campaign=campaign) for _ in range(2)]
    admin_page.goto(place(campaign, "progress"))
    expect(admin_page.locator(".progress-summary")).to_contain_text("0 of 2 sent")
    mails = Delivery.objects.filter(pk=rows[0].pk)
    mails.transition("pending", "claimed", owner="w", lease_until=timezone.now() + timedelta(minutes=5))
    mails.transition("claimed", "sent")
    expect(admin_page.locator(".progress-summary")).to_contain_text("1 of 2 sent")
    Campaign.objects.filter(pk=campaign.pk).transition("sending", "paused", pause_reason="The mail server refuses us.")
    expect(admin_page.locator(".notice")).to_contain_text("The mail server refuses us.")
    expect(admin_page.locator("[data-progress-url]")).to_have_attribute("data-progress-url", "")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_mail_is_seen_wide_narrow_dark_and_plain(admin_page: Page) -> None:
    campaign = draft()
    admin_page.goto(place(campaign))
    admin_page.get_by_role("radio", name="Phone").check()
    frame = admin_page.locator("iframe.email-preview-light")
    expect(frame).to_be_visible()
    assert frame.bounding_box()["width"] == 390  # type: ignore[index]
    admin_page.get_by_role("radio", name="Plain text").check()
    expect(frame).to_be_hidden()
    expect(admin_page.frame_locator("iframe.email-preview-text").locator("pre")).to_contain_text("Walk ten minutes")
    admin_page.get_by_role("radio", name="Dark").check()
    expect(admin_page.frame_locator("iframe.email-preview-dark").locator("body")).to_contain_text("Walk ten minutes")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_campaign_is_written_checked_and_scheduled_on_a_phone(admin_page: Page, settings: Settings) -> None:
    NewsletterSettings.objects.create(postal_address="PO Box 12", from_email="me@localhost")
    make_subscriber()
    admin_page.set_viewport_size({"width": 390, "height": 800})
    admin_page.goto(f"{LIST}add/")
    admin_page.get_by_label("Subject").fill("A letter")
    admin_page.locator(".field-body .ProseMirror").click()
    admin_page.keyboard.type("Walk ten minutes a day.")
    admin_page.get_by_role("button", name="Save, then send").click()
    expect(admin_page.get_by_text("1 person")).not_to_have_count(0)
    assert admin_page.evaluate("document.documentElement.scrollWidth") <= 390
    admin_page.get_by_role("button", name="Yes, send to 1 person").click()
    expect(admin_page.locator(".messagelist")).to_contain_text("It goes out now")
    assert admin_page.evaluate("document.documentElement.scrollWidth") <= 390
    campaign = Campaign.objects.get()
    assert (campaign.subject, campaign.body, campaign.status) == (
        "A letter",
        "<p>Walk ten minutes a day.</p>",
        "scheduled",
    )
