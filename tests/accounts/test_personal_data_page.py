"""The admin's page to find, export and erase the data of one person, and its commands."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEvent, User
from contact.models import Message
from newsletter.models import Subscriber
from privacy.people import Person
from tests.accounts.staff import make_staff, sign_in
from tests.factories import make_post, make_subscriber
from tests.privacy.everything import EMAIL, TYPED, make_everything

pytestmark = pytest.mark.django_db

PAGE = "/admin/personal-data/"
EXPORT = f"{PAGE}export/"
ERASE = f"{PAGE}erase/"


def audit(kind: str) -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(kind=kind).values_list("user_email", "subject"))


def test_an_owner_finds_what_is_stored_and_for_how_long(admin_client: Client) -> None:
    make_everything()
    page = admin_client.post(PAGE, {"email": f" {TYPED.upper()} "})
    text = page.content.decode()
    assert "Messages from the contact form" in text
    assert "12 months after the message is answered or archived" in text
    assert "Deleted, with the replies." in text
    assert "no-store" in page["Cache-Control"]
    assert "Nothing is stored" in admin_client.post(PAGE, {"email": "nobody@example.org"}).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(admin_client: Client) -> None:
    counts = []
    # What is read once per process is not counted.
    admin_client.post(EXPORT, {"email": EMAIL})
    for number in range(2):
        for each in range(1 + 5 * number):
            Message.objects.create(name="Zoe", email=EMAIL, subject="-", body="-", submission=f"{number}{each:031}")
        with CaptureQueriesContext(connection) as queries:
            admin_client.post(EXPORT, {"email": EMAIL})
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_export_is_a_file_of_json_or_a_page_and_is_recorded_without_the_address(admin_client: Client) -> None:
    make_everything()
    response = admin_client.post(EXPORT, {"email": TYPED})
    assert response["Content-Disposition"] == 'attachment; filename="personal-data.json"'
    titles = [section["title"] for section in json.loads(response.content)["data"]]
    assert "Newsletter subscription" in titles
    page = admin_client.post(EXPORT, {"email": TYPED, "format": "html"})
    assert page["Content-Disposition"] == 'attachment; filename="personal-data.html"'
    text = page.content.decode()
    assert "Call me or write to" in text
    assert "sam@example.com" not in text
    assert audit("exported") == [("owner@example.com", f"personal data of {Person(EMAIL)}")] * 2


def test_erasing_needs_a_confirmation_and_says_what_was_erased(admin_client: Client) -> None:
    make_everything()
    text = admin_client.post(ERASE, {"email": TYPED}).content.decode()
    assert "This cannot be undone." in text
    assert Subscriber.objects.for_email(EMAIL).exists()
    text = admin_client.post(ERASE, {"email": TYPED, "confirm": "x"}).content.decode()
    assert "Messages from the contact form: 1" in text
    assert "No text in the database contains this address any more." in text
    assert not Subscriber.objects.for_email(EMAIL).exists()
    assert audit("erased") == [("owner@example.com", f"personal data of {Person(EMAIL)}")]


def test_what_the_owner_published_is_named_after_erasing(admin_client: Client) -> None:
    make_post(body=f"<p>Thanks to {EMAIL}.</p>")
    text = admin_client.post(ERASE, {"email": EMAIL, "confirm": "x"}).content.decode()
    assert "1 post, in the field “text”" in text


def test_nobody_erases_their_own_account_or_the_only_owner(admin_client: Client) -> None:
    page = admin_client.post(ERASE, {"email": "Owner@example.com", "confirm": "x"}, follow=True)
    assert "This is your own account." in page.content.decode()
    with pytest.raises(CommandError, match="only owner"):
        call_command("erase_personal_data", "owner@example.com", "--yes")
    assert User.objects.exists()
    assert audit("erased") == []


@pytest.mark.parametrize("path", [PAGE, EXPORT, ERASE])
def test_the_pages_are_for_owners_who_post_an_address(admin_client: Client, path: str) -> None:
    staff = sign_in(make_staff("newsletter.view_subscriber", "newsletter.export_subscriber"))
    assert staff.post(path, {"email": EMAIL}).status_code == 403
    assert admin_client.get(path, follow=True).status_code == 200
    assert admin_client.post(path, {"email": "no address"}, follow=True).status_code == 200
    assert Client().post(path, {"email": EMAIL}).status_code == 302
    assert AuditEvent.objects.filter(kind__in=("exported", "erased")).count() == 0


def test_only_owners_find_the_page_in_the_list_of_apps(admin_client: Client) -> None:
    assert PAGE in admin_client.get("/admin/").content.decode()
    assert PAGE not in sign_in(make_staff("accounts.view_author")).get("/admin/").content.decode()


def test_the_commands_export_and_erase_and_are_recorded() -> None:
    make_subscriber(email=TYPED)
    output = StringIO()
    call_command("export_personal_data", EMAIL, stdout=output)
    assert json.loads(output.getvalue())["data"][0]["title"] == "Newsletter subscription"
    call_command("export_personal_data", EMAIL, "--html", stdout=output)
    assert "<h2>Newsletter subscription</h2>" in output.getvalue()
    call_command("erase_personal_data", EMAIL, stdout=output)
    assert "Nothing was erased." in output.getvalue()
    assert Subscriber.objects.exists()
    call_command("erase_personal_data", EMAIL, "--yes", stdout=output)
    assert not Subscriber.objects.exists()
    assert audit("erased") == [("", f"personal data of {Person(EMAIL)}, from the command line")]
    for command in ("export_personal_data", "erase_personal_data"):
        with pytest.raises(CommandError, match="not an email address"):
            call_command(command, "zoe")
