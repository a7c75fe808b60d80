"""The editor in a browser: internal links, galleries, snippets, find and replace, word count."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Locator, Page, Route, expect
from pytest_django import DjangoAssertNumQueries, Settings

from audit.accessibility import violations
from blog.models import Post
from images.models import Image
from richtext.analysis import analyze
from richtext.embeds import RenderTarget
from richtext.rendering import render
from richtext.sanitizer import sanitize
from tests.factories import make_category, make_image, make_page, make_post


def opened(page: Page, body: str) -> tuple[Post, Locator]:
    """Open a draft with this body in the editor."""
    post = make_post(body=body, status=Post.Status.DRAFT)
    page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    return post, page.locator(".ProseMirror[contenteditable]")


def select_first_word(editor: Locator) -> None:
    """Select "Read" in "Read this." with the keyboard, because a busy editor may miss a double click."""
    editor.get_by_text("Read this.").click()
    editor.press("Home")
    for _ in "Read":
        editor.press("Shift+ArrowRight")
    # The browser reports the selection to the editor asynchronously.
    editor.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")


def saved(page: Page, post: Post) -> str:
    """Click “Save draft” and return the stored body."""
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator(".messagelist")).to_be_visible()
    post.refresh_from_db()
    return post.body


def gallery(*images: Image, align: str = "", caption: str = "Three steps") -> str:
    """Return a figure with several images, as it is stored."""
    images_html = "".join(f'<img data-image="{image.pk}">' for image in images)
    return f"<figure{align and f' data-align="{align}"'}>{images_html}<figcaption>{caption}</figcaption></figure>"


# ---- Links ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_link_dialog_finds_posts_categories_and_pages_by_title(admin_client: Client) -> None:
    make_category(name="Knee pain", slug="knees")
    make_post(title="A knee on the stairs", slug="stairs")
    make_post(title="Knee, later", slug="later", status=Post.Status.DRAFT, published_at=None)
    make_post(title="Shoulders", slug="shoulders")
    places = admin_client.get("/admin/links/", {"q": "KNEE"}).json()["suggestions"]
    assert places == [
        {"title": "Knee pain", "url": "/category/knees/", "kind": "Category", "is_draft": False},
        {"title": "A knee on the stairs", "url": "/stairs/", "kind": "Post", "is_draft": False},
        {"title": "Knee, later", "url": "/later/", "kind": "Post", "is_draft": True},
    ]
    assert [
        suggestion["url"]
        for suggestion in admin_client.get("/admin/links/", {"q": "stairs knee"}).json()["suggestions"]
    ] == ["/stairs/"]
    make_page(title="Privacy", slug="privacy-policy")
    privacy = admin_client.get("/admin/links/", {"q": "privacy"}).json()["suggestions"]
    assert [(suggestion["kind"], suggestion["url"]) for suggestion in privacy] == [("Page", "/privacy-policy/")]


@pytest.mark.django_db
def test_the_link_dialog_takes_the_same_number_of_queries_for_any_number_of_posts(
    admin_client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        make_post(title=f"Knee {number}")
    with django_assert_num_queries(8):  # maintenance costs one of them, local time one, who asks two
        assert len(admin_client.get("/admin/links/", {"q": "knee"}).json()["suggestions"]) == 8


@pytest.mark.django_db
def test_only_staff_can_search_drafts(client: Client) -> None:
    make_post(title="Secret", status=Post.Status.DRAFT)
    answer = client.get("/admin/links/", {"q": "secret"})
    assert answer.status_code == 302
    assert b"Secret" not in answer.content


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://blog.example/stairs/?a=1#b", "/stairs/?a=1#b"),
        ("https://blog.example", "/"),
        ("https://blog.example//evil.example/", "/evil.example/"),
        ("https://blog.example.evil.example/", "https://blog.example.evil.example/"),
        ("https://other.example/", "https://other.example/"),
        ("/stairs/", "/stairs/"),
    ],
)
def test_an_internal_link_is_stored_root_relative(settings: Settings, typed: str, stored: str) -> None:
    settings.SITE_URL = "https://blog.example"
    assert sanitize(f'<p><a href="{typed}">x</a></p>') == f'<p><a href="{stored}">x</a></p>'


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_linking_to_a_post_takes_its_title_and_two_keys(admin_page: Page) -> None:
    make_post(title="A knee on the stairs", slug="stairs")
    post, editor = opened(admin_page, "<p>Read this.</p>")
    select_first_word(editor)
    admin_page.keyboard.press("Control+k")
    expect(
        admin_page.get_by_role("dialog")
        .get_by_role("combobox")
        .or_(admin_page.get_by_role("dialog").get_by_role("textbox"))
        .first
    ).to_be_focused()
    admin_page.keyboard.type("knee")
    found = admin_page.get_by_role("dialog").get_by_role("option")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("A knee on the stairs")
    admin_page.keyboard.press("ArrowDown")
    admin_page.keyboard.press("Enter")
    expect(editor.locator("a")).to_have_attribute("href", "/stairs/")
    assert saved(admin_page, post) == '<p><a href="/stairs/">Read</a> this.</p>'


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_url_of_the_site_becomes_root_relative_and_other_text_is_rejected(admin_page: Page) -> None:
    post, editor = opened(admin_page, "<p>Read this.</p>")
    select_first_word(editor)
    admin_page.get_by_role("button", name="Link", exact=True).click()
    field = admin_page.get_by_label("enter a URL")
    field.fill("no such words")
    admin_page.get_by_role("button", name="Save link").click()
    expect(admin_page.get_by_text("Choose a page from the list, or enter a full URL")).to_be_visible()
    field.fill(admin_page.evaluate("location.origin") + "/stairs/#up")
    admin_page.get_by_role("button", name="Save link").click()
    expect(editor.locator("a")).to_have_attribute("href", "/stairs/#up")
    editor.locator("a").click()
    admin_page.get_by_role("button", name="Link", exact=True).click()
    admin_page.get_by_role("button", name="Remove link").last.click()
    assert saved(admin_page, post) == "<p>Read this.</p>"


# ---- Galleries and alignment ---------------------------------------------------------------------


@pytest.mark.django_db
def test_a_gallery_is_one_figure_everywhere() -> None:
    images = [make_image() for _ in range(3)]
    body = sanitize(gallery(*images, align="wide"))
    assert body == gallery(*images, align="wide")
    page = render(body)
    assert '<figure class="figure--wide gallery gallery--3">' in page
    assert page.count("<img") == 3
    feed = render(body, RenderTarget.FEED)
    assert feed.count("<img") == 3
    assert "class=" not in feed
    assert "data-" not in feed
    assert analyze(body).embeds == {("image", image.pk) for image in images}
    assert analyze(body).word_count == 2
    assert sanitize(render(body, RenderTarget.EDITOR)) == body


@pytest.mark.django_db
def test_a_deleted_image_is_omitted_from_a_gallery_except_in_the_editor() -> None:
    images = [make_image() for _ in range(2)]
    body = sanitize(gallery(*images))
    images[0].delete()
    assert render(body).count("<img") == 1
    assert "gallery" not in render(body)
    assert sanitize(render(body, RenderTarget.EDITOR)) == body


def test_only_known_alignments_of_a_figure_are_preserved() -> None:
    assert sanitize('<figure data-align="left"><img data-image="3"></figure>') == (
        '<figure data-align="left"><img data-image="3"></figure>'
    )
    assert sanitize('<figure data-align="x onload"><img data-image="3"></figure>') == (
        '<figure><img data-image="3"></figure>'
    )


@pytest.mark.django_db
def test_nested_galleries_of_other_editors_are_merged() -> None:
    assert sanitize(
        '<figure><figure><img data-image="3"><figcaption>One</figcaption></figure>'
        '<figure><img data-image="4"></figure><figcaption>Both</figcaption></figure>'
    ) == ('<figure><img data-image="3"><img data-image="4"><figcaption>One · Both</figcaption></figure>')


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_images_are_added_reordered_removed_and_aligned(admin_page: Page) -> None:
    first, second, third = (make_image() for _ in range(3))
    post, editor = opened(admin_page, gallery(first, second) + "<p>x</p>")
    # The library's own dialog has its tests; here it answers at once.
    admin_page.evaluate(
        """image => document.addEventListener("images:choose", (event) => {
            event.stopImmediatePropagation()
            event.detail.resolve([image])
        }, { capture: true })""",
        {"id": third.pk, "src": third.file.url},
    )
    editor.get_by_role("button", name="Add images").click()
    expect(editor.locator("figure img")).to_have_count(3)
    editor.get_by_role("button", name="Move left").last.click()
    editor.get_by_role("button", name="Remove from gallery").first.click()
    expect(editor.locator("figure img")).to_have_count(2)
    editor.get_by_label("Alignment").select_option("wide")
    assert saved(admin_page, post).split("\n")[0] == gallery(third, second, align="wide")


# ---- Embeds --------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_editing_keeps_unknown_embeds_and_deleted_images(admin_page: Page) -> None:
    image = make_image()
    body = sanitize(
        '<p>a</p><div data-embed="product" data-id="7"></div><div data-embed="snippet" data-id="3"></div>'
        + gallery(image, image, align="left")
        + '<aside data-callout="tip"><p>t</p><div data-embed="unheard-of" data-id="1"></div></aside>'
        + '<figure data-align="right"><img data-image="999"><figcaption>gone</figcaption></figure><p>end</p>'
    )
    post, editor = opened(admin_page, body)
    expect(editor.locator(".embed-box")).to_have_count(3)
    editor.get_by_text("end").click()
    admin_page.keyboard.type("!")
    admin_page.keyboard.press("Backspace")
    assert saved(admin_page, post) == body


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_snippet_is_chosen_by_name_and_an_empty_list_is_explained(admin_page: Page) -> None:
    snippets: list[dict[str, object]] = []

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps(snippets), content_type="application/json")

    admin_page.route("**/admin/blog/snippet/list/", answer)
    post, editor = opened(admin_page, "<p>Before</p>")
    editor.get_by_text("Before").click()
    admin_page.get_by_role("button", name="More tools").click()
    admin_page.get_by_role("button", name="Snippet", exact=True).click()
    expect(admin_page.get_by_text("There are no snippets yet.")).to_be_visible()
    admin_page.get_by_role("button", name="OK").click()
    snippets.append({"id": 5, "name": "When to call"})
    admin_page.get_by_role("button", name="Snippet", exact=True).click()
    expect(admin_page.locator(".choice-dialog [role=option]")).to_have_text("When to call")
    admin_page.keyboard.press("Enter")
    expect(editor.locator(".embed-box")).to_contain_text("Snippet: When to call")
    assert '<div data-embed="snippet" data-id="5"></div>' in saved(admin_page, post)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_product_and_a_comparison_are_found_by_words(admin_page: Page) -> None:
    entries = [
        {"kind": "product", "id": 7, "name": "A foam roller", "detail": "Amazon", "image": ""},
        {"kind": "product", "id": 8, "name": "A mat", "detail": "Amazon", "image": ""},
        {"kind": "comparison", "id": 7, "name": "Rollers"},
    ]
    answer = json.dumps(entries)
    admin_page.route("**/admin/affiliates/product/list/", lambda route: route.fulfill(body=answer))
    post, editor = opened(admin_page, "<p>Before</p>")
    editor.get_by_text("Before").click()
    admin_page.get_by_role("button", name="More tools").click()
    admin_page.get_by_role("button", name="Product", exact=True).click()
    options = admin_page.locator(".choice-dialog [role=option]")
    expect(options).to_have_count(3)
    expect(options.first).to_contain_text("Product · Amazon")
    # The first one is chosen already, so Insert always inserts something.
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert violations(admin_page) == []
    admin_page.keyboard.type("roller")
    expect(options).to_have_count(2)
    admin_page.get_by_role("button", name="Insert", exact=True).click()
    expect(editor.get_by_text("Product: A foam roller")).to_be_visible()

    admin_page.get_by_role("button", name="Product", exact=True).click()
    expect(options).to_have_count(3)
    search = admin_page.locator(".choice-dialog").get_by_role("combobox")
    admin_page.keyboard.press("ArrowUp")
    chosen = search.get_attribute("aria-activedescendant")
    expect(admin_page.locator(f"#{chosen}")).to_contain_text("Rollers")
    admin_page.keyboard.press("Enter")
    expect(editor.get_by_text("Comparison: Rollers")).to_be_visible()
    body = saved(admin_page, post)
    assert '<div data-embed="product" data-id="7"></div>' in body
    assert '<div data-embed="comparison" data-id="7"></div>' in body


# ---- Around the text -----------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_find_and_replace_works_across_formatting_in_one_undo_step(admin_page: Page) -> None:
    post, editor = opened(admin_page, "<p>The kn<strong>ee</strong> and the Knee’s friend</p><h2 id='k'>knee</h2>")
    editor.get_by_text("and the").click()
    admin_page.keyboard.press("Control+f")
    admin_page.keyboard.type("knee")
    expect(editor.locator(".match")).to_have_count(4)  # one of the three is half bold
    admin_page.keyboard.press("Enter")
    expect(admin_page.locator(".find-count")).to_have_text(re.compile(r"\d / 3"))
    admin_page.get_by_label("Replace with").fill("hip")
    admin_page.get_by_role("button", name="Replace all").click()
    expect(editor.locator("p").first).to_have_text("The hip and the hip’s friend")
    admin_page.keyboard.press("Escape")
    expect(editor.locator(".match")).to_have_count(0)
    admin_page.keyboard.press("Control+z")
    expect(editor.locator("p").first).to_have_text("The knee and the Knee’s friend")
    assert "knee</h2>" in saved(admin_page, post)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_word_count_matches_the_server(admin_page: Page) -> None:
    post, editor = opened(
        admin_page,
        "<h2>Why it’s sore</h2><p>One two, three-four.<br>five</p><ul><li>six</li></ul>"
        '<aside data-callout="tip" data-title="Go slowly"><p>seven</p></aside>'
        "<table><caption>Plan A</caption><tr><td>eight</td></tr></table>",
    )
    line = admin_page.locator(".word-count")
    expect(line).to_have_text(f"{post.word_count} words · 1 min read")
    editor.get_by_text("five").click()
    admin_page.keyboard.press("End")
    admin_page.keyboard.type(" more words")
    expect(line).to_have_text(f"{post.word_count + 2} words · 1 min read")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_every_button_has_a_name_and_the_toolbar_fits_a_phone(admin_page: Page) -> None:
    admin_page.set_viewport_size({"width": 390, "height": 800})
    opened(admin_page, "<p>x</p>")
    tools = admin_page.get_by_role("toolbar").get_by_role("button")
    expect(tools.first).to_be_visible()
    names = [tool.get_attribute("aria-label") or "" for tool in tools.all()]
    assert {"Heading", "Subheading", "Bold", "Image", "Gallery", "Callout", "Quote", "Table", "Link"} <= set(names)
    assert all(name[:1].isupper() for name in names)
    assert admin_page.evaluate("document.documentElement.scrollWidth") <= 390
    box = admin_page.get_by_role("toolbar").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390
    admin_page.get_by_role("button", name="Keyboard help").click()
    expect(admin_page.get_by_role("dialog").get_by_text("Find and replace")).to_be_visible()
    admin_page.keyboard.press("Escape")
    admin_page.get_by_role("button", name="Full screen").click()
    expect(admin_page.locator(".prose-editor.fullscreen .word-count")).to_be_in_viewport()
