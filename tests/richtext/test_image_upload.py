"""Images dropped or pasted into a text go to the library and into the text, or a sentence says why not."""

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from django.urls import reverse
from PIL import Image as Pillow
from playwright.sync_api import Locator, Page, Route, expect

from audit.accessibility import violations
from blog.models import Post
from images.models import Image, MediaFile
from images.uploads import MAX_BYTES
from publishing.models.records import Autosave
from tests.factories import make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

UPLOAD = "**/admin/images/image/upload/"
CREATE_TRANSFER = """(files, html) => {
    const transfer = new DataTransfer()
    for (const [name, type, data] of files) {
        const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0))
        transfer.items.add(new File([bytes], name, { type }))
    }
    if (html) transfer.setData("text/html", html)
    return transfer
}"""
DROP = f"""(target, [files, html]) => {{
    const {{ left, top, width, height }} = target.getBoundingClientRect()
    const dataTransfer = ({CREATE_TRANSFER})(files, html)
    const place = {{ clientX: left + width / 2, clientY: top + height * 0.75 }}
    const options = {{ dataTransfer, ...place, bubbles: true, cancelable: true }}
    target.dispatchEvent(new DragEvent("dragover", options))
    const drop = new DragEvent("drop", options)
    target.dispatchEvent(drop)
    return drop.defaultPrevented
}}"""
PASTE = f"""(editor, [files, html]) => {{
    const clipboardData = ({CREATE_TRANSFER})(files, html)
    editor.dispatchEvent(new ClipboardEvent("paste", {{ clipboardData, bubbles: true, cancelable: true }}))
}}"""


def image_data(
    format_name: str = "PNG", size: tuple[int, int] = (90, 60), mode: str = "RGB", exif: bytes = b""
) -> bytes:
    output = io.BytesIO()
    Pillow.new(mode, size, "teal").save(output, format_name, exif=exif)
    return output.getvalue()


def as_file(name: str, data: bytes, content_type: str = "image/png") -> list[str]:
    return [name, content_type, base64.b64encode(data).decode()]


def opened(page: Page, body: str) -> tuple[Post, Locator]:
    post = make_post(body=body, status=Post.Status.DRAFT)
    page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    editor = page.locator(".ProseMirror[contenteditable]").first
    expect(editor).to_be_visible()
    return post, editor


def drop(target: Locator, *files: list[str], html: str = "") -> bool:
    """Drop files on the lower half of `target`. Return whether the browser was kept from opening them."""
    return target.evaluate(DROP, [files, html])


def paste(editor: Locator, *files: list[str], html: str = "") -> None:
    editor.evaluate(PASTE, [files, html])


def saved(page: Page, post: Post) -> str:
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".messagelist")).to_be_visible()
    post.refresh_from_db()
    return post.body.replace("\n", "")


def figure(image: Image, alt: str | None = None) -> str:
    """Return the stored HTML of an image in a text."""
    description = "" if alt is None else f' alt="{alt}"'
    return f'<figure><img data-image="{image.pk}"{description}></figure>'


@contextmanager
def held_uploads(page: Page) -> Iterator[list[Route]]:
    """Hold uploads back; they continue at the end of the block."""
    held: list[Route] = []
    page.route(UPLOAD, lambda route: held.append(route))
    yield held
    for route in held:
        route.continue_()
    page.unroute(UPLOAD)


def test_dropped_files_are_inserted_where_they_were_dropped_in_their_order(admin_page: Page) -> None:
    post, editor = opened(admin_page, "<p>One</p><p>Two</p>")
    files = [as_file(f"{name}.png", image_data(size=size)) for name, size in (("knee", (90, 60)), ("hip", (60, 90)))]
    assert drop(editor.get_by_text("One"), *files)
    expect(editor.locator("figure img")).to_have_count(2)
    expect(admin_page.locator(".pending-image")).to_have_count(0)
    knee, hip = Image.objects.order_by("pk")
    assert (knee.title, hip.title) == ("Knee", "Hip")
    assert saved(admin_page, post) == f"<p>One</p>{figure(knee)}{figure(hip)}<p>Two</p>"


def test_a_screenshot_is_inserted_at_the_cursor_and_asks_for_its_alternative_text(admin_page: Page) -> None:
    post, editor = opened(admin_page, "<p>One</p><p>Two</p>")
    editor.get_by_text("One").click()
    paste(editor, as_file("image.png", image_data()))
    field = editor.get_by_role("textbox", name="What does it show?")
    expect(field).to_be_visible()
    field.fill("A knee, bent")
    field.press("Enter")
    expect(field).to_have_count(0)
    assert saved(admin_page, post) == f"<p>One</p>{figure(Image.objects.get(), 'A knee, bent')}<p>Two</p>"


