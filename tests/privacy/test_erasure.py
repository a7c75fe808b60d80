"""Erasing one person over all apps."""

from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from accounts.models import AuditEvent, User
from blog.models import Post
from contact.models import Message
from newsletter.models import ConsentEvent, Delivery, Subscriber, Suppression
from newsletter.subscribers import csv_io
from privacy.collecting import collect_personal_data, holdings
from privacy.erasure import erase_personal_data
from privacy.mentions import find_mentions
from privacy.people import Person
from privacy.registry import ErasureError, register
from tests.factories import make_subscriber
from tests.privacy.everything import EMAIL, TYPED, make_everything

pytestmark = pytest.mark.django_db
# Rate limits and visitors cannot be found, and the example has confirmed again after unsubscribing.
TITLES = {entry.title for entry in register.ordered()} - {"Rate limits", "Suppression list", "Visitors of today"}


def columns_with(text: str) -> list[str]:
    """Return every column of every table that contains `text` in any spelling, without the help of models."""
    found = []
    with closing(connection.cursor()) as cursor:
        for table in connection.introspection.table_names(cursor):
            quoted = connection.ops.quote_name(table)
            cursor.execute(f"SELECT * FROM {quoted} LIMIT 0")
            for name in [column[0] for column in cursor.description]:
                value = f"LOWER(CAST({connection.ops.quote_name(name)} AS TEXT))"
                cursor.execute(f"SELECT COUNT(*) FROM {quoted} WHERE {value} LIKE %s", [f"%{text.lower()}%"])
                if cursor.fetchone()[0]:
                    found.append(f"{table}.{name}")
    return found


def rows_of_everything() -> dict[str, list[dict[str, Any]]]:
    return {
        entry.title: list(entry.model._base_manager.order_by("pk").values())
        for entry in register.ordered()
        if entry.model is not ConsentEvent
    }


def test_no_column_of_any_table_contains_the_address_of_an_erased_person() -> None:
    make_everything()
    assert len(columns_with(EMAIL)) > 15
    erased = erase_personal_data(Person(TYPED))
    assert columns_with(EMAIL) == []
    assert columns_with("192.0.2.") == []
    assert columns_with("Zoë") == columns_with("zoe") == []
    assert find_mentions(Person(EMAIL)) == []
    assert erased.keys() == TITLES


def test_other_people_keep_their_data() -> None:
    make_everything()
    erase_personal_data(Person(TYPED))
    message = Message.objects.get()
    assert (message.email, message.body) == ("sam@example.com", "[erased] sent me")
    assert Subscriber.objects.get().email == "sam@example.com"
    assert User.objects.get().email == "boss@example.com"
    post = Post.objects.order_by("pk").last()
    assert post
    assert post.author.name == "Former author"
    assert post.author.slug == f"former-author-{post.author.pk}"


def test_an_erased_person_is_never_emailed_again() -> None:
    make_everything()
    erase_personal_data(Person(TYPED))
    assert Suppression.objects.for_email(EMAIL).get().reason == "erased"
    assert set(Delivery.objects.values_list("status", "to_email")) == {("failed", ""), ("skipped", "")}
    file = f"email\n{TYPED}\n".encode()
    csv_io.import_subscribers(file, source="A list", are_confirmed=True)
    assert not Subscriber.objects.for_email(EMAIL).exists()


def test_someone_who_never_subscribed_cannot_be_imported_either() -> None:
    erase_personal_data(Person("new@example.org"))
    assert Suppression.objects.for_email("new@example.org").exists()


def test_erasing_twice_changes_nothing() -> None:
    make_everything()
    erase_personal_data(Person(TYPED))
    before = rows_of_everything()
    again = erase_personal_data(Person(EMAIL))
    assert again.keys() == {"Newsletter consent log", "Newsletter deliveries", "Suppression list"}
    after = rows_of_everything()
    for rows in (*before["Suppression list"], *after["Suppression list"]):
        del rows["suppressed_at"]
    assert after == before


def test_the_only_owner_is_not_erased_and_nothing_else_is() -> None:
    make_everything()
    make_subscriber(email="boss@example.com")
    before = rows_of_everything()
    with pytest.raises(ErasureError, match="only owner"):
        erase_personal_data(Person("Boss@example.com"))
    assert rows_of_everything() == before


def test_everything_is_exported_under_its_own_title_and_no_secret_is() -> None:
    user = make_everything()
    data = collect_personal_data(Person(TYPED))
    titles = [section["title"] for section in data["data"]]
    assert sorted(titles) == sorted(TITLES)
    text = str(data)
    assert "Call me or write to" in text
    assert "192.0.2.7" in text
    assert "sam@example.com" not in text
    assert user.password not in text
    assert Person(EMAIL).email_hash not in text
    subscriber = Subscriber.objects.get(normalized_email=EMAIL)
    assert str(subscriber.public_id) not in text


@pytest.mark.parametrize("typed", ["zoe@bücher.example", "ZOE@xn--bcher-kva.example", " Zoe@BÜCHER.example "])
def test_a_person_is_found_in_every_spelling(typed: str) -> None:
    subscriber = make_subscriber(email="zoe@bücher.example")
    Message.objects.create(name="Z", email="Zoe@Bücher.example", subject="-", body="-", submission=subscriber.public_id)
    assert [holding.entry.model for holding in holdings(Person(typed))] == [Message, Subscriber]


def test_the_audit_log_names_nobody_who_was_erased() -> None:
    make_everything()
    erase_personal_data(Person(TYPED))
    assert set(AuditEvent.objects.values_list("user_email", "network")) <= {("", ""), ("boss@example.com", "")}
