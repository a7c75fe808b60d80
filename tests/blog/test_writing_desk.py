"""The author's way: from sign-in to a published post with a picture, in a real browser, as she would do it."""

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

from accounts.models import Author, User
from blog.models import Post
from images.models import Image
from images.tasks import create_missing_renditions
from tests.factories import make_author, make_category, make_image, make_post


def photo() -> bytes:
    """A JPEG such as a phone makes: a place, a camera, and a picture."""
    exif = Pillow.Exif()
    exif[0x010F] = "Phone maker"
    exif.get_ifd(0x8825)[2] = (47.0, 22.0, 10.0)
    output = io.BytesIO()
    Pillow.effect_mandelbrot((900, 600), (-2.2, -1.2, 1.0, 1.2), 60).convert("RGB").save(output, "JPEG", exif=exif)
    return output.getvalue()


def write(page: Page, *lines: str) -> None:
    page.keyboard.type("\n".join(lines))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_owner_signs_in_writes_a_post_with_a_picture_and_a_reader_reads_it(page: Page, admin_user: User) -> None:
    make_category(name="Knees", slug="knees")
    page.goto("/admin/blog/post/add/")
    page.get_by_label("Email address").fill("Owner@Example.com")
    page.get_by_label("Password").fill("a password for tests")
    page.get_by_role("button", name="Log in").click()

    page.get_by_label("Title:", exact=True).first.fill("Stairs without tears")
    editor = page.locator(".ProseMirror[contenteditable]")
    editor.click()
    write(page, "Stairs are honest.", "")
    page.get_by_role("button", name="Heading", exact=True).click()
    write(page, "What helps", "")
    page.get_by_role("button", name="Bulleted list").click()
    write(page, "Slow down", "Hold the rail", "", "Read ")
    page.keyboard.type("more")
    page.keyboard.press("Shift+Control+ArrowLeft")
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_label("URL").fill("https://example.org/stairs")
    page.locator("dialog[open] button[type=submit]").click()

    page.get_by_role("button", name="Image", exact=True).click()
    frame = page.frame_locator("dialog iframe")
    frame.get_by_label("From this computer or phone").set_input_files(
        {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo()}
    )
    frame.get_by_label("What does it show?").fill("A knee on a step")
    frame.get_by_role("button", name="Upload and use").click()
    caption = editor.locator("figure figcaption")
    expect(editor.locator("figure img")).to_be_visible()
    caption.click()
    write(page, "The third step")

    page.get_by_role("button", name="Choose an image").click()
    frame.locator(".picker-grid button").first.click()
    expect(page.locator("image-picker img")).to_be_visible()
    page.get_by_label("Knees").check()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published. Readers can see it now.")).to_be_visible()

    post = Post.objects.get()
    assert post.featured_image == Image.objects.get()
    assert post.primary_category is not None
    assert '<h2 id="what-helps">What helps</h2>' in post.body
    assert "<ul><li>Slow down</li><li>Hold the rail</li></ul>" in post.body
    assert '<a href="https://example.org/stairs">more</a>' in post.body
    create_missing_renditions()

    page.context.clear_cookies()
    page.goto("/stairs-without-tears/")
    expect(page.get_by_role("heading", name="Stairs without tears")).to_be_visible()
    shown = page.locator(".prose figure")
    expect(shown.get_by_alt_text("A knee on a step")).to_have_js_property("complete", True)
    expect(shown.locator("figcaption")).to_have_text("The third step")
    assert "avif" in (shown.locator("source").first.get_attribute("srcset") or "")
    assert shown.locator("img").evaluate("img => img.naturalWidth") > 0
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
    expect(admin_page.get_by_text("Readers can see it now")).to_be_visible()
    post.refresh_from_db()
    assert post.body == stored


def form(post: Post | None = None, **values: str) -> dict[str, str]:
    """What the browser sends for the post form."""
    facts = {
        "title": post.title if post else "New",
        "slug": post.slug if post else "",
        "body": post.body if post else "<p>Words</p>",
        "tldr": "",
        "excerpt": "",
        "tags": "",
        "published_at_0": "",
        "published_at_1": "",
        "author": str(Author.objects.values_list("pk", flat=True).first() or ""),
        "seo_title": "",
        "seo_description": "",
        "base_version": str(post.version) if post else "",
        "_save": "",
    }
    return facts | values


@pytest.mark.django_db
def test_the_first_post_needs_no_profile_and_makes_one(admin_client: Client, admin_user: User) -> None:
    admin_client.post(reverse("admin:blog_post_add"), form(_publish=""))
    post = Post.objects.get()
    assert post.author.user == admin_user
    assert post.is_published