def test_typing_and_autosave_go_on_during_an_upload_and_undo_removes_the_image_in_one_step(admin_page: Page) -> None:
    post, editor = opened(admin_page, "<p>One</p><p>Two</p>")
    with held_uploads(admin_page) as held:
        drop(editor.get_by_text("One"), as_file("knee.png", image_data()))
        expect(editor.get_by_role("progressbar", name="Adding knee.png")).to_be_visible()
        editor.get_by_text("Two").click()
        admin_page.keyboard.press("End")
        admin_page.keyboard.type(" and more")
        expect(admin_page.locator(".autosave-status")).to_contain_text("saved automatically")
        assert len(held) == 1
        body = Autosave.objects.get().data["body"]
        assert "Two and more" in str(body)
        assert "knee.png" not in str(body)
    expect(editor.locator("figure img")).to_have_count(1)
    admin_page.keyboard.type("!")
    expect(editor).to_contain_text("Two and more!")
    admin_page.keyboard.press("Control+z")
    expect(editor).not_to_contain_text("!")
    expect(editor.locator("figure")).to_have_count(1)
    admin_page.keyboard.press("Control+z")
    expect(editor.locator("figure")).to_have_count(0)
    assert saved(admin_page, post) == "<p>One</p><p>Two and more</p>"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_progress_failures_and_the_question_for_alternative_text_are_accessible(
    admin_page: Page, scheme: Literal["light", "dark"], width: int
) -> None:
    admin_page.emulate_media(color_scheme=scheme)
    admin_page.set_viewport_size({"width": width, "height": 900})
    _, editor = opened(admin_page, "<p>One</p>")
    drop(
        editor.get_by_text("One"), as_file("knee.png", image_data(size=(900, 500))), as_file("broken.png", b"no image")
    )
    expect(editor.locator("figure img")).to_have_count(1)
    expect(editor.locator(".pending-image--failed")).to_have_count(1)
    admin_page.route(UPLOAD, lambda _: None)
    drop(editor.get_by_text("One"), as_file("A long file name of a shoulder.png", image_data()))
    expect(editor.get_by_role("progressbar")).to_have_count(1)
    assert violations(admin_page) == []
    assert admin_page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_dropped_handout_becomes_a_file_to_download(admin_page: Page) -> None:
    _, editor = opened(admin_page, "<p>One</p>")
    drop(editor.get_by_text("One"), as_file("Home program.pdf", b"%PDF-1.7 words", "application/pdf"))
    expect(editor.locator(".embed-box")).to_contain_text("File: Home program")
    assert MediaFile.objects.get().name == "Home program.pdf"


def test_each_failure_says_what_to_do(admin_page: Page) -> None:
    _, editor = opened(admin_page, "<p>One</p>")
    paragraph, box = editor.get_by_text("One"), admin_page.locator(".pending-image")
    assert drop(paragraph, as_file("notes.zip", b"PK", "application/zip"))
    expect(box).to_contain_text("“notes.zip” was not added, because it is no image or PDF.")
    box.get_by_role("button", name="Dismiss").click()
    assert drop(paragraph, as_file("notes.pdf", b"no", "application/pdf"))
    expect(box).to_contain_text("its content is of another type")
    box.get_by_role("button", name="Dismiss").click()
    drop(paragraph, as_file("broken.png", b"no image"))
    expect(box).to_contain_text("“broken.png”: This file is not an image we can read.")
    expect(box.get_by_role("button", name="Try again")).to_have_count(0)
    box.get_by_role("button", name="Dismiss").click()
    drop(paragraph, as_file("huge.png", b"\0" * (MAX_BYTES + 1)))
    expect(box).to_contain_text("“huge.png” was not added. This file is larger than 30 MB.")
    box.get_by_role("button", name="Dismiss").click()
    admin_page.route(UPLOAD, lambda route: route.fulfill(status=413))
    drop(paragraph, as_file("large.png", image_data()))
    expect(box).to_contain_text("“large.png” was not added. This file is larger than 30 MB.")
    admin_page.unroute(UPLOAD)
    expect(box).to_have_count(1)
    assert not Image.objects.exists()


