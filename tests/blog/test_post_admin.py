"""The admin for posts: writing in a browser, saving, publishing and the list."""

import io
import re
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow
from playwright.sync_api import Page, expect
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from blog.models import Post
from images.models import Image
from images.tasks import create_missing_renditions
from tests.blog.post_form import post_form_data
from tests.factories import make_author, make_category, make_image, make_post


def make_jpeg() -> bytes:
    """Return a JPEG with the location and the camera in its metadata, as from a phone."""
    exif = Pillow.Exif()
    exif[0x010F] = "Phone maker"
    exif.get_ifd(0x8825)[2] = (47.0, 22.0, 10.0)
    output = io.BytesIO()
    Pillow.effect_mandelbrot((900, 600), (-2.2, -1.2, 1.0, 1.2), 60).convert("RGB").save(output, "JPEG", exif=exif)
    return output.getvalue()


def type_lines(page: Page, *lines: str) -> None:
    """Type lines of text."""
    page.keyboard.type("\n".join(lines))


def write_text(page: Page) -> None:
    """Enter a title and a text with a heading, a list and a link."""
    page.get_by_label("Title:", exact=True).first.fill("Stairs without tears")
    editor = page.locator(".ProseMirror[contenteditable]")
    editor.click()
    type_lines(page, "Stairs are honest.", "")
    page.get_by_role("button", name="Heading", exact=True).click()
    type_lines(page, "What helps", "")
    page.get_by_role("button", name="Bulleted list").click()
    type_lines(page, "Slow down", "Hold the rail", "", "Read ")
    page.keyboard.type("more")
    page.keyboard.press("Shift+Control+ArrowLeft")
    page.get_by_role("button", name="Link", exact=True).click()
    page.locator("dialog").get_by_label("URL").fill("https://example.org/stairs")
    page.locator("dialog[open] button[type=submit]").click()


def add_image(page: Page) -> None:
    """Upload an image into the text, and choose it as the featured image."""
    page.get_by_role("button", name="Image", exact=True).click()
    frame = page.frame_locator("dialog iframe")
    frame.get_by_label("From this computer or phone").set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": make_jpeg()}
    )
    frame.get_by_label("What does it show?").fill("A knee on a step")
    frame.get_by_role("button", name="Upload and use").click()
    editor = page.locator(".ProseMirror[contenteditable]")
    expect(editor.locator("figure img")).to_be_visible()
    editor.locator("figure figcaption").click()
    type_lines(page, "The third step")

    page.get_by_text("Featured image", exact=True).click()
    page.get_by_role("button", name="Choose an image").click()
    frame.locator(".picker-grid button").first.click()
    expect(page.locator("image-picker img")).to_be_visible()


