"""What was published, changed in substance or withdrawn is submitted to search engines, and nothing else."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from blog.models import Post
from indexnow import submission
from indexnow.models import MAX_ATTEMPTS, SubmissionState, SubmittedPage
from indexnow.submission import forget, submit_changes
from pagecache.models import CacheVersion
from ptcomplete.health.work import indexnow
from siteinfo.models import SiteInfo
from tests.factories import make_page, make_post
from tests.local_server import allow_local_requests, run_local_server

HOST = "https://www.example.com"


class Service:
    """The requests that a service like IndexNow got, and how it answers."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.status = 200

    @property
    def urls(self) -> list[list[str]]:
        """The paths of each request."""
        return [[url.removeprefix(HOST) for url in request["urlList"]] for request in self.requests]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, settings: Settings, db: None) -> Iterator[Service]:
    allow_local_requests(monkeypatch)
    settings.SITE_URL = HOST
    service = Service()

    def receive(request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        service.requests.append(json.loads(body))
        request.send_response(service.status)
        request.end_headers()

    with run_local_server() as server:
        server.answers["/indexnow"] = receive
        monkeypatch.setattr(submission, "ENDPOINT", server.url("/indexnow"))
        SiteInfo.objects.create(name="Move", uses_indexnow=True)
        submit_changes()
        yield service


def pass_time(hours: int) -> None:
    """Let the next attempt be due."""
    for state in SubmissionState.objects.all():
        SubmissionState.objects.update(next_attempt_at=state.next_attempt_at - timedelta(hours=hours))


def change(post: Post, text: str) -> None:
    """Save a change in substance, as the admin does."""
    post.body = f"<p>{text}</p>"
    post.updated_on = timezone.localdate()
    post.save()
    post.changes.create(text=text)


def test_one_request_for_what_was_published_and_none_for_a_small_edit(service: Service) -> None:
    post, page = make_post(slug="knees"), make_page(slug="about")
    make_post(status=Post.Status.DRAFT)
    make_post(published_at=timezone.now() + timedelta(days=1))
    make_post(hides_from_search=True)
    make_post(canonical_url="https://example.org/first/")
    make_post(trashed_at=timezone.now())
    assert submit_changes() == 2
    assert [sorted(urls) for urls in service.urls] == [["/about/", "/knees/"]]
    (request,) = service.requests
    assert (request["host"], request["keyLocation"]) == ("www.example.com", f"{HOST}/{request['key']}.txt")
    post.body = "<p>A typo less.</p>"
    post.save()
    page.save()
    assert submit_changes() == 0
    for text in ("A new source.", "Another one on the same day."):
        change(post, text)
        assert (submit_changes(), submit_changes()) == (1, 0)
    assert service.urls[1:] == [["/knees/"], ["/knees/"]]


def test_withdrawn_and_moved_texts(service: Service) -> None:
    gone, hidden, moved, erased = (make_post(slug=slug) for slug in ("gone", "hidden", "moved", "erased"))
    submit_changes()
    gone.trash()
    hidden.hides_from_search = True
    hidden.save()
    moved.slug = "new"
    moved.save()
    erased.delete()
    assert submit_changes() == 5
    assert sorted(service.urls[1]) == ["/erased/", "/gone/", "/hidden/", "/moved/", "/new/"]
    assert submit_changes() == 0
    gone.restore()
    assert submit_changes() == 1


def test_a_scheduled_post_is_submitted_when_it_is_public(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    make_post(slug="later", published_at=timezone.now() + timedelta(days=1))
    assert submit_changes() == 0
    later = timezone.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert submit_changes() == 1


@pytest.mark.parametrize("reason", ["off", "hidden", "debug", "local"])
def test_nothing_is_sent_if_the_owner_or_the_site_does_not_want_it(
    service: Service, settings: Settings, reason: str
) -> None:
    if reason == "debug":
        settings.DEBUG = True
    if reason == "local":
        settings.SITE_URL = "http://localhost:8000"
    SiteInfo.objects.update(uses_indexnow=reason != "off", hides_from_search=reason == "hidden")
    make_post()
    assert submit_changes() == 0
    assert service.requests == []
    assert not SubmittedPage.objects.exists()


def test_turning_it_on_submits_nothing_that_was_public_before(service: Service) -> None:
    SiteInfo.objects.update(uses_indexnow=False)
    submit_changes()
    make_post(slug="before")
    SiteInfo.objects.update(uses_indexnow=True)
    assert submit_changes() == 0
    make_post(slug="after")
    assert submit_changes() == 1
    assert service.urls == [["/after/"]]


def test_many_urls_are_sent_in_batches(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "MAX_URLS", 4)
    for number in range(10):
        make_post(slug=f"post-{number}")
    assert [submit_changes() for _ in range(4)] == [4, 4, 2, 0]
    assert len({url for urls in service.urls for url in urls}) == 10
    Post.objects.all().delete()
    assert [submit_changes() for _ in range(4)] == [4, 4, 2, 0]


def test_a_failing_service_is_asked_a_few_times_and_then_left_alone(service: Service) -> None:
    service.status = 503
    post = make_post(slug="knees")
    for number in range(1, MAX_ATTEMPTS + 1):
        assert submit_changes() == 0
        assert submit_changes() == 0  # not due yet
        assert len(service.requests) == number
        assert "503" in indexnow().message
        pass_time(hours=12)
    assert submit_changes() == 0
    assert len(service.requests) == MAX_ATTEMPTS
    service.status = 202
    change(post, "A new source.")
    assert submit_changes() == 1
    assert indexnow().level == "ok"


def test_a_service_that_cannot_be_reached_changes_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr(submission, "ENDPOINT", "http://127.0.0.1:1/indexnow")
    make_post(slug="knees")
    versions = list(CacheVersion.objects.values_list())
    assert submit_changes() == 0
    assert list(CacheVersion.objects.values_list()) == versions
    assert client.get("/knees/").status_code == 200
    assert indexnow().level == "warning"


def test_a_killed_worker_submits_later(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    make_post(slug="knees")

    def kill(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(submission, "_send", kill)
        with pytest.raises(KeyboardInterrupt):
            submit_changes()
    assert submit_changes() == 0  # the claim has not expired
    pass_time(hours=1)
    assert submit_changes() == 1
    assert service.urls == [["/knees/"]]


@pytest.mark.django_db(transaction=True)
def test_two_workers_submit_once(service: Service) -> None:
    make_post(slug="knees")
    start, counts = Barrier(2), []

    def work() -> None:
        start.wait()
        counts.append(submit_changes())
        connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 1]
    assert service.urls == [["/knees/"]]
    assert SubmissionState.objects.get().failures == 0


def test_the_key_file_is_there_while_the_owner_wants_it(service: Service, client: Client) -> None:
    path = f"/{submission.key()}.txt"
    response = client.get(path)
    assert (response.status_code, response.content.decode()) == (200, submission.key())
    assert response["Content-Type"].startswith("text/plain")
    assert client.get(f"/{'0' * 32}.txt").status_code == 404
    SiteInfo.objects.get().delete()
    SiteInfo.objects.create(name="Move")
    assert client.get(path).status_code == 404


def test_site_health_names_the_state(service: Service) -> None:
    assert indexnow().message == "On. Nothing was published or changed since."
    make_post()
    submit_changes()
    assert indexnow().message == "1 URL was accepted a moment ago."
    SiteInfo.objects.update(hides_from_search=True)
    assert indexnow().message == "On, but nothing is sent while the site is hidden from search engines."
    forget()
    SiteInfo.objects.update(uses_indexnow=False)
    assert indexnow().message.startswith("Off.")
    assert not SubmissionState.objects.exists()
