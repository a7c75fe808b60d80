"""Which texts are due for a review: in the queue, on the dashboard, and after the next review."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from publishing.dates import add_months
from publishing.review_queue import due_reviews
from tests.accounts.staff import sign_in
from tests.factories import make_page, make_post
from tests.publishing.reviews import make_review, make_reviewer

pytestmark = pytest.mark.django_db
QUEUE = "/admin/publishing/review/due/"


def person(role: Role) -> User:
    user = User.objects.create_user(f"{role}@example.com", name=f"{role.label} Person")
    user.set_role(role)
    user.save()
    return user


def due_titles(user: User) -> list[str]:
    return [str(row.document) for row in due_reviews(user)]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 3, 15), 36, date(2029, 3, 15)),
    ],
)
def test_months_end_where_the_calendar_does(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_text_is_due_when_its_time_comes_and_gone_after_the_next_review(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviewer_user = person(Role.REVIEWER)
    post = make_post(title="Knees", slug="knees")
    reviewer = make_reviewer()
    today = timezone.localdate()
    make_review(post, reviewer, days_ago=0, due_on=add_months(today, 12))
    assert due_titles(reviewer_user) == []
    now = timezone.now() + timedelta(days=395)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert due_titles(reviewer_user) == ["Knees"]
    staff = sign_in(reviewer_user)
    assert "1 overdue, with a notice for visitors." in staff.get("/admin/").content.decode()
    assert "Overdue" in staff.get(QUEUE).content.decode()
    assert "overdue-notice" in client.get("/knees/").content.decode()
    make_review(post, reviewer, days_ago=0)
    assert due_titles(reviewer_user) == []
    page = client.get("/knees/").content.decode()
    assert "overdue-notice" not in page
    assert f'datetime="{timezone.localdate()}"' in page
    assert "Nothing is due." in staff.get(QUEUE).content.decode()


def test_texts_that_changed_after_their_review_or_are_due_soon_are_listed_too() -> None:
    user = person(Role.EDITOR)
    reviewer, today = make_reviewer(), timezone.localdate()
    make_review(make_post(title="Changed", updated_on=today), reviewer, days_ago=3)
    make_review(make_post(title="Changed before", updated_on=today - timedelta(days=9)), reviewer, days_ago=3)
    make_review(make_page(title="Soon"), reviewer, days_ago=300, due_on=today + timedelta(days=20))
    make_review(make_post(title="Later"), reviewer, days_ago=300, due_on=today + timedelta(days=40))
    make_review(make_post(title="Draft", status="draft"), reviewer, days_ago=300, due_on=today - timedelta(days=4))
    make_post(title="Never reviewed")
    assert due_titles(user) == ["Soon", "Changed"]
    page = sign_in(user).get(QUEUE).content.decode()
    assert "Never reviewed" in page
    assert "1 post without a medical review" in page


def test_the_queue_takes_as_many_queries_for_many_texts(django_assert_num_queries: Any) -> None:
    user = person(Role.EDITOR)
    reviewer = make_reviewer()
    due = timezone.localdate() - timedelta(days=1)
    make_review(make_post(), reviewer, days_ago=90, due_on=due)
    user = User.objects.get(pk=user.pk)
    due_reviews(user)
    for _ in range(5):
        make_review(make_post(), reviewer, days_ago=90, due_on=due)
    with django_assert_num_queries(2):
        assert len(due_reviews(user)) == 6


@pytest.mark.parametrize(("role", "status"), [(Role.AUTHOR, 403), (Role.REVIEWER, 200), (Role.EDITOR, 200)])
def test_reviewers_and_editors_open_the_queue(role: Role, status: int) -> None:
    assert sign_in(person(role)).get(QUEUE).status_code == status


def test_the_list_of_reviews_links_to_the_text_and_shows_the_scores() -> None:
    review = make_review(make_post(title="Knees"), pemat={"1": "agree", "20": "disagree"})
    page = sign_in(person(Role.EDITOR)).get("/admin/publishing/review/").content.decode()
    assert f"/admin/blog/post/{review.object_id}/review/" in page
    assert "100 % / 0 %" in page
