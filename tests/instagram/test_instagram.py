"""New pictures by the API, against a server of our own that answers as the documentation says, or badly."""

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
from instagram.models import FollowSettings, Shot
from tests.factories import make_image

TOKEN = "IGAAsecret123"


def jpeg() -> bytes:
    output = io.BytesIO()
    Pillow.new("RGB", (64, 64), "teal").save(output, "JPEG")
    return output.getvalue()


class Instagram:
    """What the stand-in answers by path, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.answers: dict[str, tuple[int, Any]] = {"/picture.jpg": (200, jpeg()), "/me/media": (200, {"data": []})}
        self.slow = 0.0

    def post(self, number: int, **overrides: Any) -> dict[str, Any]:
        return {
            "id": str(17_000_000_000_000_000 + number),
            "caption": f"Post {number}",
            "media_type": "IMAGE",
            "media_url": f"{api.ORIGIN}/picture.jpg?n={number}",
            "permalink": f"https://www.instagram.com/p/{number}/",
            "timestamp": f"2026-03-0{number}T10:00:00+0000",
        } | overrides

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Instagram]:
    stand_in = Instagram()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            stand_in.asked.append((parts.path, parse_qs(parts.query)))
            status, body = stand_in.answers.get(parts.path, (404, b""))
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/me/media")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            time.sleep(stand_in.slow)
            with suppress(OSError):
                self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    monkeypatch.setattr(api, "ORIGIN", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(api, "PICTURE_ORIGINS", (api.ORIGIN,))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield stand_in
    server.shutdown()
    server.server_close()


def connect(**overrides: Any) -> None:
    """Settings with a token that need not be renewed yet."""
    later = timezone.now() + timedelta(days=30)
    FollowSettings.objects.create(**{"token": TOKEN, "renew_at": later, "token_ends_at": later} | overrides)


def settings() -> FollowSettings:
    return FollowSettings.objects.get()


def fetch_again() -> None:
    """As an hour later."""
    FollowSettings.objects.update(ask_at=None)
    api.fetch_due()


def test_without_a_token_nobody_is_asked(server: Instagram) -> None:
    assert api.fetch_due() == 0
    FollowSettings.objects.create()
    assert api.fetch_due() == 0
    assert server.asked == []


def test_new_posts_are_kept_here_once_with_words_and_address(server: Instagram) -> None:
    connect()
    video = server.post(3, media_type="VIDEO", media_url=None, thumbnail_url=f"{api.ORIGIN}/picture.jpg?v")
    server.answers["/me/media"] = (200, {"data": [video, server.post(2), server.post(1)], "paging": {}})
    api.fetch_due()
    fetch_again()
    assert [shot.caption for shot in Shot.objects.strip()] == ["Post 3", "Post 2", "Post 1"]
    shot = Shot.objects.strip()[2]
    assert (shot.link, shot.source, shot.taken_at.isoformat()) == (
        "https://www.instagram.com/p/1/",
        "api",
        "2026-03-01T10:00:00+00:00",
    )
    assert (shot.picture.width, server.paths().count("/picture.jpg")) == (64, 3)
    assert server.asked[0][1]["access_token"] == [TOKEN]
    assert settings().trouble == ""


def test_instagram_is_asked_at_most_once_an_hour(server: Instagram) -> None:
    connect()
    for _ in range(3):
        api.fetch_due()
    assert server.paths() == ["/me/media"]
    FollowSettings.objects.update(ask_at=timezone.now() - timedelta(seconds=1))
    api.fetch_due()
    assert server.paths() == ["/me/media"] * 2


def test_a_post_known_from_the_archive_gets_its_address_instead_of_a_twin(server: Instagram) -> None:
    taken_at = timezone.datetime.fromisoformat("2026-03-01T10:00:00+00:00")  # type: ignore[attr-defined]
    Shot.objects.create(picture=make_image(), taken_at=taken_at, source="archive", external_id="1772359200")
    connect()
    server.answers["/me/media"] = (200, {"data": [server.post(1)]})
    api.fetch_due()
    assert Shot.objects.get().link == "https://www.instagram.com/p/1/"
    assert Image.objects.count() == 1


def test_the_token_is_renewed_before_it_ends(server: Instagram) -> None:
    connect(renew_at=timezone.now() - timedelta(minutes=1))
    server.answers["/refresh_access_token"] = (
        200,
        {"access_token": "fresh", "token_type": "bearer", "expires_in": 5183944},
    )
    api.fetch_due()
    now = settings()
    assert now.token == "fresh"
    assert now.token_ends_at is not None
    assert now.renew_at is not None
    assert timedelta(days=59) < now.token_ends_at - timezone.now() < timedelta(days=60)
    assert timedelta(days=29) < now.renew_at - timezone.now() < timedelta(days=30)
    assert [query["access_token"] for _, query in server.asked] == [[TOKEN], ["fresh"]]
    assert server.asked[0][1]["grant_type"] == ["ig_refresh_token"]
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
def test_a_renewal_that_fails_stops_no_pictures_and_is_tried_again(server: Instagram, status: int, body: Any) -> None:
    connect(renew_at=timezone.now() - timedelta(minutes=1))
    server.answers["/refresh_access_token"] = (status, body)
    server.answers["/me/media"] = (200, {"data": [server.post(1)]})
    api.fetch_due()
    assert not settings().is_refused
    assert (Shot.objects.count(), settings().token, settings().failing_since is not None) == (1, TOKEN, True)
    fetch_again()
    assert server.paths().count("/refresh_access_token") == 2


def test_a_dead_token_is_told_once_asked_no_more_and_the_strip_stays(
    server: Instagram, admin_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    Shot.objects.create(picture=make_image())
    connect()
    error = {"message": f"Error validating {TOKEN}", "type": "OAuthException", "code": 190}
    server.answers["/me/media"] = (400, {"error": error})
    api.fetch_due()
    fetch_again()
    assert server.paths() == ["/me/media"]
    assert len(Shot.objects.strip()) == 1
    for name in ("admin:index", "admin:instagram_shot_changelist", "admin:instagram_followsettings_changelist"):
        page = admin_client.get(reverse(name)).content.decode()
        assert "does not accept the token any more" in page
        assert TOKEN not in page
    assert TOKEN not in caplog.text
    fields = {"title": "Follow along", "count": "6", "new_token": "another"}
    assert admin_client.post(reverse("admin:instagram_followsettings_changelist"), fields).status_code == 302
    assert (settings().token, settings().trouble, settings().ask_at) == ("another", "", None)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b""),
        (403, {"error": {"code": 4, "message": "Application request limit reached"}}),
    ],
)
def test_when_we_ask_too_often_we_wait_six_hours(server: Instagram, status: int, body: Any) -> None:
    connect()
    server.answers["/me/media"] = (status, body)
    api.fetch_due()
    wait = settings().ask_at
    assert wait is not None
    assert wait > timezone.now() + timedelta(hours=5)
    assert not settings().is_refused


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
def test_junk_is_noted_and_told_only_if_it_goes_on(server: Instagram, status: int, body: Any) -> None:
    connect()
    server.answers["/me/media"] = (status, body)
    api.fetch_due()
    assert server.paths() == ["/me/media"]
    assert (settings().failing_since is not None, settings().trouble) == (True, "")
    FollowSettings.objects.update(failing_since=timezone.now() - timedelta(days=3))
    assert "no usable answer since" in settings().trouble
    server.answers["/me/media"] = (200, {"data": []})
    fetch_again()
    assert settings().trouble == ""


def test_a_server_that_hangs_is_given_up(server: Instagram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "SECONDS", 0.2)
    connect()
    server.slow = 0.6
    began = time.monotonic()
    api.fetch_due()
    assert time.monotonic() - began < 0.6
    assert settings().failing_since is not None


def test_one_bad_picture_does_not_stop_the_others(server: Instagram) -> None:
    connect()
    server.answers["/page"] = (200, b"<html>no picture")
    odd = [
        server.post(1, media_url=f"{api.ORIGIN}/page"),
        server.post(2, media_url="http://127.0.0.1:1/picture.jpg"),
        server.post(3, media_url="file:///etc/hosts"),
        server.post(4, media_url=7, id=5),
        {"id": "x"},
        "row",
        server.post(5, caption="ok\0", permalink="javascript:alert(1)", timestamp="yesterday"),
    ]
    server.answers["/me/media"] = (200, {"data": odd})
    api.fetch_due()
    shot = Shot.objects.get()
    assert (shot.caption, shot.link) == ("ok", "")
    assert settings().failing_since is not None


@pytest.mark.parametrize(
    ("address", "is_fetched"),
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
def test_pictures_come_from_instagrams_servers_only(address: str, is_fetched: bool) -> None:
    try:
        found = api._picture_address(address)
    except api.NoAnswerError:
        found = ""
    assert bool(found) is is_fetched


@pytest.mark.django_db
def test_a_token_goes_in_by_the_settings_and_never_comes_out(admin_client: Client) -> None:
    address = reverse("admin:instagram_followsettings_changelist")
    fields = {"title": "Follow along", "count": "6"}
    assert admin_client.post(address, fields | {"new_token": f" {TOKEN} "}).status_code == 302
    assert settings().token == TOKEN
    assert admin_client.post(address, fields | {"count": "4"}).status_code == 302
    assert (settings().token, settings().count) == (TOKEN, 4)
    page = admin_client.get(address).content.decode()
    assert TOKEN not in page
    assert "first pictures come" in page
    for wrong in (
        {"new_token": "two words"},
        {"new_token": "a", "forget_token": "on"},
        {"count": "0"},
        {"count": "13"},
    ):
        page = admin_client.post(address, fields | wrong).content.decode()
        assert "errorlist" in page
    assert settings().token == TOKEN
    admin_client.post(address, fields | {"forget_token": "on"})
    assert settings().token == ""
