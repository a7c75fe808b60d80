"""Authors write, start, pause and follow sequences in the admin."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, User
from newsletter.models import Campaign, Delivery, Sequence, SequenceEmail, TestEmail
from outbox import sending
from publishing.models import Autosave
from tests.mail_server import Mailbox
from tests.newsletter.campaigns.admin_pages import STAFF_EMAIL, make_staff_client
from tests.newsletter.sequences.sequence_rows import confirm_subscribers, make_sequence, pass_time
from tests.newsletter.sequences.test_sequences import received, send

pytestmark = pytest.mark.django_db


def page_of(sequence: Sequence) -> str:
    return reverse("admin:newsletter_sequence_change", args=[sequence.pk])


def change_of(email: SequenceEmail) -> str:
    return reverse("admin:newsletter_sequenceemail_change", args=[email.pk])


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
    assert response["Location"] == change_of(sequence.emails.get())
    assert press(admin_client, sequence, "activate") == "active"
    assert press(admin_client, sequence, "pause") == "paused"
    assert press(admin_client, sequence, "resume") == "active"
    assert press(admin_client, sequence, "end") == "ended"
    assert press(admin_client, sequence, "resume") == "ended"
    assert LogEntry.objects.filter(object_id=str(sequence.pk), change_message__contains="sequence").count() == 4
    events = AuditEvent.objects.filter(subject__contains="sequence").values_list("kind", flat=True)
    assert sorted(events) == ["added", "added", *["changed"] * 4]


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
    assert "1 (50.0%)" in response.content.decode()


def test_saved_day_applies_to_those_who_wait(admin_client: Client, mailbox: Mailbox) -> None:
    sequence = make_sequence(days=2)
    email = sequence.emails.get(day=1)
    SequenceEmail.objects.filter(pk=email.pk).update(day=9)
    (subscriber,) = confirm_subscribers(1)
    send()
    data = email_data(sequence, subject="Sooner", day=2, base_version=1)
    assert admin_client.post(change_of(email), data).status_code == 302
    pass_time(days=2)
    send()
    assert received(mailbox)[subscriber.email] == ["Day 0", "Sooner"]


@pytest.mark.parametrize("kind", ["", "dark", "text"])
def test_preview_shows_the_email(admin_client: Client, kind: str) -> None:
    email = make_sequence(days=1).emails.get()
    response = admin_client.get(reverse("admin:newsletter_sequenceemail_preview", args=[email.pk]), {"as": kind})
    assert "The exercise of day 0." in response.content.decode()
    assert "sandbox" in response["Content-Security-Policy"]


def autosave(client: Client, sequence: Sequence | None, **fields: object) -> Any:
    """Send what was typed into the form of a new email, as the editor does after a pause."""
    typed = {"subject": "Typed", "body": "<p>Not saved</p>", "autosave_key": str(uuid4())}
    chosen = {"sequence": sequence.pk} if sequence else {}
    return client.post(reverse("admin:newsletter_sequenceemail_autosave_new"), typed | chosen | fields)


def test_typed_text_is_autosaved_and_previewed(admin_client: Client) -> None:
    sequence = make_sequence(days=0)
    key = str(uuid4())
    answer = autosave(admin_client, sequence, autosave_key=key).json()
    email = SequenceEmail.objects.get()
    assert (email.sequence, email.subject, email.body, email.status) == (sequence, "Typed", "", "draft")
    assert answer["change_url"] == change_of(email)
    assert "Not saved" in admin_client.get(answer["change_url"]).content.decode()
    assert "Not saved" in admin_client.get(answer["preview_url"]).content.decode()
    assert "Not saved" not in admin_client.get(answer["preview_url"].partition("?")[0]).content.decode()
    data = email_data(sequence, base_version=1, autosave_key=key)
    assert admin_client.post(change_of(email), data).status_code == 302
    assert not email.autosaves.exists()
    email.refresh_from_db()
    assert (email.subject, email.version) == ("Ankles", 2)


@pytest.mark.django_db(transaction=True)
def test_unsaved_text_is_previewed_outside_of_a_transaction(admin_client: Client) -> None:
    answer = autosave(admin_client, make_sequence(days=0)).json()
    assert "Not saved" in admin_client.get(answer["preview_url"]).content.decode()


def test_autosave_of_a_new_email_waits_for_its_sequence(admin_client: Client) -> None:
    response = autosave(admin_client, None)
    assert (response.status_code, "Choose the sequence" in response.json()["error"]) == (400, True)
    assert not SequenceEmail.objects.exists()
    assert not Autosave.objects.exists()


def test_concurrent_edits_never_overwrite_each_other(admin_client: Client) -> None:
    sequence = make_sequence(days=1)
    email = sequence.emails.get()
    for subject in ("Theirs", "Mine"):
        response = admin_client.post(change_of(email), email_data(sequence, subject=subject, base_version=1))
    assert "saved this text, after you opened it" in response.content.decode()
    email.refresh_from_db()
    assert email.subject == "Theirs"


def test_a_test_email_is_sent_without_a_delivery(admin_client: Client, admin_user: User, mailbox: Mailbox) -> None:
    email = make_sequence(days=1).emails.get()
    url = reverse("admin:newsletter_sequenceemail_test_email", args=[email.pk])
    assert admin_client.post(url, {"to_email": admin_user.email})["Location"] == f"{change_of(email)}#preflight"
    sending.send_due_emails()
    (message,) = mailbox.messages
    assert (message["Subject"], message["To"]) == ("[Test] Day 0", admin_user.email)
    assert "The exercise of day 0." in message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "/newsletter/sample-link/" in message["List-Unsubscribe"]
    assert not Delivery.objects.exists()
    assert ": Sent" in admin_client.get(change_of(email)).content.decode()
    assert b"Enter a complete email address" in admin_client.post(url, {"to_email": "x"}, follow=True).content


def test_only_senders_test_with_other_addresses_and_mark_as_ready(mailbox: Mailbox) -> None:
    permissions = [f"{action}_{model}" for action in ("view", "change") for model in ("sequence", "sequenceemail")]
    writer = make_staff_client(*permissions)
    sequence = make_sequence(days=1)
    draft = sequence.emails.get()
    SequenceEmail.objects.update(status="draft")
    url = reverse("admin:newsletter_sequenceemail_test_email", args=[draft.pk])
    writer.post(url, {"to_email": "someone@example.org"})
    assert not TestEmail.objects.exists()
    writer.post(url, {"to_email": STAFF_EMAIL})
    assert TestEmail.objects.get().to_email == STAFF_EMAIL
    writer.post(change_of(draft), email_data(sequence, base_version=1))
    draft.refresh_from_db()
    assert (draft.subject, draft.status) == ("Ankles", "draft")


def test_a_ready_email_has_a_subject(admin_client: Client) -> None:
    sequence = make_sequence(days=0)
    add = reverse("admin:newsletter_sequenceemail_add")
    response = admin_client.post(add, email_data(sequence, subject=" "))
    assert "Write a subject before you mark the email as ready." in response.content.decode()
    assert admin_client.post(add, email_data(sequence, subject="", status="draft")).status_code == 302


def test_subscribers_of_a_sequence_are_listed(admin_client: Client, mailbox: Mailbox) -> None:
    sequence = make_sequence(days=1)
    (subscriber,) = confirm_subscribers(1)
    make_sequence(days=1, name="Other", form="home")
    url = reverse("admin:newsletter_subscriber_changelist")
    listed = admin_client.get(url, {"enrollments__sequence__id__exact": sequence.pk})
    assert list(listed.context["cl"].result_list) == [subscriber]
    page = admin_client.get(reverse("admin:newsletter_subscriber_change", args=[subscriber.pk])).content.decode()
    assert "5 days to stronger ankles" in page


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