def check_public_page(page: Page) -> None:
    """Sign out and check that the post is shown with its image and caption."""
    page.context.clear_cookies()
    page.goto("/stairs-without-tears/")
    expect(page.get_by_role("heading", name="Stairs without tears")).to_be_visible()
    shown = page.locator(".prose figure")
    expect(shown.get_by_alt_text("A knee on a step")).to_have_js_property("complete", True)
    expect(shown.locator("figcaption")).to_have_text("The third step")
    assert "avif" in (shown.locator("source").first.get_attribute("srcset") or "")
    assert shown.locator("img").evaluate("img => img.naturalWidth") > 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_owner_publishes_a_post_with_an_image_and_a_visitor_sees_it(page: Page, admin_user: User) -> None:
    make_category(name="Knees", slug="knees")
    page.goto("/admin/blog/post/add/")
    page.get_by_label("Email address").fill("Owner@Example.com")
    page.get_by_label("Password").fill("a password for tests")
    page.get_by_role("button", name="Sign in", exact=True).click()
    write_text(page)
    add_image(page)
    page.get_by_text("Categories and tags", exact=True).click()
    page.get_by_label("Knees").check()
    page.get_by_role("button", name="Publish …").click()
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_role("heading", name="Published")).to_be_visible()

    post = Post.objects.get()
    assert post.featured_image == Image.objects.get()
    assert post.primary_category is not None
    assert '<h2 id="what-helps">What helps</h2>' in post.body
    assert "<ul><li>Slow down</li><li>Hold the rail</li></ul>" in post.body
    assert '<a href="https://example.org/stairs">more</a>' in post.body
    create_missing_renditions()
    check_public_page(page)
    with default_storage.open(Image.objects.get().file.name) as file:
        stored = file.read()
    assert not Pillow.open(io.BytesIO(stored)).getexif()
    assert b"Phone maker" not in stored


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_opening_and_saving_a_post_loses_nothing(admin_page: Page) -> None:
    image = make_image()
    body = (
        "<p>One <strong>two</strong> <em>three</em> <s>four</s> <code>five</code> x<sup>2</sup> y<sub>3</sub>"
        ' <a href="/other/">six</a> if strength &lt;grade 3 &amp;lt; &lt;script&gt;alert(1)&lt;/script&gt;<br>seven</p><h2 id="kept-as-it-was">Changed later</h2><h3 id="h3">H3</h3>'
        '<h4 id="h4">H4</h4><ul><li>a<ul><li>b</li></ul></li></ul><ol start="3"><li>c</li></ol>'
        "<blockquote><p>q</p></blockquote><pre><code>code  here\n  two</code></pre><hr>"
        "<table><caption>Plan</caption><thead><tr><th>Day</th><th>Do</th></tr></thead>"
        '<tbody><tr><th scope="row">1</th><td>walk <strong>far</strong></td></tr></tbody></table>'
        f'<figure><img data-image="{image.pk}" alt=""><figcaption>A <em>caption</em></figcaption></figure>'
        f'<figure><img data-image="{image.pk}"></figure>'
        '<aside data-callout="red-flags" data-title="Go today"><p>Numb.</p><ul><li>Hot</li></ul></aside>'
    )
    post = make_post(body=body)
    stored = post.body
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    editor = admin_page.locator(".ProseMirror[contenteditable]")
    editor.get_by_text("seven").click()
    admin_page.keyboard.type("!")
    admin_page.keyboard.press("Backspace")
    admin_page.get_by_role("button", name="Save changes").click()
    expect(admin_page.get_by_text("Visitors see the new text")).to_be_visible()
    post.refresh_from_db()
    assert post.body == stored


@pytest.mark.django_db
def test_the_first_post_creates_an_authors_profile(admin_client: Client, admin_user: User) -> None:
    admin_client.post(reverse("admin:blog_post_add"), post_form_data(_publish=""))
    post = Post.objects.get()
    assert post.author.user == admin_user
    assert post.is_published


@pytest.mark.django_db
def test_a_script_in_the_text_is_never_stored(admin_client: Client) -> None:
    make_author()
    body = '<p>x<script>alert(1)</script><img src=x onerror=alert(2)></p><p style="color:red" onclick="x()">y</p>'
    admin_client.post(reverse("admin:blog_post_add"), post_form_data(body=body, _publish=""))
    assert Post.objects.get().body == "<p>x</p>\n<p>y</p>"


@pytest.mark.django_db
def test_an_error_is_explained_and_no_text_is_lost(admin_client: Client) -> None:
    make_post(slug="taken", title="The other one")
    page = admin_client.post(
        reverse("admin:blog_post_add"), post_form_data(slug="taken", body="<p>All my work</p>", _publish="")
    )
    text = page.content.decode()
    assert "The post “The other one” already has this URL." in text
    assert "All my work" in text
    assert Post.objects.count() == 1


@pytest.mark.django_db
def test_an_empty_post_is_not_published(admin_client: Client) -> None:
    make_author()
    page = admin_client.post(reverse("admin:blog_post_add"), post_form_data(body="", _publish=""))
    assert "Write something before you publish." in page.content.decode()
    assert not Post.objects.exists()


