"""Maintenance mode: what visitors, people who work on the site, and owners get, and what the worker does."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from lxml import html
from pytest_django import Settings

from contact.models import ContactSettings, Message
from newsletter.models import NewsletterSettings
from newsletter.worker import run_round
from operations import maintenance
from operations.heartbeat import Heartbeat
from operations.maintenance import or_maintenance
from operations.models import Maintenance
from outbox.sending import send_due_emails
from ptcomplete.management.commands import worker
from ptcomplete.management.commands.worker import Job
from public_forms.forms import issue_token
from tests.accounts.staff import make_staff, sign_in
from tests.factories import make_page, make_post
from tests.operations.log_lines import collect_lines

pytestmark = pytest.mark.django_db
ORIGIN = {"origin": "http://testserver"}


@pytest.fixture
def closed() -> None:
    call_command("maintenance", "on", "--message", "Back at noon, <b>promised</b>.", verbosity=0)


def post_message(client: Client, **fields: str) -> Any:
    data = {"name": "Sam", "email": "sam@example.org", "subject": "A talk", "body": "Would <you> come?\nTomorrow?"}
    data |= {"token": issue_token("contact", age=60)} | fields
    return client.post("/contact/?from=home", data, headers=ORIGIN)


def test_the_command_turns_it_on_and_off(capsys: pytest.CaptureFixture[str]) -> None:
    for state in ("status", "on", "on", "off", "off"):
        call_command("maintenance", state)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[3] for line in lines] == ["off.", "on", "on", "off.", "off."]
    call_command("maintenance", "on", "--message", "one")
    started_at = Maintenance.objects.get().started_at
    call_command("maintenance", "on", "--message", "two")
    assert (Maintenance.objects.get().message, Maintenance.objects.get().started_at) == ("two", started_at)


def test_visitors_get_a_page_that_says_when_to_come_back(closed: None, client: Client) -> None:
    with collect_lines("line") as output:
        response = client.get("/blog/")
    assert response.status_code == 503
    assert response["Retry-After"] == "300"
    assert response["Cache-Control"] == "no-store"
    page = response.content.decode()
    assert "Back soon" in page
    assert "Back at noon, &lt;b&gt;promised&lt;/b&gt;." in page
    assert not response.cookies
    assert output.getvalue() == ""


def test_the_page_is_gone_as_soon_as_it_is_over(closed: None, client: Client) -> None:
    assert client.get("/").status_code == 503
    call_command("maintenance", "off", verbosity=0)
    assert client.get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_cached_pages_can_still_be_read(client: Client) -> None:
    post = make_post()
    path = f"/{post.slug}/"
    assert client.get(path).status_code == 200
    call_command("maintenance", "on", verbosity=0)
    assert client.get(path)["Cache-Status"] == "pages; hit"
    assert client.get("/blog/").status_code == 503
    # This one is not in the cache.
    assert client.get(f"{path}?page=2").status_code == 503


@pytest.mark.parametrize(
    "path", ["/healthz", "/livez", "/robots.txt", "/favicon.ico", "/icon.png", "/apple-touch-icon.png", "/admin/login/"]
)
def test_some_urls_work_as_always(path: str, closed: None, client: Client) -> None:
    assert client.get(path).status_code in (200, 302)


def test_healthz_still_reports_whether_pages_can_be_rendered(
    closed: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ptcomplete.views.home", lambda request: 1 / 0)
    assert client.get("/healthz").status_code == 503


def test_a_form_cannot_be_taken_but_its_words_stay_and_can_be_sent_again(closed: None, client: Client) -> None:
    response = post_message(client)
    assert response.status_code == 503
    assert not Message.objects.exists()
    page: Any = html.fromstring(response.content)
    assert "nothing was saved or sent" in page.text_content()
    assert "Would <you> come?" in page.text_content()
    form = page.forms[0]
    assert (form.method, form.action) == ("POST", "/contact/?from=home")
    call_command("maintenance", "off", verbosity=0)
    again = client.post(form.action, dict(form.form_values()), headers=ORIGIN)
    assert again.status_code == 303
    # Browsers send line breaks as CRLF.
    assert Message.objects.get().body.split() == ["Would", "<you>", "come?", "Tomorrow?"]


def test_another_site_cannot_make_the_page_show_its_words(closed: None, client: Client) -> None:
    response = client.post("/contact/", {"body": "Call this number now"}, headers={"origin": "https://evil.example"})
    assert response.status_code == 503
    assert "Call this number" not in response.content.decode()


def test_a_large_body_is_refused_before_it_is_read(closed: None, client: Client) -> None:
    response = client.post("/contact/", {"body": "x" * 300_000}, headers=ORIGIN)
    assert response.status_code == 413


def test_owners_sign_in_and_see_everything(closed: None, admin_user: Any, client: Client) -> None:
    client.post("/admin/login/", {"login": admin_user.email, "password": "a password for tests"})
    page = make_page()
    for path in ("/", page.get_absolute_url(), "/admin/", "/admin/health/"):
        assert client.get(path).status_code == 200
    assert "Maintenance mode is on" in client.get("/admin/health/").content.decode()


def test_others_who_work_on_the_site_wait_and_keep_what_they_wrote(closed: None) -> None:
    user = make_staff()
    user.set_role("editor")
    user.save()
    client = sign_in(user)
    assert client.get("/admin/").status_code == 503
    data = {"title": "A long title of a post", "csrfmiddlewaretoken": "x", "word_count": "123456789", "_save": "Save"}
    response = client.post("/admin/blog/post/add/", data, headers=ORIGIN)
    assert response.status_code == 503
    page: Any = html.fromstring(response.content)
    form = page.forms[0]
    assert form.fields["title"] == "A long title of a post"
    assert len(form.fields["csrfmiddlewaretoken"]) == 64
    assert "123456789" not in form.text_content()
    assert client.post("/admin/logout/", headers=ORIGIN).status_code != 503


def test_the_state_costs_one_query_and_an_unmigrated_database_counts_as_open(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert maintenance.maintenance_message() is None
    monkeypatch.setattr(maintenance, "_SQL", "SELECT message FROM not_migrated_yet")
    with transaction.atomic():
        assert maintenance.maintenance_message() is None
        transaction.set_rollback(True)


def test_the_worker_does_nothing(closed: None, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    done: list[int] = []

    def work() -> int:
        done.append(1)
        return 0

    polls = iter(range(20))
    worker.work_until(lambda: next(polls, 20) >= 19, [Job("any", work, 0)], Heartbeat("worker"))
    assert done == []
    with pytest.raises(CommandError, match="Maintenance mode is on"):
        call_command("worker", "--once")


def test_no_email_is_sent(closed: None, mailoutbox: list[Any]) -> None:
    ContactSettings.objects.create(notify_email="tera@example.org")
    Message.objects.create(name="Sam", email="sam@example.org", subject="Hi", body="Words", submission=uuid4())
    NewsletterSettings.objects.create(from_email="news@example.com")
    assert send_due_emails() == run_round(lambda: False) == 0
    assert mailoutbox == []
    call_command("maintenance", "off", verbosity=0)
    assert send_due_emails() == 1


def test_a_running_campaign_notices_the_beginning_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = or_maintenance(lambda: False)
    assert not stopped()
    Maintenance.objects.turn_on("")
    assert not stopped()
    monkeypatch.setattr(maintenance, "CHECK_SECONDS", 0)
    assert stopped()
