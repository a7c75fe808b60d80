"""Importing and exporting subscribers as CSV."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from newsletter.models import ConsentEvent, Subscriber, SubscriberEmail, Suppression, Topic
from newsletter.subscribers import csv_io
from newsletter.subscribers.csv_io import ImportReport, export_subscribers, import_subscribers
from newsletter.subscribers.import_rows import PlannedRow
from tests.accounts.staff import sign_in
from tests.factories import make_subscriber

pytestmark = pytest.mark.django_db
IMPORT = "/admin/newsletter/subscriber/import/"
EXPORT = "/admin/newsletter/subscriber/export/"


def import_text(text: str, *, are_confirmed: bool = False) -> ImportReport:
    return import_subscribers(text.encode(), source="Our old list", are_confirmed=are_confirmed)


def statuses() -> dict[str, str]:
    """Return the status of each subscriber by email address."""
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
def test_the_column_names_of_other_services_are_recognized(file: str, name: str) -> None:
    report = import_text(file)
    assert (report.added, report.errors) == ({"active": 1}, [])
    subscriber = Subscriber.objects.mailable().get()
    assert (subscriber.name, subscriber.confirmed_at and subscriber.confirmed_at.date().isoformat()) == (
        name,
        "2024-05-01",
    )
    assert [row.topic.slug for row in subscriber.subscriptions.all()] == ["new-posts"]
    event = ConsentEvent.objects.get()
    assert (event.kind, event.note) == ("imported", "Our old list (confirmed 2024-05-01)")


def test_subscribers_without_proof_are_imported_as_unconfirmed_and_deleted_after_a_week() -> None:
    import_text("email,status\nsam@example.org,active\neve@example.org,\n")
    assert statuses() == {"sam@example.org": "pending", "eve@example.org": "pending"}
    assert SubscriberEmail.objects.count() == 0
    Subscriber.objects.update(confirmation_requested_at=timezone.now() - timedelta(days=8))
    Subscriber.objects.delete_expired()
    assert statuses() == {}
    import_text("email,status\nsam@example.org,active\n", are_confirmed=True)
    assert statuses() == {"sam@example.org": "active"}


def test_nobody_who_left_this_or_the_other_list_is_resubscribed() -> None:
    make_subscriber(email="here@example.org", status="unsubscribed")
    make_subscriber(email="erased@example.org").erase()
    report = import_text(
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
    "email",
    [
        "sam@example.org\r\nBcc: eve@example.org",
        '""sam smith""@example.org',
        "sam@straße.example",
        "ſam@example.org",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 58}.org",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.{'e' * 59}.org",
    ],
)
def test_an_undeliverable_email_address_is_reported_and_not_added(email: str) -> None:
    report = import_text(f'email,status,confirmed_at\n"{email}",active,2024-01-01\nok@example.org,active,2024-01-01\n')
    assert statuses() == {"ok@example.org": "active"}
    assert len(report.errors) == 1


def test_invalid_lines_are_reported_and_the_others_are_imported() -> None:
    report = import_text(
        "email,status,confirmed_at\nsam@example.org,active,2024-01-01\nSAM@example.org,active,2024-01-01\nnobody,active,\n"
        '"eve@example.org\nBcc: x@example.org",active,\n'
        "eve@example.org,paused?,2024-01-01\nann@example.org,active,yesterday\n\n"
    )
    assert statuses() == {"sam@example.org": "active"}
    assert [error.split(":")[0] for error in report.errors] == ["Line 4", "Line 5", "Line 7", "Line 8"]


@pytest.mark.parametrize("lines", ["active\nsam@example.org,unsubscribed", "cleaned\nSam@example.org,active"])
def test_a_subscriber_who_left_according_to_any_line_has_left(lines: str) -> None:
    import_text(f"email,status\nsam@example.org,{lines}\n", are_confirmed=True)
    assert Subscriber.objects.mailable().count() == 0
    assert Suppression.objects.count() == 1


@pytest.mark.parametrize("time", ["2099-01-01", "0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00", "2024-13-45"])
def test_an_impossible_confirmation_time_is_an_error(time: str) -> None:
    report = import_text(f"email,confirmed_at\nsam@example.org,{time}\n", are_confirmed=True)
    assert (statuses(), len(report.errors)) == ({}, 1)


def test_an_email_address_is_never_a_spreadsheet_formula() -> None:
    make_subscriber(email="=1+1@example.org")
    (line,) = list(export_subscribers())[1:]
    assert line.startswith("'=1+1@example.org,")
    Subscriber.objects.all().delete()
    import_text("".join([next(export_subscribers()), line]))
    assert list(statuses()) == ["=1+1@example.org"]


def test_an_interrupted_import_continues_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    write, batches = csv_io.write_batch, []

    def interrupt_second(plan: list[PlannedRow], *args: Any) -> None:
        batches.append(len(plan))
        write(plan, *args)
        if len(batches) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(csv_io, "_BATCH_SIZE", 2)
    monkeypatch.setattr(csv_io, "write_batch", interrupt_second)
    text = "email\n" + "".join(f"reader{number}@example.org\n" for number in range(5))
    with pytest.raises(KeyboardInterrupt):
        import_text(text)
    # The first batch was committed, the second one not at all.
    assert Subscriber.objects.count() == 2
    report = import_text(text)
    assert report.existing == 2
    assert sum(report.added.values()) == 3
    assert Subscriber.objects.count() == 5


def test_a_simultaneous_sign_up_aborts_the_import_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def subscribe_first(plan: list[PlannedRow], *args: Any) -> None:
        make_subscriber(email=plan[0].row.email)
        write(plan, *args)

    write = csv_io.write_batch
    monkeypatch.setattr(csv_io, "write_batch", subscribe_first)
    with pytest.raises(ValidationError, match="The import stopped"):
        import_text("email\nsam@example.org\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "named “email”"),
        (b"name\nSam\n", "named “email”"),
        ("email\nj\xfcrgen@example.org".encode("latin-1"), "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "UTF-8"),
        (b'email\n"' + b"x" * 200_000 + b'"\n', "not a valid CSV file"),
        (b'email,"' + b"x" * 200_000 + b'"\n', "not a valid CSV file"),
    ],
)
def test_an_invalid_file_is_rejected_with_an_error(content: bytes, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        import_subscribers(content, source="x", are_confirmed=True)
    assert Subscriber.objects.count() == 0


def test_an_exported_file_can_be_imported_without_changes(tmp_path: Path) -> None:
    posts, notes = (Topic.objects.create(name=name, slug=name) for name in ("posts", "notes"))
    for status in ("pending", "active", "unsubscribed", "bounced", "complained"):
        subscriber = make_subscriber(status=status, name="=SUM(1) \"Sam\", 'Zoë'")
        subscriber.subscriptions.create(topic=posts, cadence="weekly")
        subscriber.subscriptions.create(topic=notes, is_subscribed=False)
    subscriber = make_subscriber(email="a=b@bücher.example", name="'Sam", paused_until=timezone.now())
    subscriber.subscriptions.create(topic=posts)
    file = tmp_path / "list.csv"
    call_command("newsletter_export", file)
    before = list(export_subscribers())
    assert "'=SUM" in file.read_text()
    Subscriber.objects.all().delete()
    call_command("newsletter_import", file, source="Ourselves")
    assert list(export_subscribers()) == before
    assert Subscriber.objects.count() == 6


def test_an_import_needs_few_queries_per_batch() -> None:
    text = "email,confirmed_at\n" + "".join(f"sam{number}@example.org,2024-01-01\n" for number in range(1000))
    import_text("email\nfirst@example.org\n")
    with CaptureQueriesContext(connection) as queries:
        import_text(text)
    assert Subscriber.objects.mailable().count() == 1000
    assert len(queries) <= 40


def test_the_import_command_reports_an_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be read"):
        call_command("newsletter_import", tmp_path / "none.csv", source="x")
    (tmp_path / "bad.csv").write_text("name\n")
    with pytest.raises(CommandError, match="named “email”"):
        call_command("newsletter_import", tmp_path / "bad.csv", source="x")


def test_the_import_command_shows_what_it_would_do_in_a_dry_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("Email Address,CONFIRM_TIME,Notes,topics\nana@example.org,2024-05-01,x,knees\nnobody,,,\n")
    call_command("newsletter_import", file, source="x", dry_run=True)
    assert capsys.readouterr().out.splitlines() == [
        "Email Address: Email address",
        "CONFIRM_TIME: Proof of confirmation",
        "topics: Topics",
        "Not imported: Notes",
        "",
        "The first 1 people in 2 lines:",
        "Line 2: ana@example.org – Added: active",
        "",
        "The import would have this result:",
        "1 added: active.",
        "Line 3: “nobody” is not an email address that we can send to.",
        "This site has no topics with these names: knees.",
        "This was a dry run. Nothing was saved.",
    ]
    assert not Subscriber.objects.exists()
    call_command("newsletter_import", file, source="x")
    assert "1 added: active." in capsys.readouterr().out
    assert Subscriber.objects.count() == 1


def test_import_and_export_need_separate_permissions() -> None:
    user = User.objects.create_user("editor@example.com", "a password for tests", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=("view_subscriber", "change_subscriber")))
    client = sign_in(user)
    page = client.get("/admin/newsletter/subscriber/").content.decode()
    assert "Export all" not in page
    for path in (IMPORT, EXPORT):
        assert client.get(path).status_code == 403