@pytest.mark.django_db
def test_a_future_time_schedules_a_post_until_it_is_a_draft_again(admin_client: Client) -> None:
    post = make_post(status=Post.Status.DRAFT, published_at=None)
    address = reverse("admin:blog_post_change", args=[post.pk])
    soon = timezone.now() + timedelta(days=2)
    when = {"published_at_0": f"{soon:%Y-%m-%d}", "published_at_1": f"{soon:%H:%M:%S}"}
    page = admin_client.post(address, post_form_data(post, **when, _publish=""), follow=True)
    assert "Scheduled for " in page.content.decode()
    post.refresh_from_db()
    assert post.is_scheduled
    admin_client.post(address, post_form_data(post, **when, _draft=""))
    post.refresh_from_db()
    assert post.status_label == "Draft"


@pytest.mark.django_db
def test_saving_changes_keeps_the_publication_time(admin_client: Client) -> None:
    post = make_post()
    at = timezone.localtime(post.published_at)
    when = {"published_at_0": f"{at:%Y-%m-%d}", "published_at_1": f"{at:%H:%M:%S}"}
    admin_client.post(reverse("admin:blog_post_change", args=[post.pk]), post_form_data(post, **when, title="Better"))
    post.refresh_from_db()
    assert post.title == "Better"
    assert post.published_at is not None
    assert abs(post.published_at - at) < timedelta(seconds=1)
    assert post.is_published


@pytest.mark.django_db
@pytest.mark.parametrize("count", [3, 30])
def test_the_number_of_queries_of_the_list_does_not_grow_with_the_number_of_posts(
    admin_client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    category = make_category()
    for _ in range(count):
        make_post(categories=[category], featured_image=make_image(), tags=["a"])
    with django_assert_num_queries(15):  # one asks for maintenance mode, and one for the local time
        assert admin_client.get(reverse("admin:blog_post_changelist")).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "data", "words"),
    [("x.jpg", b"no image", "not an image"), ("x.svg", b"<svg><script/></svg>", "not an image")],
)
def test_an_invalid_upload_is_refused_with_a_message(admin_client: Client, name: str, data: bytes, words: str) -> None:
    for address, field in (
        (reverse("admin:images_image_pick"), "uploads"),
        (reverse("admin:images_image_add"), "file"),
    ):
        upload = io.BytesIO(data)
        upload.name = name
        page = admin_client.post(address, {field: upload, "focal_point": "0.5x0.5"})
        assert page.status_code == 200
        assert words in page.content.decode()
    assert not Image.objects.exists()


@pytest.mark.django_db
def test_the_image_picker_searches_the_library_and_requires_signing_in(admin_client: Client, client: Client) -> None:
    make_image(title="A sore knee")
    make_image(title="A back")
    found = admin_client.get(reverse("admin:images_image_pick"), {"q": "KNEE"}).content.decode()
    assert "A sore knee" in found
    assert "A back" not in found
    for page in ("1", "99", "x", "-1"):
        assert admin_client.get(reverse("admin:images_image_pick"), {"page": page}).status_code == 200
    assert client.get(reverse("admin:images_image_pick")).status_code == 302


@pytest.mark.django_db
def test_the_admin_has_a_content_policy_and_every_inline_script_the_nonce(admin_client: Client) -> None:
    for address in ("/admin/", "/admin/blog/post/", "/admin/blog/post/add/", "/admin/images/image/pick/"):
        response = admin_client.get(address)
        nonce = re.search(r"'nonce-([^']+)'", response["Content-Security-Policy"])
        scripts = re.findall(r"<script[^>]*>", response.content.decode())
        inline = [script for script in scripts if "src=" not in script and "application/json" not in script]
        assert all(nonce and nonce[1] in script for script in inline)
        assert "'unsafe-inline'" not in response["Content-Security-Policy"].split("style-src")[0]
