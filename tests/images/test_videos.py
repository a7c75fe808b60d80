"""YouTube and Vimeo videos: recognized by URL, shown as a local thumbnail, and loaded only on a click."""

import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image as Pillow
from playwright.sync_api import Page, Route, expect

from blog.checklist import findings
from images import videos
from images.models import Image, Video
from richtext.embeds import RenderTarget
from richtext.rendering import render
from richtext.sanitizer import sanitize
from tests.factories import make_image, make_post
from tests.local_server import allow_local_requests

VIDEO_FROM_URL = "/admin/images/video/from-url/"
YOUTUBE = "https://youtu.be/abcDEF123_-"


def jpeg() -> bytes:
    output = io.BytesIO()
    Pillow.new("RGB", (1280, 720), "navy").save(output, "JPEG")
    return output.getvalue()


class Site:
    """Another site on this machine: gives `answers` by path and remembers what it was `asked`."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []

    def give(self, path: str, data: bytes, status: int = 200, **headers: str) -> None:
        """Answer `path` with `data`."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name, value)
            request.end_headers()
            request.wfile.write(data)

        self.answers[path] = answer


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Replace every provider with a local server."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name is the library's
            path = self.path.split("?")[0]
            site.asked.append(self.path)
            if path in site.answers:
                site.answers[path](self)
            else:
                self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    allow_local_requests(monkeypatch)
    for host in videos.ORIGINS:
        monkeypatch.setitem(videos.ORIGINS, host, f"http://127.0.0.1:{server.server_port}")
    yield site
    server.shutdown()
    server.server_close()


def describe_as(site: Site, **fields: str) -> None:
    about = {"title": "Heel drops", "thumbnail_url": "https://i.ytimg.com/vi/abcDEF123_-/hqdefault.jpg"}
    site.give("/oembed", json.dumps(about | fields).encode())


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://www.youtube.com/watch?v=abcDEF123_-", "abcDEF123_-"),
        ("https://m.youtube.com/watch?app=desktop&v=abcDEF123_-&t=40s", "abcDEF123_-"),
        ("http://music.youtube.com/watch?v=abcDEF123_-&list=RD1", "abcDEF123_-"),
        ("youtu.be/abcDEF123_-?si=x", "abcDEF123_-"),
        (" https://youtube.com/shorts/abcDEF123_-?feature=share ", "abcDEF123_-"),
        ("https://www.youtube.com/live/abcDEF123_-", "abcDEF123_-"),
        ("https://www.youtube-nocookie.com/embed/abcDEF123_-?rel=0", "abcDEF123_-"),
        ('<iframe width="560" src="https://www.youtube.com/embed/abcDEF123_-?a=1&amp;b=2"></iframe>', "abcDEF123_-"),
        ("https://vimeo.com/123456789", "123456789"),
        ("https://vimeo.com/123456789/0a1b2c3d4e", "123456789/0a1b2c3d4e"),
        ("https://player.vimeo.com/video/123456789?h=0a1b2c3d4e&dnt=1", "123456789/0a1b2c3d4e"),
        ("https://vimeo.com/channels/staffpicks/123456789", "123456789"),
        ("https://vimeo.com/groups/knees/videos/123456789", "123456789"),
        ("https://vimeo.com/showcase/7654321/video/123456789", "123456789"),
        ("vimeo.com/manage/videos/123456789", "123456789"),
    ],
)
def test_every_form_of_video_url_is_recognized(text: str, key: str) -> None:
    found = videos.parse_url(text)
    assert found is not None
    assert found.key == key
    assert found.provider == ("youtube" if "youtu" in text else "vimeo")


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("https://www.youtube.com/watch?v=abcDEF123_-&t=90s", 90),
        ("https://www.youtube.com/watch?t=1m30s&v=abcDEF123_-", 90),
        ("https://youtu.be/abcDEF123_-?t=90", 90),
        ("https://youtu.be/abcDEF123_-?si=x&amp;t=1h2m3s", 3723),
        ("https://www.youtube.com/watch?v=abcDEF123_-#t=1m30s", 90),
        ("https://www.youtube.com/watch?v=abcDEF123_-&time_continue=7", 7),
        ('<iframe src="https://www.youtube.com/embed/abcDEF123_-?start=90&amp;rel=0"></iframe>', 90),
        ("https://vimeo.com/123456789#t=30s", 30),
        ("https://player.vimeo.com/video/123456789?h=0a1b2c3d4e#t=2m", 120),
        ("https://vimeo.com/123456789#t=12.5s", 12),
        ("https://youtu.be/abcDEF123_-?t=", 0),
        ("https://youtu.be/abcDEF123_-?t=-5", 0),
        ("https://youtu.be/abcDEF123_-?t=soon", 0),
        ("https://youtu.be/abcDEF123_-?t=٣", 0),
        ("https://youtu.be/abcDEF123_-?t=99h", 0),
        ("https://youtu.be/abcDEF123_-", 0),
    ],
)
def test_start_time_of_a_video_url_is_read(text: str, start: int) -> None:
    found = videos.parse_url(text)
    assert found is not None
    assert found.start == start


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("provider", "key", "player", "link"),
    [
        (
            "youtube",
            "abcDEF123_-",
            "https://www.youtube-nocookie.com/embed/abcDEF123_-?start=90",
            "https://www.youtube.com/watch?v=abcDEF123_-&amp;t=90s",
        ),
        (
            "vimeo",
            "12345678/0a1b2c3d",
            "https://player.vimeo.com/video/12345678?dnt=1&amp;h=0a1b2c3d#t=90s",
            "https://vimeo.com/12345678/0a1b2c3d#t=90s",
        ),
    ],
)
def test_start_time_reaches_the_player_and_every_link(provider: str, key: str, player: str, link: str) -> None:
    video = Video.objects.create(provider=provider, key=key, title="Hop", thumbnail=make_image())
    body = sanitize(f'<div data-embed="video" data-id="{video.pk}" data-start="90"></div>')
    page, feed, mail, editor = (render(body, target) for target in RenderTarget)
    assert f'data-video="{player}"' in page
    assert f'<a href="{link}">' in page
    assert feed.count(link) == 1
    assert mail.count(link) == 2
    assert sanitize(editor) == body
    # The same video twice, once from the beginning.
    both = render(body + sanitize(f'<div data-embed="video" data-id="{video.pk}"></div>'))
    assert f'<a href="{video.url}">' in both
    assert f'<a href="{link}">' in both


