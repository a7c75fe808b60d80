"""New posts from the API, tested against a local server that answers as documented, or incorrectly."""

import io
import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow

from images.models import Image
from instagram import api
from instagram.models import InstagramPost, InstagramSettings
from tests.factories import make_image
from tests.local_server import allow_local_requests

pytestmark = pytest.mark.any_database

TOKEN = "IGAAsecret123"


def jpeg() -> bytes:
    output = io.BytesIO()
    Pillow.new("RGB", (64, 64), "teal").save(output, "JPEG")
    return output.getvalue()


class Instagram:
    """A fake API: its responses by path, and the requests it has received."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, list[str]]]] = []
        self.responses: dict[str, tuple[int, Any]] = {"/image.jpg": (200, jpeg()), "/me/media": (200, {"data": []})}
        self.delay = 0.0

    def post(self, number: int, **overrides: Any) -> dict[str, Any]:
        return {
            "id": str(17_000_000_000_000_000 + number),
            "caption": f"Post {number}",
            "media_type": "IMAGE",
            "media_url": f"{api.ORIGIN}/image.jpg?n={number}",
            "permalink": f"https://www.instagram.com/p/{number}/",
            "timestamp": f"2026-03-0{number}T10:00:00+0000",
        } | overrides

    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Instagram]:
    fake = Instagram()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            fake.requests.append((parts.path, parse_qs(parts.query)))
            status, body = fake.responses.get(parts.path, (404, b""))
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/me/media")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            time.sleep(fake.delay)
            with suppress(OSError):
                self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    allow_local_requests(monkeypatch)
    monkeypatch.setattr(api, "ORIGIN", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(api, "IMAGE_ORIGINS", (api.ORIGIN,))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield fake
    server.shutdown()
    server.server_close()


def connect(**overrides: Any) -> None:
    """Create settings with a token that need not be refreshed yet."""
    later = timezone.now() + timedelta(days=30)
    InstagramSettings.objects.create(
        **{"access_token": TOKEN, "refresh_token_at": later, "token_expires_at": later} | overrides
    )


def settings() -> InstagramSettings:
    return InstagramSettings.objects.get()


def fetch_again() -> None:
    """Fetch as if an hour had passed."""
    InstagramSettings.objects.update(next_fetch_at=None)
    api.fetch_due()


def test_without_a_token_no_request_is_sent(server: Instagram) -> None:
    assert api.fetch_due() == 0
    InstagramSettings.objects.create()
    assert api.fetch_due() == 0
    assert server.requests == []


def test_new_posts_are_imported_once_with_caption_and_url(server: Instagram) -> None:
    connect()
    video = server.post(3, media_type="VIDEO", media_url=None, thumbnail_url=f"{api.ORIGIN}/image.jpg?v")
    server.responses["/me/media"] = (200, {"data": [video, server.post(2), server.post(1)], "paging": {}})
    api.fetch_due()
    fetch_again()
    assert [post.caption for post in InstagramPost.objects.visible()] == ["Post 3", "Post 2", "Post 1"]
    post = InstagramPost.objects.visible()[2]
    assert (post.url, post.source, post.posted_at.isoformat()) == (
        "https://www.instagram.com/p/1/",
        "api",
        "2026-03-01T10:00:00+00:00",
    )
    assert (post.image.width, server.paths().count("/image.jpg")) == (64, 3)
    assert server.requests[0][1]["access_token"] == [TOKEN]
    assert settings().problem == ""


def test_posts_are_fetched_at_most_once_an_hour(server: Instagram) -> None:
    connect()
    for _ in range(3):
        api.fetch_due()
    assert server.paths() == ["/me/media"]
    InstagramSettings.objects.update(next_fetch_at=timezone.now() - timedelta(seconds=1))
    api.fetch_due()
    assert server.paths() == ["/me/media"] * 2


def test_a_post_imported_from_the_archive_gets_its_url_and_no_duplicate(server: Instagram) -> None:
    posted_at = timezone.datetime.fromisoformat("2026-03-01T10:00:00+00:00")  # type: ignore[attr-defined]
    InstagramPost.objects.create(image=make_image(), posted_at=posted_at, source="archive", external_id="1772359200")
    connect()
    server.responses["/me/media"] = (200, {"data": [server.post(1)]})
    api.fetch_due()
    assert InstagramPost.objects.get().url == "https://www.instagram.com/p/1/"
    assert Image.objects.count() == 1


def test_the_token_is_refreshed_before_it_expires(server: Instagram) -> None:
    connect(refresh_token_at=timezone.now() - timedelta(minutes=1))
    server.responses["/refresh_access_token"] = (
        200,
        {"access_token": "fresh", "token_type": "bearer", "expires_in": 5183944},
    )
    api.fetch_due()
    now = settings()
    assert now.access_token == "fresh"
    assert now.token_expires_at is not None
    assert now.refresh_token_at is not None
    assert timedelta(days=59) < now.token_expires_at - timezone.now() < timedelta(days=60)
    assert timedelta(days=29) < now.refresh_token_at - timezone.now() < timedelta(days=30)
    assert [query["access_token"] for _, query in server.requests] == [[TOKEN], ["fresh"]]
    assert server.requests[0][1]["grant_type"] == ["ig_refresh_token"]
    fetch_again()
    assert server.paths().count("/refresh_access_token") == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"access_token": "", "expires_in": "soon"}),
        (400, {"error": {"code": 190}}),
        (400, {"error": {"code": 100}}),
    ],
)
def test_a_failed_refresh_does_not_stop_the_import_and_is_retried(server: Instagram, status: int, body: Any) -> None:
    connect(refresh_token_at=timezone.now() - timedelta(minutes=1))
    server.responses["/refresh_access_token"] = (status, body)
    server.responses["/me/media"] = (200, {"data": [server.post(1)]})
    api.fetch_due()
    assert not settings().is_token_rejected
    assert (InstagramPost.objects.count(), settings().access_token, settings().failing_since is not None) == (
        1,
        TOKEN,
        True,
    )
    fetch_again()
    assert server.paths().count("/refresh_access_token") == 2


def test_a_rejected_token_is_reported_and_not_used_again_and_the_strip_stays(
    server: Instagram, admin_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    InstagramPost.objects.create(image=make_image())
    connect()
    error = {"message": f"Error validating {TOKEN}", "type": "OAuthException", "code": 190}
    server.responses["/me/media"] = (400, {"error": error})
    api.fetch_due()
    fetch_again()
    assert server.paths() == ["/me/media"]
    assert len(InstagramPost.objects.visible()) == 1
    for name in (
        "admin:index",
        "admin:instagram_instagrampost_changelist",
        "admin:instagram_instagramsettings_changelist",
    ):
        page = admin_client.get(reverse(name)).content.decode()
        assert "no longer accepts the access token" in page
        assert TOKEN not in page
    assert TOKEN not in caplog.text
    fields = {"title": "Follow along", "image_count": "6", "new_token": "another"}
    assert admin_client.post(reverse("admin:instagram_instagramsettings_changelist"), fields).status_code == 302
    assert (settings().access_token, settings().problem, settings().next_fetch_at) == ("another", "", None)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b""),
        (403, {"error": {"code": 4, "message": "Application request limit reached"}}),
    ],
)
def test_after_a_rate_limit_error_we_wait_six_hours(server: Instagram, status: int, body: Any) -> None:
    connect()
    server.responses["/me/media"] = (status, body)
    api.fetch_due()
    wait = settings().next_fetch_at
    assert wait is not None
    assert wait > timezone.now() + timedelta(hours=5)
    assert not settings().is_token_rejected


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"<html>"),
        (200, b"<html>"),
        (200, b"[" * 100_000),
        (200, b"null"),
        (200, {"data": "none"}),
        (200, {}),
        (302, b""),
        (400, {"error": "odd"}),
        (200, b" " * 1_100_000),
    ],
)
def test_unusable_responses_are_reported_only_if_they_persist(server: Instagram, status: int, body: Any) -> None:
    connect()
    server.responses["/me/media"] = (status, body)
    api.fetch_due()
    assert server.paths() == ["/me/media"]
    assert (settings().failing_since is not None, settings().problem) == (True, "")
    InstagramSettings.objects.update(failing_since=timezone.now() - timedelta(days=3))
    assert "Fetching from Instagram has failed since" in settings().problem
    server.responses["/me/media"] = (200, {"data": []})
    fetch_again()
    assert settings().problem == ""


def test_a_slow_server_times_out(server: Instagram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "SECONDS", 0.2)
    connect()
    server.delay = 0.6
    began = time.monotonic()
    api.fetch_due()
    assert time.monotonic() - began < 0.6
    assert settings().failing_since is not None


def test_one_bad_image_does_not_stop_the_others(server: Instagram) -> None:
    connect()
    server.responses["/page"] = (200, b"<html>not an image")
    odd = [
        server.post(1, media_url=f"{api.ORIGIN}/page"),
        server.post(2, media_url="http://127.0.0.1:1/image.jpg"),
        server.post(3, media_url="file:///etc/hosts"),
        server.post(4, media_url=7, id=5),
        {"id": "x"},
        "row",
        server.post(5, caption="ok\0", permalink="javascript:alert(1)", timestamp="yesterday"),
    ]
    server.responses["/me/media"] = (200, {"data": odd})
    api.fetch_due()
    post = InstagramPost.objects.get()
    assert (post.caption, post.url) == ("ok", "")
    assert settings().failing_since is not None


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://scontent-fra3-1.cdninstagram.com/v/1.jpg?x=1", True),
        ("https://scontent.xx.fbcdn.net/v/1.jpg", True),
        ("http://scontent.cdninstagram.com/1.jpg", False),
        ("https://cdninstagram.com.evil.example/1.jpg", False),
        ("https://evilcdninstagram.com/1.jpg", False),
        ("https://user@evil.example/.cdninstagram.com", False),
        ("https://a.cdninstagram.com:8443/1.jpg", False),
        ("https://[", False),
    ],
)
def test_images_are_fetched_from_instagrams_servers_only(url: str, is_allowed: bool) -> None:
    try:
        found = api._checked_image_url(url)
    except api.InstagramError:
        found = ""
    assert bool(found) is is_allowed


@pytest.mark.django_db
def test_a_token_is_entered_in_the_settings_and_never_shown(admin_client: Client) -> None:
    url = reverse("admin:instagram_instagramsettings_changelist")
    fields = {"title": "Follow along", "image_count": "6"}
    assert admin_client.post(url, fields | {"new_token": f" {TOKEN} "}).status_code == 302
    assert settings().access_token == TOKEN
    assert admin_client.post(url, fields | {"image_count": "4"}).status_code == 302
    assert (settings().access_token, settings().image_count) == (TOKEN, 4)
    page = admin_client.get(url).content.decode()
    assert TOKEN not in page
    assert "first images arrive" in page
    for wrong in (
        {"new_token": "two words"},
        {"new_token": "a", "remove_token": "on"},
        {"image_count": "0"},
        {"image_count": "13"},
    ):
        page = admin_client.post(url, fields | wrong).content.decode()
        assert "errorlist" in page
    assert settings().access_token == TOKEN
    admin_client.post(url, fields | {"remove_token": "on"})
    assert settings().access_token == ""