@pytest.mark.django_db
def test_a_script_in_the_text_is_never_stored(admin_client: Client) -> None:
    make_author()
    body = '<p>x<script>alert(1)</script><img src=x onerror=alert(2)></p><p style="color:red" onclick="x()">y</p>'
    admin_client.post(reverse("admin:blog_post_add"), form(body=body, _publish=""))
    assert Post.objects.get().body == "<p>x</p>\n<p>y</p>"


@pytest.mark.django_db
def test_a_mistake_is_named_and_no_word_is_lost(admin_client: Client) -> None:
    make_post(slug="taken", title="The other one")
    page = admin_client.post(reverse("admin:blog_post_add"), form(slug="taken", body="<p>All my work</p>", _publish=""))
    text = page.content.decode()
    assert "The post “The other one” has this address already." in text
    assert "All my work" in text
    assert Post.objects.count() == 1


@pytest.mark.django_db
def test_an_empty_post_is_not_published(admin_client: Client) -> None:
    make_author()
    page = admin_client.post(reverse("admin:blog_post_add"), form(body="", _publish=""))
    assert "Write something before you publish." in page.content.decode()
    assert not Post.objects.exists()


@pytest.mark.django_db
def test_a_time_in_the_future_schedules_and_back_to_draft_takes_it_back(admin_client: Client) -> None:
    post = make_post(status=Post.Status.DRAFT, published_at=None)
    address = reverse("admin:blog_post_change", args=[post.pk])
    soon = timezone.now() + timedelta(days=2)
    when = {"published_at_0": f"{soon:%Y-%m-%d}", "published_at_1": f"{soon:%H:%M:%S}"}
    page = admin_client.post(address, form(post, **when, _publish=""), follow=True)
    assert "Scheduled. It goes live by itself on" in page.content.decode()
    post.refresh_from_db()
    assert post.is_scheduled
    admin_client.post(address, form(post, **when, _draft=""))
    post.refresh_from_db()
    assert post.status_label == "Draft"


@pytest.mark.django_db
def test_saving_changes_does_not_move_a_published_posts_time(admin_client: Client) -> None:
    post = make_post()
    at = timezone.localtime(post.published_at)
    when = {"published_at_0": f"{at:%Y-%m-%d}", "published_at_1": f"{at:%H:%M:%S}"}
    admin_client.post(reverse("admin:blog_post_change", args=[post.pk]), form(post, **when, title="Better"))
    post.refresh_from_db()
    assert post.title == "Better"
    assert post.published_at is not None
    assert abs(post.published_at - at) < timedelta(seconds=1)
    assert post.is_published


@pytest.mark.django_db
@pytest.mark.parametrize("count", [3, 30])
def test_the_list_of_posts_costs_the_same_for_few_and_many(
    admin_client: Client, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    topic = make_category()
    for _ in range(count):
        make_post(categories=[topic], featured_image=make_image(), tags=["a"])
    with django_assert_num_queries(11):
        assert admin_client.get(reverse("admin:blog_post_changelist")).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "data", "words"),
    [("x.jpg", b"no image", "not an image"), ("x.svg", b"<svg><script/></svg>", "not an image")],
)
def test_a_wrong_upload_is_refused_in_words(admin_client: Client, name: str, data: bytes, words: str) -> None:
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
def test_the_picker_finds_and_never_shows_strangers_the_library(admin_client: Client, client: Client) -> None:
    make_image(title="A sore knee")
    make_image(title="A back")
    found = admin_client.get(reverse("admin:images_image_pick"), {"q": "KNEE"}).content.decode()
    assert "A sore knee" in found
    assert "A back" not in found
    for page in ("1", "99", "x", "-1"):
        assert admin_client.get(reverse("admin:images_image_pick"), {"page": page}).status_code == 200
    assert client.get(reverse("admin:images_image_pick")).status_code == 302


@pytest.mark.django_db
def test_the_desk_is_sent_with_its_own_policy_and_every_script_carries_the_nonce(admin_client: Client) -> None:
    for address in ("/admin/", "/admin/blog/post/", "/admin/blog/post/add/", "/admin/images/image/pick/"):
        response = admin_client.get(address)
        nonce = re.search(r"'nonce-([^']+)'", response["Content-Security-Policy"])
        scripts = re.findall(r"<script[^>]*>", response.content.decode())
        inline = [script for script in scripts if "src=" not in script and "application/json" not in script]
        assert all(nonce and nonce[1] in script for script in inline)
        assert "'unsafe-inline'" not in response["Content-Security-Policy"].split("style-src")[0]
