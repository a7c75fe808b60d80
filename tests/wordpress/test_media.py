"""Images and files come along with an import, fill their places in texts, and keep their old URLs."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import Client
from PIL import Image as Pillow

from blog.models import Post
from images.models import Image, MediaFile
from pages.models import Page
from ptcomplete.slow_clients import STREAM_THREADS
from richtext.embeds import RenderTarget
from richtext.rendering import render
from tests.wordpress.exports import Writer, all_rows, item
from tests.wordpress.uploads import image_bytes, write_uploads, write_zip
from wordpress.models import ImportedObject, ReportRow

pytestmark = pytest.mark.django_db
BASE = "https://old.example/wp-content/uploads"


def attachment(number: int, path: str, **values: Any) -> str:
    meta = {"_wp_attached_file": path, "_wp_attachment_image_alt": values.pop("alt", "")}
    more = f"<wp:attachment_url>{BASE}/{path}</wp:attachment_url>" + postmeta(**meta) + values.pop("more", "")
    fields = {"kind": "attachment", "status": "inherit", "body": "", "title": path.rpartition("/")[2], "more": more}
    return item(number, **fields | values)


def postmeta(**values: object) -> str:
    return "".join(
        f"<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>"
        for key, value in values.items()
    )


def run(*files: str, **options: Any) -> None:
    call_command("import_wordpress", *files, **options)


def body_of(slug: str = "post-1") -> str:
    return Post.objects.get(slug=slug).body


def test_body_image_is_the_image_of_the_library_with_alt_caption_and_alignment(write: Writer, tmp_path: Path) -> None:
    body = (
        f'<!-- wp:image {{"id":7}} --><figure class="wp-block-image alignright size-medium"><img '
        f'src="{BASE}/2020/05/knee-300x200.jpg" alt="A bent knee" class="wp-image-7"/>'
        "<figcaption>Bend <em>slowly</em></figcaption></figure><!-- /wp:image -->"
    )
    export = write(item(1, body=body), attachment(7, "2020/05/knee.jpg", alt="A knee", title="Knee"))
    run(export, media=[write_uploads(tmp_path, ["2020/05/knee.jpg", "2020/05/knee-300x200.jpg"])])
    image = Image.objects.get()
    assert (image.title, image.alt, image.is_missing, image.created_at.year) == ("Knee", "A knee", False, 2020)
    assert body_of() == (
        f'<figure data-align="right"><img data-image="{image.pk}" alt="A bent knee">'
        "<figcaption>Bend <em>slowly</em></figcaption></figure>"
    )


def test_missing_image_leaves_a_marked_place_that_a_later_import_fills(write: Writer, tmp_path: Path) -> None:
    export = write(item(1, body=f'<p>Before</p><img src="{BASE}/2020/05/knee.jpg?w=300" alt="A knee"><p>After</p>'))
    run(export)
    image = Image.objects.get()
    assert image.missing_url == f"{BASE}/2020/05/knee.jpg?w=300"
    page = render(body_of())
    assert "Image missing" in page
    assert "A knee" in page
    assert "Image missing: A knee" in render(body_of(), RenderTarget.FEED)
    before = body_of()
    run(export, media=[write_zip(tmp_path / "uploads.zip", ["2020/05/knee.jpg"])])
    image.refresh_from_db()
    assert not image.is_missing
    assert body_of() == before
    assert "Image missing" not in render(before)
    assert image.file.name in render(before)


def test_later_import_fills_places_in_a_text_that_was_edited_here(write: Writer, tmp_path: Path) -> None:
    export = write(item(1, body=f'<p>Old words</p><img src="{BASE}/2020/05/knee.jpg">'))
    run(export)
    post = Post.objects.get()
    post.body = post.body.replace("Old words", "My words")
    post.save()
    run(export, media=[write_uploads(tmp_path, ["2020/05/knee.jpg"])])
    assert "My words" in body_of()
    assert Image.objects.get().file.name in render(body_of())


def test_second_run_changes_nothing(write: Writer, tmp_path: Path) -> None:
    body = (
        f'<img src="{BASE}/2020/05/knee-300x200.jpg"><a href="{BASE}/2021/plan.pdf">Plan</a><img src="{BASE}/gone.png">'
    )
    export = write(
        item(1, body=body, more=postmeta(_thumbnail_id=8)),
        attachment(7, "2020/05/knee.jpg"),
        attachment(8, "2020/06/hip.png"),
    )
    uploads = write_uploads(tmp_path, ["2020/05/knee.jpg", "2020/06/hip.png", "2021/plan.pdf"])
    run(export, media=[uploads])
    before = media_rows()
    run(export, media=[uploads])
    run(export)
    assert media_rows() == before


def media_rows() -> dict[str, list[object]]:
    models: tuple[type[Any], ...] = (Image, MediaFile)
    return all_rows() | {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def test_same_content_is_stored_once(write: Writer, tmp_path: Path) -> None:
    export = write(item(1), attachment(7, "2020/05/a.jpg"), attachment(8, "2021/05/b.jpg"))
    uploads = write_uploads(tmp_path, [])
    for name in ("2020/05/a.jpg", "2021/05/b.jpg"):
        (uploads / name).parent.mkdir(parents=True)
        (uploads / name).write_bytes(image_bytes("same"))
    run(export, media=[uploads])
    assert Image.objects.count() == 1
    keys = ImportedObject.objects.filter(kind="image").values_list("key", flat=True)
    assert sorted(keys) == ["#7", "#8", "2020/05/a.jpg", "2021/05/b.jpg"]


def test_featured_image_is_set_and_not_shown_twice(write: Writer, tmp_path: Path) -> None:
    body = f'<p><img class="alignleft" src="{BASE}/2020/05/knee-300x200.jpg"></p><p>Words</p>'
    export = write(item(1, body=body, more=postmeta(_thumbnail_id=7)), attachment(7, "2020/05/knee.jpg"))
    run(export, media=[write_uploads(tmp_path, ["2020/05/knee.jpg"])])
    post = Post.objects.get()
    assert post.featured_image == Image.objects.get()
    assert post.body == "<p>Words</p>"


def test_featured_image_from_another_file_and_a_later_run(write: Writer, tmp_path: Path) -> None:
    body = f'<img src="{BASE}/2020/05/knee.jpg"><p>Words</p>'
    posts = write(item(1, body=body, more=postmeta(_thumbnail_id=7)), name="posts")
    media = write(attachment(7, "2020/05/knee.jpg"), name="media")
    run(posts)
    assert Post.objects.get().featured_image is None
    run(media, media=[write_uploads(tmp_path, ["2020/05/knee.jpg"])])
    post = Post.objects.get()
    assert post.featured_image == Image.objects.get()
    assert post.body == "<p>Words</p>"
    assert not ImportedObject.objects.filter(awaited_image__isnull=False).exists()
    before = media_rows()
    run(posts, media)
    assert media_rows() == before


def test_gallery_shows_its_images_and_their_captions(write: Writer, tmp_path: Path) -> None:
    media = [attachment(number, f"2020/05/{number}.jpg", parent=1, order=-number) for number in (7, 8, 9)]
    export = write(
        item(1, body='[gallery ids="9,7"]'),
        item(2, body="Words\n\n[gallery]"),
        item(3, body="[gallery id=1 exclude=8]"),
        *media,
    )
    run(export, media=[write_uploads(tmp_path, [f"2020/05/{number}.jpg" for number in (7, 8, 9)])])
    pks = {number: ImportedObject.objects.get(kind="image", key=f"#{number}").object_id for number in (7, 8, 9)}

    def images(slug: str) -> list[int]:
        return [int(pk) for pk in re.findall(r'data-image="(\d+)"', body_of(slug))]

    assert images("post-1") == [pks[9], pks[7]]
    assert images("post-2") == []
    assert images("post-3") == [pks[9], pks[7]]
    assert "gallery" in render(body_of("post-1"))


def test_check_of_old_urls_expects_files_that_are_here(
    write: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"2020/05/{number}.jpg" for number in range(STREAM_THREADS + 2)]
    files = [attachment(number, name, parent=1) for number, name in enumerate(names, 7)]
    export = write(item(1), *files)
    # One is missing.
    run(export, media=[write_uploads(tmp_path, names[1:])])
    call_command("check_old_urls", export)
    assert "Without their page: 0." in capsys.readouterr().out


def test_captions_of_a_gallery_name_the_image_if_only_some_have_one(write: Writer, tmp_path: Path) -> None:
    captions = {7: "Warm up", 8: "", 9: "Squat <slowly>"}
    media = []
    for number, text in captions.items():
        entry = attachment(number, f"2020/05/{number}.jpg", parent=1)
        filled = f"<excerpt:encoded><![CDATA[{text.replace('<', '&lt;')}]]></excerpt:encoded>"
        media.append(entry.replace("<excerpt:encoded></excerpt:encoded>", filled))
    export = write(item(1, body='[gallery ids="7,9"]'), item(2, body='[gallery ids="7,8,9"]'), *media)
    run(export, media=[write_uploads(tmp_path, [f"2020/05/{number}.jpg" for number in captions])])
    found = [re.findall("<figcaption>(.*?)</figcaption>", body_of(slug)) for slug in ("post-1", "post-2")]
    assert found == [["Warm up · Squat &lt;slowly&gt;"], ["1: Warm up · 3: Squat &lt;slowly&gt;"]]


def test_captions_within_a_gallery_block_stay_apart(write: Writer, tmp_path: Path) -> None:
    def inner(number: int, caption: str) -> str:
        words = f"<figcaption>{caption}</figcaption>" if caption else ""
        return f'<figure class="wp-block-image"><img src="{BASE}/2020/05/{number}.jpg">{words}</figure>'

    images = inner(7, "Warm up") + inner(8, "") + inner(9, "Squat")
    body = f'<figure class="wp-block-gallery">{images}<figcaption>Every day</figcaption></figure>'
    # Before WordPress 5.9, galleries were lists.
    older = body.replace('<figure class="wp-block-image">', "<li><figure>").replace("</figure><", "</figure></li><")
    older = older.replace("<li>", "<ul><li>", 1).replace("</li><figcaption>Every", "</li></ul><figcaption>Every")
    bodies = [f"<!-- wp:gallery -->{each}<!-- /wp:gallery -->" for each in (body, older)]
    run(write(item(1, body=bodies[0]), item(2, body=bodies[1])))
    for slug in ("post-1", "post-2"):
        assert "<figcaption>Warm up · Squat · Every day</figcaption>" in body_of(slug)


def animation(seconds: int) -> bytes:
    images = [Pillow.new("RGB", (20, 20), (number * 60, seconds, 0)) for number in range(3)]
    output = io.BytesIO()
    images[0].save(output, "GIF", save_all=True, append_images=images[1:], duration=100)
    return output.getvalue()


@pytest.mark.parametrize(
    ("before", "after", "caption"),
    [
        ("", "", "{link}"),
        ("[caption width=20]", " A squat[/caption]", "A squat {link}"),
        ('<a href="https://shop.example/">', "</a>", '<a href="https://shop.example/">shop.example</a>'),
    ],
)
def test_animation_shows_its_first_image_and_leads_to_the_file_that_moves(
    before: str, after: str, caption: str, write: Writer, tmp_path: Path, client: Client
) -> None:
    folder = tmp_path / "uploads" / "2020" / "05"
    folder.mkdir(parents=True)
    (folder / "squat.gif").write_bytes(animation(1))
    export = write(item(1, body=f'{before}<img src="{BASE}/2020/05/squat.gif">{after}'))
    run(export, media=[tmp_path / "uploads"])
    file = MediaFile.objects.get()
    assert (file.content_type, file.file.read()) == ("image/gif", animation(1))
    link = f'<a href="{file.file.url}">Open the animation</a>'
    assert f"<figcaption>{caption.format(link=link)}</figcaption>" in body_of()
    assert client.get("/wp-content/uploads/2020/05/squat.gif").headers["Location"] == file.file.url
    rows = all_rows()
    run(export, media=[tmp_path / "uploads"])
    assert all_rows() == rows
    assert (Image.objects.count(), MediaFile.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    "values",
    [
        {"_yoast_wpseo_opengraph-image-id": "7"},
        {"_yoast_wpseo_opengraph-image": f"{BASE}/2020/05/knee-300x200.jpg"},
        {"rank_math_twitter_image_id": "7"},
        {"_thumbnail_id": "8", "rank_math_facebook_image_id": "7"},
    ],
)
def test_image_for_social_networks_is_the_featured_image_of_a_post_without_one(
    values: dict[str, str], write: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    media = [attachment(7, "2020/05/knee.jpg"), attachment(8, "2020/05/hip.jpg")]
    export = write(item(1, more=postmeta(**values)), *media)
    run(export)
    run(export, media=[write_uploads(tmp_path, ["2020/05/knee.jpg", "2020/05/hip.jpg"])])
    image = Post.objects.get().featured_image
    assert image is not None
    assert image.title == ("hip.jpg" if "_thumbnail_id" in values else "knee.jpg")
    assert "had its own image for social networks." in capsys.readouterr().out


def test_caption_shortcode_keeps_alignment_words_and_link(write: Writer, tmp_path: Path) -> None:
    body = (
        '[caption id="attachment_7" align="alignleft" width="300"]<a href="https://shop.example/x"><img '
        f'class="wp-image-7" src="{BASE}/2020/05/knee-300x200.jpg" alt=""></a> A <b>knee</b>[/caption]'
    )
    run(write(item(1, body=body)), media=[write_uploads(tmp_path, ["2020/05/knee.jpg"])])
    assert body_of() == (
        f'<figure data-align="left"><img data-image="{Image.objects.get().pk}"><figcaption>'
        '<a href="https://shop.example/x">A <strong>knee</strong></a></figcaption></figure>'
    )


def test_link_around_an_image_to_its_own_file_is_left_out(write: Writer, tmp_path: Path) -> None:
    body = f'<a href="{BASE}/2020/05/knee.jpg"><img src="{BASE}/2020/05/knee-300x200.jpg"></a>'
    run(write(item(1, body=body)), media=[write_uploads(tmp_path, ["2020/05/knee.jpg"])])
    assert body_of() == f'<figure><img data-image="{Image.objects.get().pk}"></figure>'


def test_files_are_stored_linked_and_downloaded(write: Writer, tmp_path: Path, client: Client) -> None:
    body = f'<a href="{BASE}/2020/05/plan.pdf">The plan</a> [audio {BASE}/2020/05/talk.mp3]'
    export = write(item(1, body=body), attachment(7, "2020/05/plan.pdf", title="My plan"))
    run(export, media=[write_uploads(tmp_path, ["2020/05/plan.pdf", "2020/05/talk.mp3"])])
    plan = MediaFile.objects.get(title="My plan")
    assert f'<a href="{plan.file.url}">The plan</a>' in body_of()
    assert ">talk.mp3</a>" in body_of()
    assert "old.example" not in body_of()
    response = client.get(plan.file.url)
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Content-Type"] == "application/pdf"


@pytest.mark.parametrize("code", ['[playlist ids="7,8,99"]', "[playlist type='audio']", '[playlist id="x"]'])
def test_playlist_becomes_links_to_its_recordings(write: Writer, tmp_path: Path, code: str) -> None:
    files = [attachment(number, f"2020/05/{number}.mp3", title=f"Talk {number}", parent=1) for number in (7, 8)]
    export = write(item(1, body=f"Words.\n\n{code}"), attachment(6, "2020/05/a.jpg", parent=1), *files)
    run(export, media=[write_uploads(tmp_path, ["2020/05/7.mp3", "2020/05/8.mp3", "2020/05/a.jpg"])])
    urls = {file.title: file.file.url for file in MediaFile.objects.all()}
    links = [f'<li><a href="{urls[name]}">{name}</a></li>' for name in ("Talk 7", "Talk 8")]
    if "99" in code:
        links.append('<li><a href="https://old.example/?attachment_id=99">Recording 99 of the old site</a></li>')
    assert body_of().replace("\n", "").replace("<p>", "").replace("</p>", "") == f"Words.<ul>{''.join(links)}</ul>"
    assert ReportRow.objects.filter(kind="link", source="https://old.example/?attachment_id=99").exists() == (
        "99" in code
    )


def test_recording_of_a_podcast_is_linked_below_its_text_once(write: Writer, tmp_path: Path) -> None:
    more = postmeta(enclosure=f"{BASE}/2020/05/talk.mp3\n1234\naudio/mpeg\n")
    in_text = f'Words. <a href="{BASE}/2020/05/talk.mp3">Listen</a>'
    export = write(item(1, body="Words.", more=more), item(2, body=in_text, more=more))
    run(export, media=[write_uploads(tmp_path, ["2020/05/talk.mp3"])])
    url = MediaFile.objects.get().file.url
    assert body_of("post-1") == f'<p>Words.</p>\n<p><a href="{url}">talk.mp3</a></p>'
    assert body_of("post-2") == f'<p>Words. <a href="{url}">Listen</a></p>'


@pytest.mark.parametrize("attribute", ["", ' id="1"', ' id="x"', ' ids=""', ' exclude="9"'])
def test_gallery_without_ids_shows_the_images_of_the_post(write: Writer, tmp_path: Path, attribute: str) -> None:
    images = [attachment(number, f"2020/05/{number}.jpg", parent=1) for number in (7, 8)]
    export = write(item(1, body=f"Words.\n\n[gallery{attribute}]"), attachment(6, "2020/05/a.mp3", parent=1), *images)
    run(export, media=[write_uploads(tmp_path, ["2020/05/7.jpg", "2020/05/8.jpg"])])
    assert body_of().count("data-image") == Image.objects.count() == 2


def test_link_to_a_missing_file_is_led_to_it_later(write: Writer, tmp_path: Path) -> None:
    export = write(item(1, body=f'<a href="{BASE}/2020/05/plan.pdf">The plan</a>'))
    run(export)
    assert f"{BASE}/2020/05/plan.pdf" in body_of()
    run(export, media=[write_uploads(tmp_path, ["2020/05/plan.pdf"])])
    assert f'<a href="{MediaFile.objects.get().file.url}">The plan</a>' in body_of()


@pytest.mark.parametrize("name", ["knee.jpg", "knee-300x200.jpg", "knee-scaled.jpg", "knee-e1612345678-150x150.jpg"])
def test_old_urls_of_all_sizes_redirect_to_the_image(name: str, write: Writer, tmp_path: Path, client: Client) -> None:
    run(write(item(1), attachment(7, "2020/05/knee.jpg")), media=[write_uploads(tmp_path, ["2020/05/knee.jpg"])])
    response = client.get(f"/wp-content/uploads/2020/05/{name}")
    assert response.status_code == 301
    assert response.headers["Location"] == Image.objects.get().file.url
    assert client.get("/?attachment_id=7").headers["Location"] == Image.objects.get().file.url


@pytest.mark.parametrize("has_file", [True, False])
def test_page_of_an_image_that_was_uploaded_to_no_post_leads_to_a_text_that_shows_it(
    has_file: bool, write: Writer, tmp_path: Path, client: Client
) -> None:
    shown = attachment(7, "2020/05/knee.jpg", slug="knee", link="https://old.example/knee/")
    unused = attachment(8, "2020/05/hip.jpg", slug="hip", link="https://old.example/hip/")
    body = f'<img src="{BASE}/2020/05/knee-300x200.jpg" alt="A knee">'
    names = ["2020/05/knee.jpg", "2020/05/hip.jpg"]
    media = [write_uploads(tmp_path, names)] if has_file else []
    run(write(item(1, body=body), item(2, body=body, status="draft"), shown, unused), media=media)
    assert client.get("/knee/").headers["Location"] == "/post-1/"
    # Its number leads to the file, if there is one.
    by_number = client.get("/?attachment_id=7").headers["Location"]
    assert by_number.startswith("/media/images/knee") if has_file else by_number == "/post-1/"
    assert client.get("/?attachment_id=8").status_code == (301 if has_file else 404)


def test_drawings_and_pages_are_never_shown(write: Writer, tmp_path: Path, client: Client) -> None:
    body = f'<img src="{BASE}/2020/05/logo.svg" alt="Our logo"><a href="{BASE}/2020/05/page.html">Page</a>'
    uploads = write_uploads(tmp_path, ["2020/05/logo.svg"])
    (uploads / "2020/05/page.html").write_text("<script>alert(1)</script>")
    (uploads / "2020/05/photo.jpg").write_text("<html><script>alert(1)</script>")
    export = write(item(1, body=body), attachment(7, "2020/05/photo.jpg"), attachment(8, "2020/05/page.html"))
    run(export, media=[uploads])
    drawing = MediaFile.objects.get()
    response = client.get(drawing.file.url)
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert f'<a href="{drawing.file.url}">Our logo</a>' in body_of()
    assert not Image.objects.exists()


def test_image_of_a_page_that_failed_is_imported_again_for_the_next_one(
    write: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = f'Words <img src="{BASE}/2020/05/knee.jpg" alt="A knee">'
    export, save = write(*(item(number, kind="page", body=image) for number in (1, 2))), Page.save

    def fail_once(page: Page, *args: Any, **options: Any) -> None:
        save(page, *args, **options)
        if page.slug == "post-1":
            raise DatabaseError("too long")

    monkeypatch.setattr(Page, "save", fail_once)
    with pytest.raises(CommandError):
        run(export, media=[write_uploads(tmp_path, ["2020/05/knee.jpg"])])
    assert f'data-image="{Image.objects.get().pk}"' in Page.objects.get().body
    row = ReportRow.objects.get(kind="image")
    assert (row.outcome, row.title, row.object_id) == ("created", "Post 2", Image.objects.get().pk)
