"""Importing the exports of other newsletter services."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from newsletter.models import ConsentEvent, Subscriber, SubscriberEmail, Suppression
from newsletter.subscribers.csv_io import ImportReport, import_subscribers, preview_import
from newsletter.subscribers.import_dates import DateError, is_empty_date, parse_date_time
from tests.factories import make_campaign, make_delivery, make_subscriber
from tests.newsletter.subscribers.exports import EXPORTS, Export

pytestmark = pytest.mark.django_db
LEFT = {"unsubscribed", "bounced", "complained"}


def import_text(text: str, *, are_confirmed: bool = True, source: str = "Our old list") -> ImportReport:
    return import_subscribers(text.encode(), source=source, are_confirmed=are_confirmed)


def statuses() -> dict[str, str]:
    """Return the status of each subscriber by the part of the email address before the @."""
    return {email.partition("@")[0]: status for email, status in Subscriber.objects.values_list("email", "status")}


@pytest.mark.parametrize("export", EXPORTS, ids=[export.service for export in EXPORTS])
def test_an_export_is_read_with_the_status_of_everyone(export: Export) -> None:
    report = import_text(export.content)
    assert report.errors == []
    assert statuses() == export.statuses
    # These three have no names.
    if export.service.partition(",")[0] not in ("Substack", "beehiiv", "Buttondown"):
        assert not Subscriber.objects.filter(name="").exists()
    suppressed = set(Suppression.objects.values_list("email_hash", flat=True))
    for subscriber in Subscriber.objects.all():
        assert (subscriber.email_hash in suppressed) == (subscriber.status in LEFT)


@pytest.mark.parametrize("export", EXPORTS, ids=[export.service for export in EXPORTS])
def test_without_the_owners_word_only_people_with_a_proof_are_active(export: Export) -> None:
    import_text(export.content, are_confirmed=False)
    active = {name for name, status in statuses().items() if status == "active"}
    assert active == set(export.proven)
    assert {name for name, status in statuses().items() if status in LEFT} == {
        name for name, status in export.statuses.items() if status in LEFT
    }


def test_a_name_with_escaped_quotes_is_not_mangled() -> None:
    (mailpoet,) = (export for export in EXPORTS if export.service == "MailPoet")
    import_text(mailpoet.content)
    assert Subscriber.objects.get(email="ana@example.org").name == 'Ana "Annie", PT Silva'


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("email,Mailing status\nana@example.org,grün\nben@example.org,rot\n", ("Mailing status", "grün", "rot")),
        ("email,unsubscribed\nana@example.org,perhaps\n", ("unsubscribed", "perhaps")),
        ("email,state\nana@example.org,gone\nben@example.org,here\n", ("state", "gone", "here")),
        ("email,Newsletter consent level\nana@example.org,7\n", ("Newsletter consent level", "7")),
        ("email,Patron Status\nana@example.org,Former patron\n", ("Patron Status", "Former patron")),
        ("email,CRM field 7\nana@example.org,unsubscribed\nben@example.org,customer\n", ("CRM field 7", "customer")),
        ("email,Confirmation time\nana@example.org,yesterday\n", ("Confirmation time", "yesterday")),
    ],
)
def test_a_status_that_is_not_understood_stops_the_import_with_its_name_and_values(
    text: str, named: tuple[str, ...]
) -> None:
    for run in (import_text, lambda text: preview_import(text.encode(), are_confirmed=True)):
        with pytest.raises(ValidationError) as caught:
            run(text)
        for part in named:
            assert f"“{part}”" in caught.value.messages[0]
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "text",
    [
        "email,first name,city,state\nana@example.org,Ana,Portland,OR\n",
        "email,state\nana@example.org,NSW\n",
        "email,State,Zip Code\nana@example.org,Oregon,97201\n",
        "email,State/Province - Home,type\nana@example.org,Oregon,customer\n",
        "email,SMS subscriber status\nana@example.org,Unsubscribed\n",
        "email,Subscription status\nana@example.org,\n",
        "email,Subscription IP,unsubscribe_url\nana@example.org,203.0.113.5,https://example.org/u/1\n",
    ],
)
def test_a_region_and_other_columns_that_are_no_status_do_not_matter(text: str) -> None:
    assert import_text(text).errors == []
    assert statuses() == {"ana": "active"}


@pytest.mark.parametrize(
    ("column", "value", "status"),
    [
        ("unsubscribed", "1", "unsubscribed"),
        ("unsubscribed", "2023-02-01", "unsubscribed"),
        ("unsubscribed", "FALSE", "active"),
        ("Unsubscribed from all email", "Yes", "unsubscribed"),
        ("Accepts Email Marketing", "no", "unsubscribed"),
        ("Email subscriber status", "Never subscribed", "pending"),
        ("hard_bounced", "true", "bounced"),
        ("spam", "Y", "complained"),
        ("CRM field 7", "Unsubscribed", "unsubscribed"),
        ("opt_in", "No", "pending"),
        ("double_opt_in", "false", "pending"),
        ("Status", "Opted-Out", "unsubscribed"),
        ("Status", "HARD BOUNCE\u200b", "bounced"),
    ],
)
def test_who_left_is_recognized_in_many_forms(column: str, value: str, status: str) -> None:
    import_text(f"email,{column}\nana@example.org,{value}\n")
    assert statuses() == {"ana": status}
    assert Suppression.objects.count() == (status in LEFT)


def test_a_line_that_ends_before_the_status_or_has_too_many_cells_is_not_imported() -> None:
    report = import_text(
        "email,name,status\nana@example.org,Ana\nben@example.org,B,Ben,active\ncem@example.org,C,active\n"
    )
    assert statuses() == {"cem": "active"}
    assert [error.partition(":")[0] for error in report.errors] == ["Line 2", "Line 3"]


def test_someone_with_an_unknown_status_in_one_line_is_not_added_by_another() -> None:
    report = import_text("email,status\nana@example.org,active\nben@example.org,active\nANA@example.org,zombie\n")
    assert statuses() == {"ben": "active"}
    assert len(report.errors) == 2


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2023-02-01 08:05:00 UTC", (2023, 2, 1, 8, 5)),
        ("2/1/2023 8:05", (2023, 2, 1, 8, 5)),
        ("2023-02-01T08:05:00.000Z", (2023, 2, 1, 8, 5)),
        ("2023-02-01 03:05:00 -0500", (2023, 2, 1, 8, 5)),
        ("02/01/23 08:05am", (2023, 2, 1, 8, 5)),
        ("02/01/2023 12:05 AM", (2023, 2, 1, 0, 5)),
        ("Feb 1, 2023 8:05 PM", (2023, 2, 1, 20, 5)),
        ("1 February 2023", (2023, 2, 1, 0, 0)),
        ("Wed, 01 Feb 2023 08:05:00 +0000", (2023, 2, 1, 8, 5)),
        ("2023/02/01", (2023, 2, 1, 0, 0)),
        ("20230201T080500", (2023, 2, 1, 8, 5)),
        ("1675238700", (2023, 2, 1, 8, 5)),
        ("1675238700000", (2023, 2, 1, 8, 5)),
        ("44958.336806", (2023, 2, 1, 8, 5)),
        ("44958", (2023, 2, 1, 0, 0)),
        ("01-Feb-23", (2023, 2, 1, 0, 0)),
        ("01/Feb/2023 08:05", (2023, 2, 1, 8, 5)),
        ("2/1/2023, 8:05\u202fAM", (2023, 2, 1, 8, 5)),
        ("2023-02-01 03:05 EST", (2023, 2, 1, 8, 5)),
        ("Wed Feb 01 2023 03:05:00 GMT-0500 (Eastern Standard Time)", (2023, 2, 1, 8, 5)),
        ("Wed Feb  1 08:05:00 2023", (2023, 2, 1, 8, 5)),
        ("Wed Feb  1 03:05:00 EST 2023", (2023, 2, 1, 8, 5)),
        ("1. Februar 2023 um 08:05 Uhr", (2023, 2, 1, 8, 5)),
        ("1 février 2023 à 08h05", (2023, 2, 1, 8, 5)),
        ("mer. 1 févr. 2023", (2023, 2, 1, 0, 0)),
        ("1 de febrero de 2023", (2023, 2, 1, 0, 0)),
        ("1º de fevereiro de 2023", (2023, 2, 1, 0, 0)),
        ("1 febbraio 2023", (2023, 2, 1, 0, 0)),
        ("1 juillet 2023", (2023, 7, 1, 0, 0)),
        ("1 juin 2023", (2023, 6, 1, 0, 0)),
        ("1. März 2023", (2023, 3, 1, 0, 0)),
        ("1 maart 2023", (2023, 3, 1, 0, 0)),
        ("15 dez. 2023", (2023, 12, 15, 0, 0)),
        ("2023年2月1日 午後8:05", (2023, 2, 1, 20, 5)),
        ("2023년 2월 1일", (2023, 2, 1, 0, 0)),
        ("2023. 2. 1. 오전 8:05", (2023, 2, 1, 8, 5)),
        ("１/２/２０２３", (2023, 1, 2, 0, 0)),
    ],
)
def test_confirmation_times_are_read_in_the_formats_of_many_programs(
    written: str, expected: tuple[int, int, int, int, int]
) -> None:
    import_text(f'Email,Confirmation time\nana@example.org,"{written}"\n', are_confirmed=False)
    confirmed_at = Subscriber.objects.get(status="active").confirmed_at
    year, month, day, hour, minute = expected
    assert confirmed_at == datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(("first", "second"), [("31/1/2023", "1/2/2023"), ("31.01.2023 08:05", "01.02.2023 08:05")])
def test_one_date_with_a_day_above_twelve_decides_the_order_for_the_column(first: str, second: str) -> None:
    import_text(f"Email,Confirmation time\nana@example.org,{second}\nben@example.org,{first}\n")
    confirmed_at = Subscriber.objects.get(email="ana@example.org").confirmed_at
    assert confirmed_at
    assert (confirmed_at.month, confirmed_at.day) == (2, 1)


@pytest.mark.parametrize("text", ["", "0000-00-00 00:00:00", "0000-00-00", "NULL", "n/a", "-", "0"])
def test_programs_write_that_there_is_no_date_in_many_ways(text: str) -> None:
    assert is_empty_date(text)


def test_a_text_that_is_no_date_is_not_guessed() -> None:
    assert parse_date_time("yesterday") is parse_date_time("12") is parse_date_time("Foo 31, 2023") is None
    for text in ("2023-02-30", "31/31/2023", "2023-01-01 25:00"):
        with pytest.raises(DateError):
            parse_date_time(text)


@pytest.mark.parametrize(
    ("heading", "left", "stayed"),
    [
        ("Status", "Abgemeldet", "Aktiv"),
        ("Abgemeldet am", "31.12.2023", ""),
        ("Statut", "Désabonné(e)", "Abonné(e)"),
        ("Date de désinscription", "31/12/2023", ""),
        ("Désabonné", "Oui", "Non"),
        ("Estado", "Dado de baja", "Suscrito"),
        ("Fecha de baja", "31/12/2023 08:05", ""),
        ("Stato", "Disiscritto", "Iscritto"),
        ("Situação", "Descadastrado", "Ativo"),
        ("Status", "Uitgeschreven", "Actief"),
        ("Статус", "Отписался", "Подписан"),
        ("状態", "配信停止", "購読中"),
        ("상태", "수신거부", "구독중"),
        ("Opted out of email: Marketing", "true", ""),
        ("IsExcludedFromCampaigns", "true", "false"),
        ("GLOBAL_UNSUB", "true", "false"),
        ("Is this subscriber blacklisted", "1", "0"),
        ("optInStatus", "rejected", "accepted"),
    ],
)
@pytest.mark.parametrize(
    "email", ["Mail-Adresse", "Correo electrónico", "Courriel", "メールアドレス", "Indirizzo di posta elettronica"]
)
def test_other_exports_and_those_in_other_languages_say_who_left(
    heading: str, left: str, stayed: str, email: str
) -> None:
    report = import_text(f"{email};{heading}\nana@example.org;{left}\nben@example.org;{stayed}\n")
    assert (report.errors, statuses()) == ([], {"ana": "unsubscribed", "ben": "active"})


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("Estado", "Jalisco"),
        ("Fecha de alta", "31/12/2023"),
        ("Date d’inscription", "31/12/2023"),
        ("Etat", "ON"),
        ("Subscriber Since", "2023-01-01"),
    ],
)
def test_regions_and_dates_of_signing_up_are_no_statuses_in_other_languages(heading: str, value: str) -> None:
    report = import_text(f"email;ciudad;{heading}\nana@example.org;Lyon;{value}\n")
    assert (report.errors, statuses()) == ([], {"ana": "active"})


@pytest.mark.parametrize(
    ("heading", "value"), [("Estado", "Quién sabe"), ("Statut", "Zut"), ("Abmeldung", "Vielleicht")]
)
def test_unknown_statuses_in_other_languages_stop_the_import(heading: str, value: str) -> None:
    with pytest.raises(ValidationError, match=f"The column “{heading}” may say who unsubscribed"):
        import_text(f"email;{heading}\nana@example.org;{value}\n")


@pytest.mark.parametrize(
    "email",
    [
        "ana@example.org\u200b",
        "\ufeffana@example.org",
        "ana@exam\u00adple.org",
        "\u202aana@example.org\u202c",
        "ana@example.org\u00a0",
        "mailto:ana@example.org",
        "Ana Silva <ana@example.org>",
    ],
)
def test_what_copying_adds_to_an_email_address_is_removed(email: str) -> None:
    assert import_text(f"email,name\n{email},Ana\n").errors == []
    assert list(Subscriber.objects.values_list("email", flat=True)) == ["ana@example.org"]


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\nemail;name\nana@example.org;Ana\n",
        '\ufeff"sep=;"\r\n"email";"name"\r\n"ana@example.org";"Ana"\r\n',
        '"Email; private";"Name, first, last";email\nx;"Ana";ana@example.org\n',
        '"Name, as written, in full";"Email"\n"Ana";"ana@example.org"\n',
        "email|name\nana@example.org|Ana\n",
        "name\temail\rAna\tana@example.org\r",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_dialect_and_encoding_is_read(content: str, encoding: str) -> None:
    report = import_subscribers(content.encode(encoding), source="x", are_confirmed=True)
    assert (report.errors, statuses()) == ([], {"ana": "active"})


def test_a_second_import_confirms_people_imported_without_consent_and_never_mailed() -> None:
    text = "email,CONFIRM_TIME\nana@example.org,\nben@example.org,\n"
    import_text(text, are_confirmed=False)
    assert statuses() == {"ana": "pending", "ben": "pending"}
    report = import_text(text.replace("ben@example.org,", "ben@example.org,2024-01-01"), source="They wrote to me")
    assert (report.confirmed, report.existing, statuses()) == (2, 0, {"ana": "active", "ben": "active"})
    ben = Subscriber.objects.get(email="ben@example.org")
    assert ben.confirmed_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert [event.note for event in ben.consent_events.all()] == [
        "Our old list (no time given)",
        "They wrote to me (confirmed 2024-01-01)",
    ]
    # A third import changes nothing.
    assert (import_text(text).existing, ConsentEvent.objects.count()) == (2, 4)


@pytest.mark.parametrize("reason", ["signed up", "emailed", "delivery", "suppressed", "never imported"])
def test_an_import_never_confirms_someone_who_can_do_so_or_has_been_mailed(reason: str) -> None:
    if reason == "never imported":
        subscriber = make_subscriber(email="ana@example.org", status="pending", confirmed_at=None)
    else:
        import_text("email\nana@example.org\n", are_confirmed=False)
        subscriber = Subscriber.objects.get()
    if reason == "signed up":
        ConsentEvent.objects.record("requested", subscriber)
    if reason == "emailed":
        SubscriberEmail.objects.create(subscriber=subscriber, kind="confirm")
    if reason == "delivery":
        make_delivery(campaign=make_campaign(), subscriber=subscriber)
    if reason == "suppressed":
        Suppression.objects.add(subscriber.email_hash, "manual")
    assert import_text("email\nana@example.org\n").existing == 1
    assert statuses() == {"ana": "pending"}


@pytest.mark.parametrize("before", ["active", "pending"])
@pytest.mark.parametrize("after", sorted(LEFT))
def test_people_who_left_elsewhere_are_not_mailed_even_if_they_are_subscribers(before: str, after: str) -> None:
    confirmed_at = timezone.now() if before == "active" else None
    subscriber = make_subscriber(email="ana@example.org", status=before, confirmed_at=confirmed_at)
    for expected in (1, 0):
        assert import_text(f"email,status\nana@example.org,{after}\n").unsubscribed == expected
    assert statuses() == {"ana": after}
    assert Suppression.objects.get().reason == after
    assert Subscriber.objects.mailable().count() == 0
    event = subscriber.consent_events.get()
    assert (event.kind, event.form, event.note) == (after, "import", "Our old list (no time given)")


def test_someone_who_confirmed_here_after_leaving_elsewhere_stays() -> None:
    subscriber = make_subscriber(email="ana@example.org")
    ConsentEvent.objects.record("confirmed", subscriber)
    day = timezone.now() - timedelta(days=30)
    assert import_text(f"email,unsubscribed_at\nana@example.org,{day:%Y-%m-%d}\n").existing == 1
    assert statuses() == {"ana": "active"}
    assert import_text("email,status\nana@example.org,unsubscribed\n").unsubscribed == 1


def test_the_preview_predicts_the_import_and_writes_nothing() -> None:
    make_subscriber(email="here@example.org")
    make_subscriber(email="leaves@example.org")
    make_subscriber(email="erased@example.org").erase()
    import_text("email\nwaits@example.org\n", are_confirmed=False)
    text = (
        "email,status,topics,City\nana@example.org,active,knees,Rome\nben@example.org,unsubscribed,,\n"
        "here@example.org,active,,\nleaves@example.org,bounced,,\nerased@example.org,active,,\nwaits@example.org,active,,\n"
        "nobody,active,,\nANA@example.org,active,,\n"
    )
    before = list(Subscriber.objects.order_by("pk").values()), ConsentEvent.objects.count()
    preview = preview_import(text.encode(), are_confirmed=True)
    assert (list(Subscriber.objects.order_by("pk").values()), ConsentEvent.objects.count()) == before
    assert [(column.heading, column.use.value) for column in preview.columns] == [
        ("email", "Email address"),
        ("status", "Status"),
        ("topics", "Topics"),
        ("City", "Not imported"),
    ]
    assert [each.description for each in preview.sample] == [
        "Added: active",
        "Added: unsubscribed",
        "On the list already: not changed",
        "On the list already: bounced",
        "Not added: on the suppression list",
        "On the list already: confirmed",
    ]
    assert (preview.line_count, preview.unknown_topics) == (8, {"knees"})
    assert preview.report.errors == ["Line 8: “nobody” is not an email address that we can send to."]
    assert import_text(text) == preview.report
