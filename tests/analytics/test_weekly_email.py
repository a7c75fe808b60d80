"""The weekly email: what exactly it says, who gets it, and that it is sent once."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.roles import Role
from affiliates.models import Program
from analytics.models import CountedPage, PageCount, SearchCount, WeeklyEmail, WeeklyEmailSetting
from analytics.weekly_delivery import delete_old_weekly_emails, queue_weekly_emails
from blog.models import Post
from comments.models import Comment, Discussion
from evidence.models import Source
from feedback.models import Suggestion
from outbox.sending import send_due_emails
from siteinfo.models import SiteInfo
from tests.accounts.staff import sign_in
from tests.affiliates.factories import make_link
from tests.factories import make_author, make_post
from tests.mail_server import Mailbox
from tests.publishing.reviews import make_review

MONDAY = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
LAST_WEEK = MONDAY.date() - timedelta(days=3)
WEEK_BEFORE = MONDAY.date() - timedelta(days=10)

EXPECTED = """\
Hello Pat,

Moving Well had 1,250 views from November 23 to November 29, +25% compared to the week before.

MEDICAL REVIEWS DUE

- “Hips”, due on Dec. 4, 2026
  https://example.com/admin/blog/post/{hips}/review/

REFERENCES TO LOOK AT

- Retracted: Smith 2020: Walking cures all
  https://example.com/admin/evidence/source/{source}/change/

BROKEN LINKS

- “Knees” links to /gone/. There is no page at this URL.
  https://example.com/admin/blog/post/{knees}/change/

BROKEN AFFILIATE LINKS

- Foam roller
  https://example.com/admin/affiliates/link/{link}/change/

DRAFTS THAT WAIT FOR TWO WEEKS OR LONGER

- Ankles
  https://example.com/admin/blog/post/{draft}/change/

COMMENTS

- 1 comment waits for your decision
  https://example.com/admin/comments/comment/?status=pending

SUGGESTIONS FROM READERS

- “A typo” for “Knees”
  https://example.com/admin/feedback/suggestion/{suggestion}/change/

SEARCHES THAT FOUND NOTHING

- “frozen shoulder” (4 times)
  https://example.com/admin/analytics/searches/

READ LESS THAN THE WEEK BEFORE

- Hips (30 views fewer)
  https://example.com/admin/analytics/post/{hips}/

MOST READ

- Knees (1,200 views)
  https://example.com/admin/analytics/post/{knees}/
- Hips (50 views)
  https://example.com/admin/analytics/post/{hips}/