@pytest.mark.parametrize(
    "attributes",
    ['data-embed="video" data-start="x"', 'data-embed="video" data-start="-1"', 'data-embed="product" data-start="90"']
    + [f'data-embed="video" data-start="{number}"' for number in ("0", "99999999", "1e3", "")],
)
def test_only_videos_have_a_start_time_and_only_a_number_of_seconds(attributes: str) -> None:
    assert "data-start" not in sanitize(f'<div data-id="7" {attributes}></div>')


@pytest.mark.parametrize(
    "text",
    [
        "",
        "knees",
        "https://example.com/watch?v=abcDEF123_-",
        "https://youtube.com.example.org/watch?v=abcDEF123_-",
        "https://youtube.com/playlist?list=PL1",
        "https://youtube.com/watch?v=short",
        "https://vimeo.com/about",
        "https://[",
        "javascript:alert(1)//youtu.be/abcDEF123_-",
    ],
)
def test_other_urls_are_not_recognized(text: str) -> None:
    assert videos.parse_url(text) is None


@pytest.mark.django_db
def test_title_and_thumbnail_are_fetched_once_and_stored(admin_client: Client, site: Site) -> None:
    describe_as(site)
    site.give("/vi/abcDEF123_-/maxresdefault.jpg", jpeg())
    answer = admin_client.post(VIDEO_FROM_URL, {"url": YOUTUBE}).json()
    video = Video.objects.get()
    assert (answer["id"], answer["title"], answer["problem"]) == (video.pk, "Heel drops", "")
    assert video.thumbnail is not None
    assert (video.thumbnail.width, video.thumbnail.height) == (1280, 720)
    assert not video.thumbnail.needs_alt
    assert len(site.asked) == 2
    again = admin_client.post(VIDEO_FROM_URL, {"url": "https://www.youtube.com/watch?v=abcDEF123_-"}).json()
    assert again["id"] == video.pk
    assert len(site.asked) == 2