def test_after_a_lost_connection_or_session_the_file_can_be_sent_again(admin_page: Page) -> None:
    _, editor = opened(admin_page, "<p>One</p>")
    box = admin_page.locator(".pending-image")
    admin_page.route(UPLOAD, lambda route: route.abort())
    drop(editor.get_by_text("One"), as_file("knee.png", image_data()))
    expect(box).to_contain_text("“knee.png” was not added. There is no connection.")
    admin_page.unroute(UPLOAD)
    cookies = admin_page.context.cookies()
    admin_page.context.clear_cookies(name=re.compile("session"))
    box.get_by_role("button", name="Try again").click()
    expect(box).to_contain_text("“knee.png” was not added. You are signed out.")
    admin_page.context.add_cookies(cookies)  # type: ignore[arg-type]  # the same keys
    # As after signing in again, the token of the form is out of date.
    admin_page.evaluate("document.querySelector('form[data-editor] [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    box.get_by_role("button", name="Try again").click()
    expect(editor.locator("figure img")).to_have_count(1)
    expect(box).to_have_count(0)


def test_images_in_pasted_html_are_added_or_counted(admin_page: Page) -> None:
    post, editor = opened(admin_page, "<p>Start</p>")
    editor.get_by_text("Start").click()
    admin_page.keyboard.press("End")
    data = base64.b64encode(image_data()).decode()
    remote = '<img src="https://example.org/a.png"><img src="file:///C:/b.png">'
    tracker = '<img src="https://example.org/t.gif" width="1" height="1">'
    paste(
        editor,
        # Word offers its text as an image, too.
        as_file("image.png", image_data()),
        html=f'<p>A</p><p><img src="data:image/png;base64,{data}"></p><p>B {remote}</p><p>C{tracker}</p>',
    )
    expect(admin_page.locator(".pending-image--failed")).to_contain_text("2 images of the pasted text were not added")
    expect(editor.locator("figure img")).to_have_count(1)
    assert saved(admin_page, post) == f"<p>StartA</p>{figure(Image.objects.get())}<p>B </p><p>C</p>".replace(
        " </p>", "</p>"
    )


def test_an_image_copied_on_a_website_is_added_from_its_file(admin_page: Page) -> None:
    _, editor = opened(admin_page, "<p>Start</p>")
    paste(
        editor, as_file("image.png", image_data()), html='<meta charset="utf-8"><img src="https://example.org/a.png">'
    )
    expect(editor.locator("figure img")).to_have_count(1)
    expect(admin_page.locator(".pending-image")).to_have_count(0)


def test_a_file_dropped_beside_the_text_does_not_replace_the_page(admin_page: Page) -> None:
    opened(admin_page, "<p>One</p>")
    assert drop(admin_page.locator(".editor-panel"), as_file("knee.png", image_data()))


def test_a_cancelled_upload_leaves_nothing(admin_page: Page) -> None:
    _, editor = opened(admin_page, "<p>One</p>")
    admin_page.route(UPLOAD, lambda _: None)
    drop(editor.get_by_text("One"), as_file("knee.png", image_data()), as_file("hip.png", image_data()))
    admin_page.get_by_role("button", name="Cancel knee.png").click()
    admin_page.get_by_role("button", name="Cancel hip.png").click()
    expect(admin_page.locator(".pending-image")).to_have_count(0)
    expect(editor.locator("figure")).to_have_count(0)


def test_large_jpeg_files_are_shrunk_upright_before_they_are_sent_and_nothing_else_is_re_encoded(
    admin_page: Page,
) -> None:
    opened(admin_page, "<p>One</p>")
    exif = Pillow.Exif()
    exif[0x0112] = 6  # turned by a quarter
    noise = Pillow.effect_noise((4000, 3000), 60).convert("RGB")
    output = io.BytesIO()
    noise.save(output, "JPEG", quality=95, exif=exif.tobytes())
    large = output.getvalue()
    shrink = f"""async ([file]) => {{
        const {{ shrink }} = await import("/static/images/shrink.js")
        const sent = await shrink(({CREATE_TRANSFER})([file]).files[0])
        return [sent.name, btoa(Array.from(new Uint8Array(await sent.arrayBuffer()), (b) => String.fromCharCode(b)).join(""))]
    }}"""
    name, data = admin_page.evaluate(shrink, [as_file("knee.jpg", large, "image/jpeg")])
    sent = base64.b64decode(data)
    assert name == "knee.jpg"
    assert Pillow.open(io.BytesIO(sent)).size == (1920, 2560)
    assert len(sent) < len(large) / 2
    for content_type, original in (
        ("image/jpeg", image_data("JPEG", (2000, 1500), exif=exif.tobytes())),
        ("image/png", image_data("PNG", (3000, 3000), "RGBA")),
        ("image/gif", image_data("GIF", (3000, 3000))),
        ("image/jpeg", b"\xff\xd8\xff broken"),
    ):
        _, data = admin_page.evaluate(shrink, [as_file("a", original, content_type)])
        assert base64.b64decode(data) == original
