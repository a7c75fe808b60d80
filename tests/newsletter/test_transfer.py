"""Lists come in with proof of consent and go out whole."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from newsletter.models import ConsentEvent, Subscriber, SubscriberEmail, Suppression, Topic
from newsletter.subscribers import csv_io
from newsletter.subscribers.csv_io import ImportReport, export_subscribers, import_subscribers
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db
IMPORT = "/admin/newsletter/subscriber/import/"


def take(text: str, *, are_confirmed: bool = False) -> ImportReport:
    return import_subscribers(text.encode(), source="Our old list", are_confirmed=are_confirmed)


def states() -> dict[str, str]:
    return dict(Subscriber.objects.values_list("email", "status"))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Email Address,First Name,Last Name,MEMBER_RATING,CONFIRM_TIME\nsam@example.org,Sam,Smith,2,2024-05-01 10:00:00\n", "Sam Smith"),
        ("\ufeffEmail;First name;Last name;Global status;Confirmed at\r\nsam@example.org;Sam;Smith;subscribed;2024-05-01\r\n", "Sam Smith"),
        ("Subscriber\tStatus\tName\tconfirmed_at\nsam@example.org\tactive\tSam\t2024-05-01T10:00:00+00:00\n", "Sam"),
        ('first_name,email_address,state,confirmed_at,tags\nSam,sam@example.org,active,2024-05-01,"a, b"\n', "Sam"),
    ],
    ids=["Mailchimp", "MailPoet", "MailerLite", "Kit"],
)  # fmt: skip
def test_the_columns_of_other_services_are_known(file: str, name: str) -> None:
    report = take(file)
    assert report == ImportReport({"active": 1}, 0, 0, [])
    person = Subscriber.objects.mailable().get()
    assert (person.name, person.confirmed_at and person.confirmed_at.date().isoformat()) == (name, "2024-05-01")
    assert [row.topic.slug for row in person.subscriptions.all()] == ["new-posts"]
    event = ConsentEvent.objects.get()
    assert (event.kind, event.note) == ("imported", "Our old list (confirmed 2024-05-01)")


def test_who_has_no_proof_comes_in_unconfirmed_gets_nothing_and_goes_in_a_week() -> None:
    take("email,status\nsam@example.org,active\neve@example.org,\n")
    assert states() == {"sam@example.org": "pending", "eve@example.org": "pending"}
    assert SubscriberEmail.objects.count() == 0
    Subscriber.objects.update(confirmation_requested_at=timezone.now() - timedelta(days=8))
    Subscriber.objects.delete_expired()
    assert states() == {}
    take("email,status\nsam@example.org,active\n", are_confirmed=True)
    assert states() == {"sam@example.org": "active"}


def test_nobody_who_left_here_or_there_is_brought_back() -> None:
    make_subscriber(email="here@example.org", status="unsubscribed")
    make_subscriber(email="erased@example.org").erase()
    report = take(
        "email,status,UNSUB_TIME,CLEAN_TIME,CONFIRM_TIME\n"
        "HERE@example.org,active,,,2024-01-01\n"
        "Erased@example.org,active,,,2024-01-01\n"
        "left@example.org,,2024-02-01,,2024-01-01\n"
        "gone@example.org,,,2024-02-01,2024-01-01\n"
        "angry@example.org,complained,,,2024-01-01\n",
        are_confirmed=True,
    )
    assert (report.existing, report.suppressed) == (1, 1)
    assert report.added == {"unsubscribed": 1, "bounced": 1, "complained": 1}
    assert Subscriber.objects.mailable().count() == 0
    for name, reason in (("left", "unsubscribed"), ("gone", "bounced"), ("angry", "complained")):
        assert Suppression.objects.for_email(f"{name}@example.org").get().reason == reason


@pytest.mark.parametrize(
    "address",
    [
        "sam@example.org\r\nBcc: eve@example.org",
        '""sam smith""@example.org',
        "sam@straße.example",
        "ſam@example.org",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.org",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 59}.org",
        "\u202esam@example.org",
    ],
)
def test_an_address_that_no_mail_reaches_is_named_and_not_added(address: str) -> None:
    report = take(f'email,status,confirmed_at\n"{address}",active,2024-01-01\nok@example.org,active,2024-01-01\n')
    assert states() == {"ok@example.org": "active"}
    assert len(report.errors) == 1


def test_lines_that_say_nothing_are_named_and_the_others_come_in() -> None:
    report = take(
        "email,status,confirmed_at\nsam@example.org,active,2024-01-01\nSAM@example.org,active,2024-01-01\nnobody,active,\n"
        '"eve@example.org\nBcc: x@example.org",active,\n'
        "eve@example.org,paused?,2024-01-01\nann@example.org,active,yesterday\n\n"
    )
    assert states() == {"sam@example.org": "active"}
    assert [fault.split(":")[0] for fault in report.errors] == ["Line 4", "Line 6", "Line 7", "Line 8"]


@pytest.mark.parametrize("lines", ["active\nsam@example.org,unsubscribed", "cleaned\nSam@example.org,active"])
def test_whoever_left_by_any_line_of_a_file_has_left(lines: str) -> None:
    take(f"email,status\nsam@example.org,{lines}\n", are_confirmed=True)
    assert Subscriber.objects.mailable().count() == 0
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("time", ["2099-01-01", "0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00", "2024-13-45"])
def test_a_confirmation_at_no_possible_time_proves_nothing(time: str) -> None:
    report = take(f"email,confirmed_at\nsam@example.org,{time}\n", are_confirmed=True)
    assert (states(), len(report.errors)) == ({}, 1)


def test_no_address_is_a_formula_to_a_spreadsheet() -> None:
    make_subscriber(email="=1+1@example.org")
    (line,) = list(export_subscribers())[1:]
    assert line.startswith("'=1+1@example.org,")
    Subscriber.objects.all().delete()
    take("".join([next(export_subscribers()), line]))
    assert list(states()) == ["=1+1@example.org"]


def test_two_who_take_the_same_people_in_at_once_get_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def joined_meanwhile(row: csv_io.ImportRow, are_confirmed: bool) -> Subscriber:
        make_subscriber(email=row.email)
        return person(row, are_confirmed)

    person = csv_io._build_subscriber
    monkeypatch.setattr(csv_io, "_build_subscriber", joined_meanwhile)
    with pytest.raises(ValidationError, match="Nobody was added"):
        take("email\nsam@example.org\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "named “email”"),
        (b"name\nSam\n", "named “email”"),
        ("email\nj\xfcrgen@example.org".encode("latin-1"), "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8"),
        (b'email\n"' + b"x" * 200_000 + b'"\n', "not a valid CSV file"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(content: bytes, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        import_subscribers(content, source="x", are_confirmed=True)
    assert Subscriber.objects.count() == 0


def test_what_goes_out_comes_in_again_the_same(tmp_path: Path) -> None:
    posts, notes = (Topic.objects.create(name=name, slug=name) for name in ("posts", "notes"))
    for status in ("pending", "active", "unsubscribed", "bounced", "complained"):
        person = make_subscriber(status=status, name="=SUM(1) \"Sam\", 'Zoë'")
        person.subscriptions.create(topic=posts, cadence="weekly")
        person.subscriptions.create(topic=notes, is_subscribed=False)
    person = make_subscriber(email="a=b@bücher.example", name="'Sam", paused_until=timezone.now())
    person.subscriptions.create(topic=posts)
    file = tmp_path / "list.csv"
    call_command("newsletter_export", file)
    before = list(export_subscribers())
    assert "'=SUM" in file.read_text()
    Subscriber.objects.all().delete()
    call_command("newsletter_import", file, source="Ourselves")
    assert list(export_subscribers()) == before
    assert Subscriber.objects.count() == 6


def test_a_list_of_any_length_costs_a_few_queries_a_part() -> None:
    text = "email,confirmed_at\n" + "".join(f"sam{number}@example.org,2024-01-01\n" for number in range(1000))
    take("email\nfirst@example.org\n")
    with CaptureQueriesContext(connection) as queries:
        take(text)
    assert Subscriber.objects.mailable().count() == 1000
    assert len(queries) <= 40


def test_a_command_that_cannot_read_its_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be read"):
        call_command("newsletter_import", tmp_path / "none.csv", source="x")
    (tmp_path / "bad.csv").write_text("name\n")
    with pytest.raises(CommandError, match="named “email”"):
        call_command("newsletter_import", tmp_path / "bad.csv", source="x")


def upload(client: Client, content: bytes, **data: Any) -> str:
    file = SimpleUploadedFile("list.csv", content)
    return client.post(IMPORT, {"file": file, "source": "Fair 2024", **data}, follow=True).content.decode()


def test_the_desk_takes_a_file_and_demands_where_they_agreed(admin_client: Client) -> None:
    list_ = b"email,status\nsam@example.org,active\n"
    assert "This field is required" in upload(admin_client, list_, source="")
    assert "named “email”" in upload(admin_client, b"name\n")
    assert "larger than 10 MB" in upload(admin_client, list_ + b" " * 10_000_000)
    assert Subscriber.objects.count() == 0
    page = upload(admin_client, list_, are_confirmed="on")
    assert "1 added: active." in page
    assert ConsentEvent.objects.get().note == "Fair 2024 (no time given)"
    response = admin_client.get("/admin/newsletter/subscriber/export/")
    assert "attachment" in response["Content-Disposition"]
    assert b"sam@example.org" in response.getvalue()


def test_files_need_rights_of_their_own() -> None:
    user = User.objects.create_user("editor@example.com", "a password for tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_subscriber", "change_subscriber")))
    client = Client()
    client.force_login(user)
    page = client.get("/admin/newsletter/subscriber/").content.decode()
    assert "Export all" not in page
    for place in (IMPORT, "/admin/newsletter/subscriber/export/"):
        assert client.get(place).status_code == 403