@pytest.mark.django_db
def test_the_small_thumbnail_is_used_if_there_is_no_large_one(admin_client: Client, site: Site) -> None:
    describe_as(site)
    site.give("/vi/abcDEF123_-/hqdefault.jpg", jpeg())
    assert admin_client.post(VIDEO_FROM_URL, {"url": YOUTUBE}).json()["thumb"]


def slowly(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(40):
        request.wfile.write(b" ")
        request.wfile.flush()
        threading.Event().wait(0.02)


@pytest.mark.django_db
@pytest.mark.parametrize("failure", ["silent", "slow", "large", "elsewhere", "redirect", "no image", "no json"])
def test_when_the_provider_fails_the_author_can_choose_an_image(
    admin_client: Client, site: Site, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    monkeypatch.setattr(videos, "TIMEOUT_SECONDS", 0.2)
    if failure == "slow":
        site.answers["/oembed"] = slowly
    elif failure == "redirect":
        site.give("/oembed", b"", 302, Location="/other")
        site.give("/other", b"{}")
    elif failure == "no json":
        site.give("/oembed", b"[]")
    elif failure == "elsewhere":
        describe_as(site, thumbnail_url="https://example.com/secret.jpg")
    elif failure != "silent":
        describe_as(site)
        site.give("/vi/abcDEF123_-/hqdefault.jpg", jpeg() if failure == "large" else b"no image")
        monkeypatch.setattr(videos, "MAX_THUMBNAIL_BYTES", 1000)
    answer = admin_client.post(VIDEO_FROM_URL, {"url": YOUTUBE}).json()
    assert answer["problem"].startswith("YouTube did not return a thumbnail for this video.")
    assert "/other" not in site.asked
    assert "/secret.jpg" not in site.asked
    assert not Image.objects.exists()
    image = make_image()
    answer = admin_client.post(VIDEO_FROM_URL, {"url": YOUTUBE, "image": image.pk, "title": "Mine"}).json()
    assert (answer["problem"], answer["title"]) == ("", "Mine")
    assert Video.objects.get().thumbnail == image


@pytest.mark.django_db
def test_other_urls_are_rejected_with_a_message_and_signing_in_is_required(
    admin_client: Client, client: Client
) -> None:
    response = admin_client.post(VIDEO_FROM_URL, {"url": "https://example.com/"})
    assert response.status_code == 400
    assert response.json()["problem"].startswith("This is not the URL of a YouTube or Vimeo video.")
    assert client.post(VIDEO_FROM_URL, {"url": YOUTUBE}).status_code == 302
    assert not Video.objects.exists()


@pytest.mark.django_db
def test_a_video_renders_for_every_target_and_passes_the_sanitizer() -> None:
    video = Video.objects.create(provider="vimeo", key="12345678/0a1b2c3d", title="<b>Hop</b>", thumbnail=make_image())
    body = sanitize(f'<div data-embed="video" data-id="{video.pk}" data-title="x"></div><p>After</p>')
    page, feed, mail, editor = (render(body, target) for target in RenderTarget)
    assert 'data-video="https://player.vimeo.com/video/12345678?dnt=1&amp;h=0a1b2c3d"' in page
    assert '<a href="https://vimeo.com/12345678/0a1b2c3d">' in page
    assert "<iframe" not in page
    assert re.findall(r"<img [^>]*alt=\"([^\"]*)\"", page) == [""]
    assert '<p><a href="https://vimeo.com/12345678/0a1b2c3d">&lt;b&gt;Hop&lt;/b&gt; (video on Vimeo)</a></p>' in feed
    assert "<img" not in feed
    assert re.search(r'<figure><a href="https://vimeo.com/12345678/0a1b2c3d"><img [^>]*alt=""></a></figure>', mail)
    assert "(video on Vimeo)</a></p>" in mail
    assert sanitize(editor) == body
    video.delete()
    assert render(body) == "<p>After</p>"


@pytest.mark.django_db
def test_only_pages_with_a_video_load_its_script_and_only_two_players_are_allowed_in_frames(client: Client) -> None:
    video = Video.objects.create(provider="youtube", key="abcDEF123_-")
    make_post(slug="with", body=f'<div data-embed="video" data-id="{video.pk}"></div>')
    make_post(slug="without")
    assert "site/js/video.js" in client.get("/with/").content.decode()
    page = client.get("/without/")
    assert "site/js/video.js" not in page.content.decode()
    frames = re.search(r"frame-src ([^;]*)", page["Content-Security-Policy"])
    assert frames is not None
    assert frames[1].split() == ["https://www.youtube-nocookie.com", "https://player.vimeo.com"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_nothing_is_requested_from_the_provider_before_the_click(page: Page) -> None:
    video = Video.objects.create(provider="youtube", key="abcDEF123_-", title="Heel drops", thumbnail=make_image())
    make_post(slug="heels", body=f'<div data-embed="video" data-id="{video.pk}"></div>')
    requested: list[str] = []

    def refuse(route: Route) -> None:
        requested.append(route.request.url)
        route.abort()

    page.route(lambda url: "127.0.0.1" not in url and "localhost" not in url, refuse)
    page.goto("/heels/", wait_until="networkidle")
    link = page.get_by_role("link", name="Heel drops")
    expect(link).to_be_visible()
    assert requested == []
    link.click()
    expect(page.locator('.video iframe[title="Heel drops"]')).to_be_visible()
    assert requested == ["https://www.youtube-nocookie.com/embed/abcDEF123_-?autoplay=1"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_author_inserts_a_video(admin_page: Page, site: Site) -> None:
    describe_as(site)
    site.give("/vi/abcDEF123_-/hqdefault.jpg", jpeg())
    post = make_post(body="<p>Before</p>")
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    admin_page.locator(".ProseMirror[contenteditable=true]").first.get_by_text("Before").click()
    admin_page.get_by_role("button", name="Video from YouTube or Vimeo").click()
    dialog = admin_page.locator("dialog[open]")
    dialog.get_by_label("Video URL").fill("https://example.com/")
    dialog.get_by_role("button", name="Insert").click()
    expect(dialog).to_contain_text("This is not the URL of a YouTube or Vimeo video.")
    dialog.get_by_label("Video URL").fill(YOUTUBE)
    dialog.get_by_role("button", name="Insert").click()
    expect(admin_page.locator(".ProseMirror .video")).to_contain_text("Heel drops")
    Video.objects.update(has_captions=True)
    admin_page.get_by_role("button", name="Save changes").click()
    expect(admin_page.get_by_text("Visitors see the new text")).to_be_visible()
    expect(admin_page.locator(".ProseMirror .video img")).to_be_visible()
    post.refresh_from_db()
    assert f'<div data-embed="video" data-id="{Video.objects.get().pk}"></div>' in post.body


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_without_a_response_the_author_chooses_an_image_from_the_library(admin_page: Page, site: Site) -> None:
    make_image(title="Stairs")
    admin_page.goto(reverse("admin:blog_post_change", args=[make_post(body="<p>Before</p>").pk]))
    admin_page.locator(".ProseMirror[contenteditable=true]").first.get_by_text("Before").click()
    admin_page.get_by_role("button", name="Video from YouTube or Vimeo").click()
    admin_page.get_by_label("Video URL").fill("https://vimeo.com/123456789")
    admin_page.locator("dialog[open]").get_by_role("button", name="Insert").click()
    expect(admin_page.locator(".video-dialog")).to_contain_text("Vimeo did not return a thumbnail")
    admin_page.locator(".video-dialog").get_by_role("button", name="Choose an image").click()
    admin_page.frame_locator("dialog iframe").get_by_role("button", name="Stairs").click()
    expect(admin_page.locator(".ProseMirror .video img")).to_be_visible()
    assert Video.objects.get().thumbnail == Image.objects.get()


@pytest.mark.django_db
def test_a_video_needs_captions_or_a_transcript_before_its_post_is_published() -> None:
    video = Video.objects.create(provider="vimeo", key="12345678", title="Heel drops")
    post = make_post(body=f'<div data-embed="video" data-id="{video.pk}"></div>')

    def problems() -> list[str]:
        return [each.message for each in findings(post.snapshot()) if each.check.id == "video_text"]

    (message,) = problems()
    assert "Heel drops" in message
    video.transcript = "Face the stairs.\n\nLower <slowly>."
    video.save()
    assert problems() == []
    page = render(post.body)
    assert "<summary>Transcript of “Heel drops”</summary>" in page
    assert "<p>Lower &lt;slowly&gt;.</p>" in page
    video.transcript, video.has_captions = "", True
    video.save()
    assert problems() == []
    assert "with captions" in render(post.body)
    assert "<details" not in render(post.body)