All numbers: https://example.com/admin/analytics/
Turn this email off: https://example.com/admin/analytics/weekly-email/
"""


@pytest.fixture(autouse=True)
def monday_morning(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.SITE_URL = "https://example.com"
    monkeypatch.setattr(timezone, "now", lambda: MONDAY)


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_superuser(
        "pat@example.com", "a password for tests", name="Pat", joined_at=MONDAY - timedelta(days=90)
    )


def make_views(post: Post | None, last_week: int, week_before: int) -> None:
    """Create views of a post, or of the whole site."""
    path, kind, pk = (post.get_absolute_url(), "post", post.pk) if post else ("", "", None)
    page = CountedPage.objects.create(path=path, kind=kind, document_id=pk)
    PageCount.objects.create(page=page, day=LAST_WEEK, views=last_week)
    PageCount.objects.create(page=page, day=WEEK_BEFORE, views=week_before)


def make_a_week(program: Program) -> dict[str, int]:
    """Create one thing of every kind that the email mentions. Return their primary keys."""
    SiteInfo.objects.update_or_create(defaults={"name": "Moving Well"})
    knees = make_post(title="Knees", slug="knees", body='<p>Walk. <a href="/gone/">More</a></p>')
    hips = make_post(title="Hips", slug="hips")
    make_review(hips, due_on=MONDAY.date() + timedelta(days=4))
    make_review(knees, make_author(), due_on=MONDAY.date() + timedelta(days=12))
    draft = make_post(title="Ankles", status=Post.Status.DRAFT)
    Post.objects.filter(pk=draft.pk).update(modified_at=MONDAY - timedelta(days=15))
    source = Source.objects.create(authors="Smith, J", title="Walking cures all", year=2020, retraction="Retracted")
    link = make_link(program, name="Foam roller", health="broken")
    Comment.objects.create(discussion=Discussion.objects.create(post=knees), name="Sam", body="<p>Thanks</p>")
    Comment.objects.update(next_attempt_at=None)  # its own email was sent
    suggestion = Suggestion.objects.create(
        post=knees, words="A typo", kind=Suggestion.Kind.values[0], submission="00000000-0000-4000-8000-000000000000"
    )
    SearchCount.objects.create(words="frozen shoulder", day=LAST_WEEK, count=4, without_results=4)
    SearchCount.objects.create(words="shouldr", day=LAST_WEEK, count=1, without_results=1)
    make_views(knees, 1200, 920)
    make_views(hips, 50, 80)
    make_views(None, 1250, 1000)
    rows: dict[str, Any] = {
        "knees": knees,
        "hips": hips,
        "draft": draft,
        "source": source,
        "link": link,
        "suggestion": suggestion,
    }
    return {name: row.pk for name, row in rows.items()}


@pytest.mark.django_db
def test_every_character_of_the_email(owner: User, program: Program, mailbox: Mailbox) -> None:
    pks = make_a_week(program)
    assert queue_weekly_emails() == 1
    send_due_emails()
    (message,) = mailbox.messages
    assert message["Subject"] == "Moving Well: 7 things to do this week"
    assert message["To"] == "pat@example.com"
    assert message.get_content().replace("\r\n", "\n") == EXPECTED.format(**pks)


@pytest.mark.django_db
def test_nothing_to_say_sends_no_email(owner: User, mailbox: Mailbox) -> None:
    assert queue_weekly_emails() == 0
    assert queue_weekly_emails() == 0
    send_due_emails()
    assert mailbox.messages == []


@pytest.mark.django_db
def test_it_is_sent_once_a_week(
    owner: User, program: Program, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_a_week(program)
    for hours in (0, 1, 30, 24 * 6):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: MONDAY + timedelta(hours=hours))
        queue_weekly_emails()
        send_due_emails()
    assert len(mailbox.messages) == 1
    monkeypatch.setattr(timezone, "now", lambda: MONDAY + timedelta(days=7))
    queue_weekly_emails()
    send_due_emails()
    assert len(mailbox.messages) == 2


@pytest.mark.django_db
def test_a_worker_that_is_killed_after_queueing_neither_loses_nor_repeats_it(
    owner: User, program: Program, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_a_week(program)
    queue_weekly_emails()
    with monkeypatch.context() as patched:  # killed between the claim and the connection
        patched.setattr("outbox.sending._send", lambda *args: None)
        send_due_emails()
    queue_weekly_emails()
    send_due_emails()
    assert mailbox.messages == []  # due again after the delay of a retry
    monkeypatch.setattr(timezone, "now", lambda: MONDAY + timedelta(minutes=10))
    queue_weekly_emails()
    send_due_emails()
    assert len(mailbox.messages) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_queue_it_once(owner: User, program: Program) -> None:
    make_a_week(program)
    start, counts = Barrier(2), []

    def work() -> None:
        start.wait()
        counts.append(queue_weekly_emails())
        connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(counts), WeeklyEmail.objects.count()) == ([0, 1], 1)


@pytest.mark.django_db
def test_not_before_seven_on_monday_and_not_in_the_first_week(
    owner: User, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_a_week(program)
    monkeypatch.setattr(timezone, "now", lambda: MONDAY.replace(hour=6))
    assert queue_weekly_emails() == 0
    monkeypatch.setattr(timezone, "now", lambda: MONDAY + timedelta(days=2))
    User.objects.update(joined_at=MONDAY + timedelta(hours=1))
    assert queue_weekly_emails() == 0
    User.objects.update(joined_at=MONDAY - timedelta(days=1))
    assert queue_weekly_emails() == 1


@pytest.mark.django_db
def test_users_turn_it_off_and_on(owner: User, program: Program, mailbox: Mailbox) -> None:
    make_a_week(program)
    client: Client = sign_in(owner)
    url = "/admin/analytics/weekly-email/"
    assert b"checked" in client.get(url).content
    queue_weekly_emails()
    assert client.post(url, {}).status_code == 302
    send_due_emails()  # queued before, and off since
    assert mailbox.messages == []
    WeeklyEmail.objects.all().delete()
    assert queue_weekly_emails() == 0
    client.post(url, {"is_on": "on"})
    assert WeeklyEmailSetting.objects.get().is_on
    assert queue_weekly_emails() == 1


@pytest.mark.django_db
def test_authors_get_what_concerns_them(program: Program, mailbox: Mailbox) -> None:
    author = User(email="ann@example.com", name="Ann", joined_at=MONDAY - timedelta(days=90))
    author.set_role(Role.AUTHOR)
    author.save()
    reviewer = User(email="rob@example.com", joined_at=MONDAY - timedelta(days=90))
    reviewer.set_role(Role.REVIEWER)
    reviewer.save()
    make_a_week(program)
    own = make_post(title="Own", slug="own", author=make_author(user=author))
    make_views(own, 7, 0)
    assert queue_weekly_emails() == 1
    send_due_emails()
    (message,) = mailbox.messages
    text = message.get_content()
    assert "What you wrote had 7 views" in text
    assert "- Own (7 views)" in text
    for hidden in ("Knees", "Ankles", "Foam roller", "frozen shoulder", "comment"):
        assert hidden not in text


@pytest.mark.django_db
def test_old_rows_are_deleted(owner: User) -> None:
    WeeklyEmail.objects.create(user=owner, monday=MONDAY.date() - timedelta(days=35))
    WeeklyEmail.objects.create(user=owner, monday=MONDAY.date())
    assert delete_old_weekly_emails() == 1
