"""Each new subscriber gets the emails of a sequence one after the other, each once."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from newsletter.campaigns.restored import pause_everything
from newsletter.forms import SignupForm
from newsletter.models import (
    Campaign,
    Delivery,
    Enrollment,
    NewsletterSettings,
    Sequence,
    SequenceEmail,
    Subscriber,
    Topic,
)
from newsletter.sequences import actions, editions
from newsletter.sequences.planning import plan_sequences
from newsletter.worker import run_round
from richtext.problems import RenderingProblem
from tests.factories import make_campaign, make_subscriber
from tests.mail_server import Mailbox
from tests.newsletter.sequences.sequence_rows import (
    confirm_subscribers,
    default_topic,
    make_email,
    make_sequence,
    pass_time,
)

pytestmark = pytest.mark.django_db


def send() -> int:
    return run_round(lambda: False, seconds=20)


def received(mailbox: Mailbox) -> dict[str, list[str]]:
    """Return the subjects that each address got, in order."""
    subjects: dict[str, list[str]] = {}
    for message, (_, recipients) in zip(mailbox.messages, mailbox.envelopes, strict=True):
        for recipient in recipients:
            subjects.setdefault(recipient, []).append(str(message["Subject"]))
    return subjects


def test_each_email_arrives_on_its_day(mailbox: Mailbox) -> None:
    sequence = make_sequence(days=3)
    email = make_email(sequence, 6)
    subscribers = confirm_subscribers(20)
    for subjects in (["Day 0"], ["Day 0", "Day 1"], ["Day 0", "Day 1", "Day 2"], *[["Day 0", "Day 1", "Day 2"]] * 3):
        send()
        send()
        assert received(mailbox) == {subscriber.email: subjects for subscriber in subscribers}
        pass_time(days=1)
    assert send() == 20
    assert {tuple(subjects) for subjects in received(mailbox).values()} == {("Day 0", "Day 1", "Day 2", "Day 6")}
    assert set(sequence.enrollments.values_list("status", "last_email")) == {("running", email.pk)}
    pass_time(days=1)
    assert send() == 0
    assert set(sequence.enrollments.values_list("status", flat=True)) == {"finished"}


def test_email_has_the_headers_of_campaigns(mailbox: Mailbox) -> None:
    make_sequence(days=1)
    (subscriber,) = confirm_subscribers(1)
    send()
    (message,) = mailbox.messages
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["List-Unsubscribe"].startswith("<http")
    assert (message["Precedence"], message["Auto-Submitted"]) == ("bulk", "auto-generated")
    delivery = Delivery.objects.get()
    assert (delivery.message_id, delivery.subscriber) == (message["Message-ID"], subscriber)
    assert "The exercise of day 0." in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_only_those_who_confirm_after_the_activation_start(mailbox: Mailbox) -> None:
    sequence = make_sequence(is_active=False)
    make_subscriber()
    confirm_subscribers(1)
    assert actions.activate(sequence)
    assert not actions.activate(sequence)
    (later,) = confirm_subscribers(1)
    send()
    assert list(received(mailbox)) == [later.email]


def test_topic_and_form_select_who_starts(mailbox: Mailbox) -> None:
    topic = default_topic()
    other = Topic.objects.create(name="Other", slug="other", is_default=False)
    make_sequence(days=1, topic=other)
    make_sequence(days=1, form="sidebar")
    make_sequence(days=1, topic=topic, form="footer")
    people = {form: confirm_subscribers(1, form)[0] for form in ("page", "sidebar", "footer")}
    send()
    assert set(received(mailbox)) == {people["sidebar"].email, people["footer"].email}


def test_every_sign_up_form_can_be_chosen() -> None:
    assert set(Sequence.Form.values) == set(SignupForm.LOCATIONS)


@pytest.mark.parametrize(
    ("leave", "status"),
    [
        (lambda subscriber: subscriber.unsubscribe(), "unsubscribed"),
        (lambda subscriber: subscriber.mark_bounced(), "bounced"),
        (lambda subscriber: subscriber.mark_complained(), "complained"),
    ],
)
def test_leaving_ends_the_sequence_for_good(mailbox: Mailbox, leave: Any, status: str) -> None:
    make_sequence()
    gone, other = confirm_subscribers(2)
    send()
    leave(gone)
    assert Enrollment.objects.get(subscriber=gone).status == status
    gone.refresh_from_db()
    gone.confirm()
    for _ in range(5):
        pass_time(days=1)
        send()
    subjects = received(mailbox)
    assert (len(subjects[gone.email]), len(subjects[other.email])) == (1, 5)


def test_unsubscribing_after_an_email_was_queued_prevents_it(mailbox: Mailbox, monkeypatch: Any) -> None:
    make_sequence()
    (subscriber,) = confirm_subscribers(1)
    monkeypatch.setattr("newsletter.worker.send_due_campaigns", lambda *_: 0)
    send()
    assert Delivery.objects.get().status == "pending"
    subscriber.unsubscribe()
    monkeypatch.undo()
    send()
    assert Delivery.objects.get().status == "skipped"
    assert not mailbox.messages


def test_leaving_the_topic_ends_its_sequence_only(mailbox: Mailbox) -> None:
    topic = default_topic()
    of_topic, of_all = make_sequence(topic=topic), make_sequence()
    Topic.objects.create(name="Other", slug="other")
    (subscriber,) = confirm_subscribers(1)
    send()
    subscriber.subscriptions.filter(topic=topic).update(is_subscribed=False)
    pass_time(days=2)
    send()
    assert of_topic.enrollments.get().status == "left_topic"
    assert of_all.enrollments.get().status == "running"


def test_erased_subscriber_leaves_no_enrollment(mailbox: Mailbox) -> None:
    make_sequence()
    (subscriber,) = confirm_subscribers(1)
    send()
    subscriber.erase()
    pass_time(days=1)
    assert send() == 0
    assert not Enrollment.objects.exists()
    assert Delivery.objects.get().to_email == ""


def test_sequence_waits_a_day_if_another_email_goes_out(mailbox: Mailbox) -> None:
    make_sequence(days=2)
    weekly, waiting = confirm_subscribers(2)
    send()
    pass_time(days=1)
    weekly.subscriptions.update(is_subscribed=False)
    campaign = make_campaign(status="scheduled", topic=default_topic(), prepared_at=None, total=None, frozen_sha256="")
    send()
    assert campaign.deliveries.get().subscriber == waiting
    assert received(mailbox)[waiting.email] == ["Day 0", campaign.subject]
    pass_time(days=1)
    send()
    assert received(mailbox)[waiting.email] == ["Day 0", campaign.subject, "Day 1"]


def test_sequence_waits_for_a_campaign_later_today(mailbox: Mailbox) -> None:
    make_sequence(days=1)
    confirm_subscribers(1)
    end_of_day = timezone.localtime().replace(hour=23, minute=59, second=59)
    campaign = make_campaign(status="scheduled", scheduled_at=end_of_day, not_after=end_of_day + timedelta(days=1))
    assert send() == 0
    Campaign.objects.filter(pk=campaign.pk).update(scheduled_at=end_of_day + timedelta(days=3))
    pass_time(days=1)
    assert send() == 1


def test_queued_email_waits_if_a_campaign_came_first(mailbox: Mailbox, monkeypatch: Any) -> None:
    make_sequence(days=1)
    (subscriber,) = confirm_subscribers(1)
    monkeypatch.setattr("newsletter.worker.send_due_campaigns", lambda *_: 0)
    send()
    monkeypatch.undo()
    make_campaign(status="preparing", prepared_at=None, total=None, frozen_sha256="", subject="News")
    send()
    assert received(mailbox) == {subscriber.email: ["News"]}
    pass_time(days=1)
    send()
    assert received(mailbox) == {subscriber.email: ["News", "Day 0"]}


def test_two_sequences_take_turns(mailbox: Mailbox) -> None:
    make_sequence(days=1)
    make_sequence(days=1, name="Another")
    confirm_subscribers(1)
    assert (send(), send()) == (1, 0)
    pass_time(days=1)
    assert (send(), send()) == (1, 0)


def test_break_of_a_subscriber_delays_the_next_email(mailbox: Mailbox) -> None:
    make_sequence(days=2)
    (subscriber,) = confirm_subscribers(1)
    send()
    Subscriber.objects.filter(pk=subscriber.pk).update(paused_until=timezone.now() + timedelta(days=3))
    pass_time(days=1)
    assert send() == 0
    Subscriber.objects.filter(pk=subscriber.pk).update(paused_until=timezone.now())
    pass_time(days=3)
    assert send() == 1


def test_paused_sequence_continues_as_if_no_time_had_passed(mailbox: Mailbox) -> None:
    sequence = make_sequence(days=3)
    first = confirm_subscribers(1)[0]
    send()
    assert actions.pause(sequence)
    assert not actions.pause(sequence)
    second = confirm_subscribers(1)[0]
    pass_time(days=10)
    assert send() == 0
    assert actions.resume(sequence)
    assert send() == 1
    pass_time(days=1)
    send()
    assert received(mailbox) == {first.email: ["Day 0", "Day 1"], second.email: ["Day 0", "Day 1"]}


def test_paused_campaign_of_a_sequence_pauses_the_sequence(mailbox: Mailbox) -> None:
    sequence = make_sequence(days=2)
    confirm_subscribers(1)
    send()
    Campaign.objects.update(status="paused", pause_reason="Too many errors.")
    pass_time(days=1)
    assert send() == 0
    sequence.refresh_from_db()
    assert (sequence.status, sequence.pause_reason) == ("paused", "Too many errors.")
    assert actions.resume(sequence)
    send()
    assert not Campaign.objects.filter(status="paused").exists()


def test_ended_sequence_sends_nothing_more(mailbox: Mailbox) -> None:
    sequence = make_sequence()
    confirm_subscribers(1)
    send()
    assert actions.end(sequence)
    assert not actions.end(sequence)
    confirm_subscribers(1)
    pass_time(days=1)
    assert send() == 0
    assert sequence.enrollments.get().status == "ended"


def test_restored_backup_pauses_sequences(mailbox: Mailbox) -> None:
    sequence = make_sequence()
    confirm_subscribers(1)
    pause_everything()
    assert send() == 0
    sequence.refresh_from_db()
    assert sequence.status == "paused"
    assert "backup" in sequence.pause_reason


def test_reordering_sends_no_email_twice_and_forgets_none(mailbox: Mailbox) -> None:
    sequence = make_sequence(days=3)
    (subscriber,) = confirm_subscribers(1)
    send()
    for email, day in zip(sequence.emails.all(), (2, 1, 0), strict=True):
        SequenceEmail.objects.filter(pk=email.pk).update(day=day)
    sequence.enrollments.check_again()
    for _ in range(5):
        pass_time(days=1)
        send()
    assert Counter(received(mailbox)[subscriber.email]) == Counter({"Day 0": 1, "Day 1": 1, "Day 2": 1})


def test_edited_email_changes_for_later_people_only(mailbox: Mailbox) -> None:
    sequence = make_sequence(days=1)
    confirm_subscribers(2)
    send()
    email = sequence.emails.get()
    first = email.editions.get()
    email.subject, email.body = "New subject", "<p>New words.</p>"
    email.save()
    (later,) = confirm_subscribers(1)
    send()
    confirm_subscribers(1)
    send()
    assert received(mailbox)[later.email] == ["New subject"]
    html = first.frozen_html
    first.refresh_from_db()
    assert (first.frozen_html, first.total, first.status) == (html, 2, "sent")
    assert email.editions.exclude(pk=first.pk).get().total == 2


def test_broken_email_is_set_aside_and_the_others_go_on(mailbox: Mailbox, monkeypatch: Any) -> None:
    sequence = make_sequence(days=2)
    (subscriber,) = confirm_subscribers(1)
    broken = sequence.emails.get(day=0)
    original = editions.render_email_of

    def render(campaign: Campaign, *args: Any) -> Any:
        if campaign.sequence_email == broken:
            raise ValueError("broken")
        return original(campaign, *args)

    monkeypatch.setattr(editions, "render_email_of", render)
    assert send() == 0
    assert RenderingProblem.objects.get().row == broken
    pass_time(days=1)
    assert send() == 1
    monkeypatch.undo()
    pass_time(days=1)
    assert send() == 1
    assert received(mailbox)[subscriber.email] == ["Day 1", "Day 0"]


def test_nothing_is_queued_without_a_postal_address(mailbox: Mailbox) -> None:
    make_sequence()
    confirm_subscribers(1)
    NewsletterSettings.objects.update(postal_address=" ")
    assert send() == 0
    assert not Delivery.objects.exists()


def test_number_of_queries_does_not_depend_on_the_number_of_subscribers(mailbox: Mailbox) -> None:
    make_sequence()
    counts = []
    for number in (1, 2, 12):
        confirm_subscribers(number)
        with CaptureQueriesContext(connection) as queries:
            assert plan_sequences() == number
        counts.append(len(queries))
        send()
    assert counts[1] == counts[2]
