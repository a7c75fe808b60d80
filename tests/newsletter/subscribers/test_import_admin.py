"""Importing subscribers in the admin: a preview of the file, then the import."""

from typing import Any, Literal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from lxml import html
from playwright.sync_api import Page, expect

from accounts.models import AuditEvent
from audit.accessibility import violations
from newsletter.admin.subscriber_import import MAX_IMPORT_BYTES
from newsletter.models import ConsentEvent, Subscriber
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db
IMPORT = "/admin/newsletter/subscriber/import/"
EXPORT = "/admin/newsletter/subscriber/export/"
CONTENT = (
    "Email;Status;CONFIRM_TIME;Notes\nana@example.org;active;2024-05-01;x\nben@example.org;unsubscribed;;\nnobody;;;\n"
)


def parse(page: str) -> Any:
    """Parse a page."""
    return html.fromstring(page)


def upload(client: Client, content: bytes, **data: Any) -> str:
    """Upload a file for a preview and return the page."""
    file = SimpleUploadedFile("list.csv", content)
    return client.post(IMPORT, {"file": file, "source": "Fair 2024", **data}).content.decode()


def confirm(client: Client, page: str) -> str:
    """Submit the form of a preview that imports the file, and return the next page."""
    (form,) = parse(page).xpath("//form[.//button[@name='_import']]")
    data = {name: value for name, value in form.fields.items() if value is not None and name != "csrfmiddlewaretoken"}
    return client.post(IMPORT, data | {"_import": "1"}, follow=True).content.decode()


def test_a_file_is_shown_before_anything_changes_and_imported_with_one_button(admin_client: Client) -> None:
    make_subscriber(email="ben@example.org")
    page = upload(admin_client, CONTENT.encode("utf-16"))
    assert Subscriber.objects.count() == 1
    tree = parse(page)
    rows = [[cell.text_content().strip() for cell in row] for row in tree.xpath("//tbody/tr")]
    assert rows == [
        ["Added: active", "1"],
        ["On the list already, now unsubscribed, because they left according to the file", "1"],
        ["Email", "Email address"],
        ["Status", "Status"],
        ["CONFIRM_TIME", "Proof of confirmation"],
        ["2", "ana@example.org", "–", "May 1, 2024", "Added: active"],
        ["3", "ben@example.org", "–", "–", "On the list already: unsubscribed"],
    ]
    assert "Not imported: Notes." in page
    assert "Line 4: “nobody” is not an email address that we can send to." in page
    assert not AuditEvent.objects.filter(kind="imported").exists()
    page = confirm(admin_client, page)
    assert "1 added: active." in page
    assert "1 on the list already, now unsubscribed" in page
    assert "Line 4:" in page
    assert AuditEvent.objects.filter(kind="imported").count() == 1
    assert ConsentEvent.objects.first().note == "Fair 2024 (confirmed 2024-05-01)"  # type: ignore[union-attr]
    assert dict(Subscriber.objects.values_list("email", "status")) == {
        "ana@example.org": "active",
        "ben@example.org": "unsubscribed",
    }


def test_the_box_that_all_are_confirmed_holds_for_the_import(admin_client: Client) -> None:
    content = b"email\nana@example.org\n"
    page = upload(admin_client, content)
    assert "Unconfirmed people get no emails" in page
    assert "1 added: unconfirmed." in confirm(admin_client, page)
    assert "1 on the list already, now confirmed." in confirm(
        admin_client, upload(admin_client, content, are_confirmed="on")
    )
    assert Subscriber.objects.mailable().count() == 1
    assert "Import 0" not in (page := upload(admin_client, content))
    assert 'name="_import"' not in page


def test_a_preview_can_be_repeated_with_other_settings_without_choosing_the_file_again(admin_client: Client) -> None:
    (form,) = parse(upload(admin_client, b"email\nana@example.org\n")).xpath("//form[.//input[@type='file']]")
    data = {"upload": form.fields["upload"], "source": "Fair 2024", "are_confirmed": "on"}
    page = admin_client.post(IMPORT, data).content.decode()
    assert "Added: active" in page
    assert "1 added: active." in confirm(admin_client, page)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name\nSam\n", "named “email”"),
        (b"email\nsam@example.org\n" + b" " * MAX_IMPORT_BYTES, "larger than 10 MB"),
        (b"email,Mailing status\nsam@example.org,blue\n", "The column “Mailing status” may say who unsubscribed"),
        (b"PK\x03\x04 a spreadsheet", "This is an Excel file"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_with_the_reason(
    admin_client: Client, content: bytes, message: str
) -> None:
    page = upload(admin_client, content)
    assert message in page
    assert 'name="_import"' not in page


def test_the_file_and_the_source_of_consent_are_required(admin_client: Client) -> None:
    assert "This field is required" in upload(admin_client, b"email\nana@example.org\n", source="")
    assert "Choose a file first." in admin_client.post(IMPORT, {"source": "x"}).content.decode()
    for wrong in ("x", "eJw=", "%%%", "é"):
        page = admin_client.post(IMPORT, {"source": "x", "upload": wrong, "_import": "1"}).content.decode()
        assert "The preview is incomplete. Choose the file again." in page
    assert Subscriber.objects.count() == 0


def test_all_subscribers_are_exported(admin_client: Client) -> None:
    make_subscriber(email="sam@example.org")
    response = admin_client.get(EXPORT)
    assert "attachment" in response["Content-Disposition"]
    assert b"sam@example.org" in response.getvalue()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")])
def test_the_import_in_a_browser(admin_page: Page, width: int, scheme: Literal["light", "dark"]) -> None:
    admin_page.set_viewport_size({"width": width, "height": 900})
    admin_page.emulate_media(color_scheme=scheme)
    admin_page.goto(IMPORT)
    assert violations(admin_page) == []
    file: Any = {"name": "list.csv", "mimeType": "text/csv", "buffer": CONTENT.encode()}
    admin_page.get_by_label("CSV file").set_input_files(file)
    admin_page.get_by_label("Where they gave consent").fill("Fair 2024")
    admin_page.get_by_role("button", name="Preview").click()
    button = admin_page.get_by_role("button", name="Import 2 people")
    button.wait_for()
    assert violations(admin_page) == []
    assert admin_page.evaluate("document.documentElement.scrollWidth") == width
    button.click()
    expect(admin_page.locator(".messagelist")).to_contain_text("1 added: active.")
