"""The image library in the admin: add, find, choose, replace and delete images."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow
from playwright.sync_api import Page, expect
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from images.models import Image, Video
from images.tasks import create_missing_renditions, create_renditions
from richtext.references import Reference
from siteinfo.where_used import where_used
from tests.factories import make_author, make_category, make_image, make_post

pytestmark = pytest.mark.django_db
UPLOAD = "/admin/images/image/upload/"


def png(color: str = "teal", size: tuple[int, int] = (90, 60)) -> bytes:
    output = io.BytesIO()
    Pillow.new("RGB", size, color).save(output, "PNG")
    return output.getvalue()


def stored_files() -> set[str]:
    """Return every file of the library, including renditions."""

    def walk(folder: str) -> set[str]:
        folders, files = default_storage.listdir(folder)
        found = {f"{folder}/{name}" for name in files}
        return found.union(*(walk(f"{folder}/{name}") for name in folders))

    return {name for top in default_storage.listdir("")[0] for name in walk(top)}


def form_data(image: Image, **values: Any) -> dict[str, Any]:
    fields = ("focal_point", "title", "alt", "caption", "credit")
    return {field: getattr(image, field) for field in fields} | {"_save": ""} | values


# ---- Adding --------------------------------------------------------------------------------------


def test_without_javascript_valid_files_are_added_and_rejected_ones_are_named(admin_client: Client) -> None:
    files = [SimpleUploadedFile(name, data) for name, data in (("a.png", png()), ("b.jpg", b"x"), ("c.png", png()))]
    page = admin_client.post(UPLOAD, {"uploads": files}, follow=True).content.decode()
    assert set(Image.objects.values_list("title", flat=True)) == {"A", "C"}
    assert "2 images added to the library." in page
    assert "“b.jpg”: This file is not an image we can read." in page


def test_the_upload_script_gets_the_new_image_or_an_error_message(admin_client: Client) -> None:
    json = {"accept": "application/json"}
    good = admin_client.post(
        UPLOAD, {"uploads": SimpleUploadedFile("IMG_22.png", png()), "alt": "A knee"}, headers=json
    )
    assert f"/admin/images/image/{Image.objects.get(alt='A knee').pk}/change/" in good.json()["cards"][0]
    bad = admin_client.post(UPLOAD, {"uploads": SimpleUploadedFile("x.png", b"x")}, headers=json)
    assert bad.status_code == 400
    assert bad.json()["cards"] == []
    assert bad.json()["problems"][0].startswith("“x.png”: This file is not an image")
    assert admin_client.post(UPLOAD, headers=json).json()["problems"] == ["Choose a file first."]


def test_an_image_added_in_its_form_is_titled_by_the_file_name(admin_client: Client) -> None:
    data = {"file": SimpleUploadedFile("Left_knee-on step.png", png()), "alt": "A knee", "_save": ""}
    assert admin_client.post(reverse("admin:images_image_add"), data).status_code == 302
    image = Image.objects.get()
    assert (image.title, image.focal_point, image.width, image.height) == ("Left knee on step", "0.5x0.5", 90, 60)


@pytest.mark.parametrize("path", ["upload/", "chosen/"])
def test_only_signed_in_users_can_post(client: Client, admin_client: Client, path: str) -> None:
    image = make_image(last_used_at=timezone.now() - timedelta(days=9))
    data = {"id": image.pk, "uploads": SimpleUploadedFile("a.png", png())}
    assert client.post(f"/admin/images/image/{path}", data).status_code == 302
    assert admin_client.get(f"/admin/images/image/{path}").status_code == 405
    assert Image.objects.count() == 1
    assert Image.objects.get().last_used_at == image.last_used_at


# ---- Finding -------------------------------------------------------------------------------------


def listed_titles(client: Client, **query: str) -> set[str]:
    page = client.get("/admin/images/image/", query).content.decode()
    return set(re.findall(r"<b>([^<]+)</b>", page))


def test_the_library_can_be_searched_and_filtered(admin_client: Client) -> None:
    make_post(featured_image=make_image(title="Knee", alt=""))
    make_image(title="Hip", caption="by the sea")
    make_image(title="Line", alt="", is_decorative=True)
    old = make_image(title="Old")
    Image.objects.filter(pk=old.pk).update(created_at=timezone.now().replace(year=2020, month=3))
    assert listed_titles(admin_client) == {"Knee", "Hip", "Line", "Old"}
    assert listed_titles(admin_client, q="SEA") == {"Hip"}
    assert listed_titles(admin_client, show="unused") == {"Hip", "Line", "Old"}
    assert listed_titles(admin_client, show="no-alt") == {"Knee"}
    assert listed_titles(admin_client, month="2020-03") == {"Old"}
    assert listed_titles(admin_client, month="nonsense") == {"Knee", "Hip", "Line", "Old"}


@pytest.mark.parametrize("path", ["", "pick/", "pick/?multiple=1&q=e"])
def test_library_and_picker_need_the_same_queries_for_few_and_many_images(admin_client: Client, path: str) -> None:
    query_counts = []
    for count in (2, 20):
        while Image.objects.count() < count:
            image = make_image()
            make_post(featured_image=image, body=f'<figure><img data-image="{image.pk}"></figure>')
        with CaptureQueriesContext(connection) as queries:
            page = admin_client.get(f"/admin/images/image/{path}").content.decode()
        assert page.count('loading="lazy"') == count
        query_counts.append(len(queries))
    # One query for each model that can use an image, and those of every admin page.
    assert query_counts[0] == query_counts[1] < 24


def test_every_row_that_uses_an_image_is_found_once(admin_client: Client) -> None:
    image = make_image()
    post = make_post(title="Stairs", featured_image=image, body=f'<figure><img data-image="{image.pk}"></figure>')
    draft = make_post(title="Draft one", status="draft", body=f'<figure><img data-image="{image.pk}"></figure>')
    category, author = make_category(image=image), make_author(portrait=image)
    video = Video.objects.create(provider="vimeo", key="12345678", thumbnail=image)
    references = Reference.objects.to(image)
    found = {used.source: used for used in where_used(references, User(is_superuser=True))}
    assert set(found) == {post, draft, category, author, video}
    assert len(found[post].field_labels) == 2
    assert found[draft].status_label == "Draft"
    assert references.source_counts() == {image.pk: 5}
    page = admin_client.get(reverse("admin:images_image_change", args=[image.pk])).content.decode()
    for used in found.values():
        assert f'<a href="{used.url}">{used.source}</a>' in page


# ---- Texts ---------------------------------------------------------------------------------------


def test_a_decorative_image_has_no_alternative_text(admin_client: Client) -> None:
    image = make_image(alt="A knee")
    url = reverse("admin:images_image_change", args=[image.pk])
    page = admin_client.post(url, form_data(image, is_decorative="on"))
    assert "Decorative images have no alternative text." in page.content.decode()
    assert admin_client.post(url, form_data(image, is_decorative="on", alt="")).status_code == 302
    image.refresh_from_db()
    assert image.is_decorative
    assert not image.needs_alt
    with pytest.raises(IntegrityError), transaction.atomic():
        Image.objects.update(alt="words")


@pytest.mark.parametrize("point", ["2x0.5", "-1x0", "nanxnan", "0.5", "0.5x0.5x0.5"])
def test_a_focal_point_outside_the_image_is_rejected(admin_client: Client, point: str) -> None:
    image = make_image()
    admin_client.post(reverse("admin:images_image_change", args=[image.pk]), form_data(image, focal_point=point))
    assert Image.objects.get().focal_point == "0.5x0.5"


# ---- Replacing and deleting ----------------------------------------------------------------------


def test_a_replaced_file_and_its_renditions_are_deleted_after_the_commit(
    admin_client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    image = make_image()
    post = make_post(featured_image=image)
    create_renditions(image)
    before = stored_files()
    url = reverse("admin:images_image_change", args=[image.pk])
    with django_capture_on_commit_callbacks() as callbacks:
        admin_client.post(url, form_data(image, file=SimpleUploadedFile("new.png", png("red", (300, 200)))))
    assert before < stored_files()  # nothing is deleted before the commit
    for callback in callbacks:
        callback()
    assert not before & stored_files()
    post.refresh_from_db()
    assert post.featured_image is not None
    assert (post.featured_image.width, post.featured_image.height) == (300, 200)
    assert post.featured_image.title == image.title
    assert create_missing_renditions() == 1
    assert all("new-" in name for name in stored_files())


def test_deleting_an_image_deletes_its_files_of_every_focal_point(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    other = make_image(color="red")
    create_renditions(other)
    files_of_other = stored_files()
    image = make_image()
    create_renditions(image)
    image.focal_point = "0.1x0.1"
    image.save()
    create_renditions(image)
    with django_capture_on_commit_callbacks(execute=True):
        Image.objects.filter(pk=image.pk).delete()
    assert stored_files() == files_of_other


def test_renditions_of_an_image_deleted_while_rendering_are_removed() -> None:
    image = make_image()
    Image.objects.all().delete()
    create_renditions(image)
    assert stored_files() == set()


def test_a_file_shared_by_two_images_remains_for_the_other(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    image = make_image()
    make_image(file=image.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        image.delete()
    assert default_storage.exists(image.file.name)


@pytest.mark.parametrize("is_bulk", [False, True])
def test_an_image_in_use_cannot_be_deleted_and_its_uses_are_linked(admin_client: Client, is_bulk: bool) -> None:
    image = make_image()
    Video.objects.create(provider="vimeo", key="12345678", title="Hop", thumbnail=image)
    post = make_post(title="Stairs & knees", body=f'<figure><img data-image="{image.pk}"></figure>')
    if is_bulk:
        data = {"action": "delete_selected", "_selected_action": [image.pk, make_image().pk], "post": "yes"}
        page = admin_client.post("/admin/images/image/", data)
    else:
        page = admin_client.post(reverse("admin:images_image_delete", args=[image.pk]), {"post": "yes"})
    link = f'<a href="{reverse("admin:blog_post_change", args=[post.pk])}">Stairs &amp; knees</a>'
    assert link in page.content.decode()
    assert ">Hop</a>" in page.content.decode()
    assert Image.objects.filter(pk=image.pk).exists()


# ---- In a browser --------------------------------------------------------------------------------


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    """Drop files on the page, as from a folder."""
    transfer = page.evaluate_handle(
        """(files) => {
            const transfer = new DataTransfer()
            for (const [name, data] of files) transfer.items.add(new File([new Uint8Array(data)], name))
            return transfer
        }""",
        [[name, list(data)] for name, data in files],
    )
    page.dispatch_event("body", "dragover", {"dataTransfer": transfer})
    page.dispatch_event("body", "drop", {"dataTransfer": transfer})


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_of_three_dropped_files_two_are_added_and_the_broken_one_is_named(admin_page: Page) -> None:
    admin_page.goto("/admin/images/image/")
    admin_page.evaluate("window.isSame = true")
    drop(admin_page, ("one.png", png()), ("broken.jpg", b"\xff\xd8\xff nothing"), ("two.png", png("red")))
    expect(admin_page.locator(".uploads .refused")).to_contain_text("“broken.jpg”: This")
    expect(admin_page.locator(".image-card b")).to_have_text(["Two", "One"])
    assert admin_page.evaluate("window.isSame")
    assert Image.objects.count() == 2
    admin_page.get_by_label("Add images").set_input_files(
        {"name": "three.png", "mimeType": "image/png", "buffer": png("blue")}
    )
    expect(admin_page.locator(".image-card b")).to_have_text(["Three", "Two", "One"])


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_several_images_are_chosen_across_searches_and_listed_first_next_time(admin_page: Page) -> None:
    make_post()
    for name in ("Ankle", "Back", "Calf"):
        make_image(title=name, alt="" if name == "Calf" else name, last_used_at=timezone.now() - timedelta(days=1))
    admin_page.goto("/admin/blog/post/add/")
    admin_page.evaluate(
        "document.dispatchEvent(new CustomEvent('images:choose', {detail: {multiple: true, resolve: x => window.got = x}}))"
    )
    frame = admin_page.frame_locator("dialog iframe")
    expect(frame.locator(".no-alt")).to_have_count(1)
    frame.get_by_role("checkbox", name="Calf").click()
    frame.get_by_label("Find").fill("ankle")
    frame.get_by_label("Find").press("Enter")
    expect(frame.get_by_role("checkbox")).to_have_count(1)
    frame.get_by_role("checkbox", name="Ankle").press("Space")
    with admin_page.expect_response("**/chosen/"):
        frame.get_by_role("button", name="Use 2 images").click()
    assert admin_page.evaluate("window.got.map((image) => image.title)") == ["Calf", "Ankle"]
    expect(admin_page.locator("dialog.image-dialog")).to_be_hidden()
    admin_page.locator("summary").filter(has_text="Featured image").click()
    admin_page.get_by_role("button", name="Choose an image").click()
    expect(frame.locator(".picker-grid button").last).to_contain_text("Back")
    admin_page.frames[-1].wait_for_load_state()
    frame.locator(".picker-grid button").first.focus()
    admin_page.keyboard.press("ArrowRight")
    admin_page.keyboard.press("Enter")
    expect(admin_page.locator("image-picker img")).to_be_visible()
    chosen_input = admin_page.locator("image-picker input")
    assert Image.objects.get(pk=chosen_input.input_value()).title in {"Ankle", "Calf"}
    admin_page.get_by_role("button", name="Choose another image").click()
    expect(frame.locator(".picker-grid button")).to_have_count(3)
    frame.locator(".picker-grid button").first.focus()
    dialog = admin_page.locator("dialog.image-dialog")
    # A key has no effect before the script of the iframe runs, so we press it as a person would: again.
    for _ in range(20):
        if dialog.is_hidden():
            break
        admin_page.keyboard.press("Escape")
        admin_page.wait_for_timeout(250)
    expect(dialog).to_be_hidden()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_focal_point_moves_by_click_and_arrow_key_and_updates_the_crops(admin_page: Page) -> None:
    image = make_image(width=1200, height=400)
    admin_page.goto(reverse("admin:images_image_change", args=[image.pk]))
    stage = admin_page.locator(".focal-point-stage img")
    box = stage.bounding_box()
    assert box is not None
    card = admin_page.locator(".crop--card")
    expect(card).to_have_css("object-position", "50% 50%")
    stage.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.5})
    # In an image of 3:1, a quarter of the width is half a crop, so the crop starts at the left edge.
    expect(card).to_have_css("object-position", "0% 50%")
    marker = admin_page.get_by_role("button", name="Focal point")
    expect(marker).to_be_focused()
    for _ in range(5):
        admin_page.keyboard.press("ArrowRight")
    admin_page.keyboard.press("ArrowUp")
    expect(admin_page.locator("focal-point output")).to_contain_text("35% from the left, 48% from the top")
    expect(card).to_have_css("object-position", "20% 50%")
    admin_page.get_by_role("button", name="Save", exact=True).click()
    expect(admin_page.locator(".messagelist .success")).to_be_visible()
    image.refresh_from_db()
    across, down = map(float, image.focal_point.split("x"))
    assert (across, down) == (pytest.approx(0.35, abs=0.01), pytest.approx(0.48, abs=0.01))
