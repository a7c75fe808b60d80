"""Authors write, start, pause and follow sequences in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from newsletter.models import Campaign, Sequence, SequenceEmail
from tests.mail_server import Mailbox
from tests.newsletter.sequences.sequence_rows import confirm_subscribers, make_sequence, pass_time
from tests.newsletter.sequences.test_sequences import received, send

pytestmark = pytest.mark.django_db


def page_of(sequence: Sequence) -> str:
    return reverse("admin:newsletter_sequence_change", args=[sequence.pk])


def press(client: Client, sequence: Sequence, name: str) -> str:
    """Press the button `name` and return the new status."""
    response = client.post(reverse("admin:newsletter_sequence_action", args=[sequence.pk]), {name: ""})
    assert response.status_code == 302
    sequence.refresh_from_db()
    return sequence.status


def email_data(sequence: Sequence, **fields: object) -> dict[str, object]:
    text = {"subject": "Ankles", "preheader": "", "body": "<p>Use one leg.</p>", "day": 0, "position": 0}
    return {"sequence": sequence.pk, "status": "ready"} | text | fields


def test_author_writes_and_starts_a_sequence(admin_client: Client) -> None:
    admin_client.post(reverse("admin:newsletter_sequence_add"), {"name": "Ankles", "topic": "", "form": ""})
    sequence = Sequence.objects.get()
    assert press(admin_client, sequence, "activate") == "draft"
    add = f"{reverse('admin:newsletter_sequenceemail_add')}?sequence={sequence.pk}"
    assert admin_client.get(add).context["adminform"].form.initial["sequence"] == sequence.pk
    response = admin_client.post(add, email_data(sequence))
    assert response["Location"] == page_of(sequence)
    assert press(admin_client, sequence, "activate") == "active"
    assert press(admin_client, sequence, "pause") == "paused"
    assert press(admin_client, sequence, "resume") == "active"
    assert press(admin_client, sequence, "end") == "ended"
    assert press(admin_client, sequence, "resume") == "ended"
    assert LogEntry.objects.filter(object_id=str(sequence.pk), change_message__contains="sequence").count() == 4


def test_email_that_must_not_be_sent_cannot_be_ready(admin_client: Client) -> None:
    sequence = make_sequence(days=0)
    add = reverse("admin:newsletter_sequenceemail_add")
    amazon = '<p><a href="https://www.amazon.com/dp/B000000000">Buy it</a></p>'
    for body, problem in (("", "The text is empty."), (amazon, "It links to Amazon")):
        response = admin_client.post(add, email_data(sequence, body=body))
        assert problem in response.content.decode()
        assert admin_client.post(add, email_data(sequence, body=body, status="draft")).status_code == 302
    assert not SequenceEmail.objects.filter(status="ready").exists()


def test_page_shows_progress_and_results(admin_client: Client, mailbox: Mailbox) -> None:
    sequence = make_sequence(days=2)
    gone, _ = confirm_subscribers(2)
    send()
    gone.unsubscribe()
    pass_time(days=1)
    send()
    response = admin_client.get(page_of(sequence))
    first, second = response.context["progress"].emails
    assert (first.sent, first.unsubscribed, second.sent, second.unsubscribed) == (2, 1, 1, 0)
    assert response.context["progress"].counts == [("Running", 1), ("Unsubscribed", 1)]
    assert first.email.subject in response.content.decode()


def test_saved_day_applies_to_those_who_wait(admin_client: Client, mailbox: Mailbox) -> None:
    sequence = make_sequence(days=2)
    email = sequence.emails.get(day=1)
    SequenceEmail.objects.filter(pk=email.pk).update(day=9)
    (subscriber,) = confirm_subscribers(1)
    send()
    data = email_data(sequence, subject="Sooner", day=2)
    admin_client.post(reverse("admin:newsletter_sequenceemail_change", args=[email.pk]), data)
    pass_time(days=2)
    send()
    assert received(mailbox)[subscriber.email] == ["Day 0", "Sooner"]


@pytest.mark.parametrize("kind", ["", "dark", "text"])
def test_preview_shows_the_email(admin_client: Client, kind: str) -> None:
    email = make_sequence(days=1).emails.get()
    response = admin_client.get(reverse("admin:newsletter_sequenceemail_preview", args=[email.pk]), {"as": kind})
    assert "The exercise of day 0." in response.content.decode()
    assert "sandbox" in response["Content-Security-Policy"]


def test_sent_email_cannot_be_deleted(admin_client: Client, mailbox: Mailbox) -> None:
    email = make_sequence(days=1).emails.get()
    confirm_subscribers(1)
    send()
    delete = reverse("admin:newsletter_sequenceemail_delete", args=[email.pk])
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403


def test_campaigns_of_sequences_are_not_among_those_of_authors(admin_client: Client, mailbox: Mailbox) -> None:
    make_sequence(days=1)
    confirm_subscribers(1)
    send()
    campaign = Campaign.objects.get()
    listed = admin_client.get(reverse("admin:newsletter_campaign_changelist"))
    assert list(listed.context["cl"].result_list) == []
    progress = reverse("admin:newsletter_campaign_progress", args=[campaign.pk])
    assert "Show the sequence" in admin_client.get(progress).content.decode()
    Campaign.objects.update(status="sending")
    admin_client.post(reverse("admin:newsletter_campaign_action", args=[campaign.pk]), {"cancel": ""})
    campaign.refresh_from_db()
    assert campaign.status == "sending"
