"""A person's comments are found, exported and erased with everything else about them."""

import pytest
from django.test import Client

from comments.models import Comment
from privacy.collecting import collect_personal_data
from privacy.erasure import erase_personal_data
from privacy.people import Person
from tests.comments.factories import WORDS, make_comment, turn_on
from tests.factories import make_post

pytestmark = pytest.mark.django_db
PERSON = Person("robin@example.org")


def test_an_export_has_the_comments() -> None:
    comment = make_comment(email="Robin@Example.org", website="https://robin.example/")
    make_comment(email="other@example.org", body="<p>Not mine</p>")
    data = str(collect_personal_data(PERSON))
    assert WORDS in data
    assert "https://robin.example/" in data
    assert "Not mine" not in data
    assert str(comment.message_uuid) not in data


def test_erasing_deletes_comments_and_keeps_the_answers_of_others(client: Client) -> None:
    turn_on()
    post = make_post()
    answered = make_comment(post, email="robin@example.org", name="Robin", website="https://robin.example/")
    make_comment(post, email="robin@example.org", body="<p>Unanswered words</p>")
    answer = make_comment(post, parent=answered, name="Sam", body="<p>Robin, write to robin@example.org</p>")
    assert erase_personal_data(PERSON)["Comments"] == 2
    page = client.get(post.get_absolute_url()).content.decode()
    assert all(words not in page for words in ("robin", WORDS, "Unanswered"))
    assert "This comment was removed." in page
    assert set(Comment.objects.values_list("pk", flat=True)) == {answered.pk, answer.pk}
    answer.refresh_from_db()
    assert answer.parent_id == answered.pk
    assert "Comments" not in erase_personal_data(PERSON)
