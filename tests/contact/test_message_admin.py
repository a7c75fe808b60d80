"""Messages are read, answered and deleted in the admin."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django import Settings

from accounts.models import User
from contact.models import ContactSettings, Message, Reply
from outbox import sending
from ptcomplete.email_settings import mailers
from siteinfo.models import SiteInfo
from tests.contact.factories import INBOX, OWNER, make_message, parse, reply
from tests.mail_server import Mailbox, free_port, mail_server, message_text


def test_a_reply_is_emailed_once_and_marks_the_message_answered(
    admin_client: Client, mailbox: Mailbox, admin_user: User
) -> None:
    SiteInfo.objects.create(name="Move Better")
    message = make_message(body="Would you come?\nSoon?", sent_at=timezone.now(), next_attempt_at=None)
    form = parse(admin_client.get(f"/admin/contact/reply/add/?message={message.pk}").content)
    draft = form.xpath("//textarea")[0].text.lstrip("\n")
    assert draft.startswith("Hello Sam,\n")
    assert "\nMove Better\n" in draft
    assert draft.endswith("you wrote:\n> Would you come?\n> Soon?\n")
    for _ in range(2):  # a double click
        response = reply(admin_client, message, draft)
        assert (response.status_code, response["Location"]) == (302, f"{INBOX}{message.pk}/change/")
    assert sending.send_due_emails() == 1
    assert sending.send_due_emails() == 0
    (mail,) = mailbox.messages
    assert mailbox.envelopes == [("site@example.com", ["sam@example.org"])]
    assert (mail["To"], mail["Reply-To"]) == ("Sam <sam@example.org>", f"Move Better <{OWNER}>")
    assert (mail["Subject"], message_text(mail).strip()) == ("Re: A talk", draft.strip())
    message.refresh_from_db()
    assert (message.status, bool(message.handled_at)) == ("answered", True)
    assert Reply.objects.get().author == admin_user
    shown = parse(admin_client.get(f"{INBOX}{message.pk}/change/").content).text_content()
    assert "Sent" in shown
    assert "Hello Sam," in shown


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "0", "x", "²", "9" * 30, "1'"])
def test_a_reply_without_a_message_is_not_found(admin_client: Client, key: str) -> None:
    for response in (
        admin_client.get("/admin/contact/reply/add/", {"message": key}),
        admin_client.post(f"/admin/contact/reply/add/?message={key}", {"body": "Hello."}),
    ):
        assert response.status_code == 404
    assert Reply.objects.count() == 0


@pytest.mark.django_db
def test_the_inbox_lists_new_messages_first_escaped_and_without_links(admin_client: Client) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    text = "<script>x</script> https://pills.example.com sam@example.org"
    row = make_message(subject=text[:100], name="<b>Sam</b>", body=text)
    make_message(subject="Done long ago", status="archived")
    for url in (INBOX, f"{INBOX}{row.pk}/change/"):
        page = admin_client.get(url)
        assert "<script>x" not in page.content.decode()
        assert "<b>Sam" not in page.content.decode()
        assert not [link for link in parse(page.content).xpath("//a/@href") if "pills" in link or "mailto" in link]
    assert [each.subject for each in admin_client.get(INBOX).context["cl"].result_list][1] == "Done long ago"
    assert list(Message.objects.unhandled()) == [row]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("action", "status"),
    [("mark_answered", "answered"), ("archive", "archived"), ("mark_spam", "spam"), ("mark_new", "new")],
)
def test_actions_set_the_status_of_all_selected_messages(admin_client: Client, action: str, status: str) -> None:
    rows = [make_message(), make_message(status="archived")]
    admin_client.post(INBOX, {"action": action, "_selected_action": [row.pk for row in rows]})
    assert set(Message.objects.values_list("status", flat=True)) == {status}
    assert Message.objects.unhandled().count() == (2 if status == "new" else 0)


@pytest.mark.django_db
def test_only_the_status_of_a_message_can_be_edited(admin_client: Client) -> None:
    row = make_message()
    admin_client.post(
        f"{INBOX}{row.pk}/change/",
        {"status": "spam", "body": "Forged", "replies-TOTAL_FORMS": "0", "replies-INITIAL_FORMS": "0"},
    )
    row.refresh_from_db()
    assert (row.status, row.body, bool(row.handled_at)) == ("spam", "Would you come?", True)


@pytest.mark.django_db
def test_all_messages_from_a_sender_are_deleted_after_confirmation(admin_client: Client) -> None:
    first, second, other = (
        make_message(email=each) for each in ("Sam@example.org", "sAM@example.org", "eve@example.org")
    )
    Reply.objects.create(message=second, body="Hello Sam.")
    data = {"action": "delete_senders", "_selected_action": [first.pk]}
    confirmation = admin_client.post(INBOX, data)
    assert Message.objects.count() == 3
    (form,) = parse(confirmation.content).xpath("//form[.//input[@name='confirm']]")
    data = {name: value for name, value in form.fields.items() if name != "csrfmiddlewaretoken"}
    admin_client.post(INBOX, data | {"confirm": "1"})
    assert list(Message.objects.all()) == [other]
    assert Reply.objects.count() == 0
    assert not LogEntry.objects.filter(object_repr__icontains="talk").exists()


@pytest.mark.django_db
def test_failed_emails_can_be_retried_from_the_inbox(admin_client: Client, settings: Settings) -> None:
    ContactSettings.objects.create(notify_email=OWNER)
    row = make_message()
    settings.MAILERS = mailers(f"smtp://127.0.0.1:{free_port()}")
    sending.send_due_emails()
    mailbox = Mailbox()
    with mail_server(settings, mailbox):
        assert sending.send_due_emails() == 0
        admin_client.post(INBOX, {"action": "retry_emails", "_selected_action": [row.pk]})
        assert sending.send_due_emails() == 1
    assert len(mailbox.messages) == 1


@pytest.mark.django_db
def test_view_permission_allows_neither_replies_nor_deletion() -> None:
    user = User.objects.create_user("eve@example.com", "a password for tests", is_staff=True)
    client = Client()
    client.force_login(user)
    row = make_message()
    assert client.get(INBOX).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_message"))
    assert "A talk" in client.get(INBOX).content.decode()
    page = client.get(f"{INBOX}{row.pk}/change/").content.decode()
    assert "addlink" not in page
    assert reply(client, row).status_code == 403
    for action in ("mark_spam", "delete_senders", "retry_emails"):
        client.post(INBOX, {"action": action, "_selected_action": [row.pk], "confirm": "1"})
    assert list(Message.objects.unhandled()) == [row]


@pytest.mark.django_db
def test_the_inbox_has_a_constant_number_of_queries(admin_client: Client) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(INBOX).status_code == 200
        return len(queries)

    make_message()
    count_queries()  # what is loaded once
    first = count_queries()
    for _ in range(5):
        make_message()
    assert count_queries() == first


@pytest.mark.django_db
def test_the_worker_deletes_messages_a_year_after_they_were_handled(settings: Settings) -> None:
    settings.MAILERS = {}
    old, recent, unanswered = (make_message(status=status) for status in ("answered", "spam", "new"))
    Reply.objects.create(message=old, body="Hello.")
    Message.objects.filter(pk=old.pk).update(handled_at=timezone.now() - timedelta(days=366))
    Message.objects.filter(pk=unanswered.pk).update(created_at=timezone.now() - timedelta(days=800))
    call_command("worker", once=True)
    assert set(Message.objects.all()) == {recent, unanswered}
    assert Reply.objects.count() == 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_owner_answers_from_the_inbox(admin_page: Page) -> None:
    make_message()
    admin_page.goto(INBOX)
    admin_page.get_by_role("link", name="A talk").click()
    admin_page.get_by_role("link", name="Reply").click()
    assert admin_page.get_by_label("Reply").input_value().startswith("Hello Sam,")
    admin_page.get_by_label("Reply").fill("Gladly.")
    admin_page.get_by_role("button", name="Send reply").click()
    admin_page.get_by_text("will be sent within seconds").wait_for()
    assert Reply.objects.get().body == "Gladly."
    assert Message.objects.unhandled().count() == 0
