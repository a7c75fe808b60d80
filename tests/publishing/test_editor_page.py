"""The form of a text in a browser: its layout, and saving without leaving the page."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import FloatRect, Locator, Page, Route, expect

from audit.accessibility import violations
from blog.models import Post
from tests.factories import make_author, make_campaign, make_category, make_image, make_page, make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_BODY = "".join(f"<p>Paragraph {number}.</p>" for number in range(60))


def open_post(page: Page, post: Post) -> None:
    page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    expect(page.locator(".ProseMirror[contenteditable]")).to_be_visible()


def count_loads(page: Page) -> list[str]:
    """Return a list that grows with every page the browser loads from now on."""
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    return loads


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).first.bounding_box()
    assert found is not None
    return found


def test_settings_stand_beside_the_text_on_a_wide_screen(admin_page: Page) -> None:
    post = make_post(body=LONG_BODY, status=Post.Status.DRAFT)
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    open_post(admin_page, post)
    text, panel = box(admin_page, ".ProseMirror"), box(admin_page, ".editor-panel")
    assert panel["x"] >= text["x"] + text["width"]
    assert 20 * 16 <= panel["width"] <= 22 * 16
    assert text["width"] <= 46 * 16
    assert text["y"] < 300
    expect(admin_page.locator(".editor-panel details[open]")).to_have_count(0)
    admin_page.mouse.wheel(0, 1500)
    expect(admin_page.get_by_text("Featured image", exact=True).first).to_be_in_viewport()
    expect(admin_page.get_by_role("button", name="Publish …")).to_be_in_viewport()


def test_a_new_text_fits_into_a_thousand_pixels(admin_page: Page) -> None:
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    admin_page.goto(reverse("admin:blog_post_add"))
    text = box(admin_page, ".ProseMirror")
    assert text["y"] + text["height"] <= 1000
    expect(admin_page.locator("#id_title")).to_be_focused()


def test_saving_keeps_cursor_scroll_position_and_undo(admin_page: Page) -> None:
    post = make_post(body=LONG_BODY, status=Post.Status.DRAFT)
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    open_post(admin_page, post)
    loads = count_loads(admin_page)
    paragraph = admin_page.locator(".ProseMirror p", has_text="Paragraph 40.")
    paragraph.click()
    admin_page.keyboard.press("End")
    scroll = admin_page.evaluate("scrollY")
    assert scroll > 500
    for number in range(20):
        admin_page.keyboard.type(f" {number}")
        admin_page.keyboard.press("Control+s")
    expect(admin_page.locator("[data-autosave-status]")).to_have_text(re.compile("Saved at"))
    expect(admin_page.locator("form[aria-busy]")).to_have_count(0)
    typed = "Paragraph 40. " + " ".join(str(number) for number in range(20))
    expect(paragraph).to_have_text(typed)
    assert admin_page.evaluate("scrollY") == scroll
    admin_page.keyboard.type("!")
    expect(paragraph).to_have_text(f"{typed}!")
    admin_page.keyboard.press("Control+s")
    expect(admin_page.locator(".autosave-status")).to_have_text(re.compile("Saved at"))
    expect(admin_page.locator("form[aria-busy]")).to_have_count(0)
    post.refresh_from_db()
    assert f"<p>{typed}!</p>" in post.body
    for _ in range(60):
        admin_page.keyboard.press("Control+z")
    expect(paragraph).to_have_text("Paragraph 40.")
    assert not loads


def test_saving_in_full_screen_stays_there(admin_page: Page) -> None:
    post = make_post(status=Post.Status.DRAFT)
    open_post(admin_page, post)
    admin_page.get_by_role("button", name="Full screen").click()
    admin_page.locator(".ProseMirror").click()
    admin_page.keyboard.type("More. ")
    admin_page.keyboard.press("Control+s")
    expect(admin_page.locator("[data-autosave-status]")).to_have_text(re.compile("Saved at"))
    expect(admin_page.locator(".prose-editor.fullscreen")).to_be_visible()


def test_a_refused_save_names_the_field_and_keeps_the_text(admin_page: Page) -> None:
    post = make_post(body="<p>Old.</p>", status=Post.Status.DRAFT)
    open_post(admin_page, post)
    loads = count_loads(admin_page)
    admin_page.locator(".ProseMirror").click()
    admin_page.keyboard.press("Control+End")
    admin_page.keyboard.type(" New.")
    admin_page.get_by_text("Search engines", exact=True).click()
    admin_page.get_by_label("Canonical URL").fill("no URL")
    admin_page.get_by_text("Search engines", exact=True).click()
    admin_page.get_by_role("button", name="Save draft").click()
    summary = admin_page.locator(".errornote")
    expect(summary).to_contain_text("Enter a valid URL")
    expect(summary).to_be_focused()
    expect(admin_page.locator(".field-canonical_url .errorlist")).to_be_visible()
    summary.get_by_role("link", name="Canonical URL").click()
    field = admin_page.get_by_label("Canonical URL")
    expect(field).to_be_focused()
    field.fill("")
    admin_page.get_by_role("button", name="Save draft").click()
    expect(admin_page.get_by_text("Draft saved. Only people")).to_be_visible()
    expect(admin_page.locator(".errorlist, .errornote")).to_have_count(0)
    expect(admin_page.get_by_text("Draft saved. Only people")).to_be_hidden()
    assert not loads
    post.refresh_from_db()
    assert post.plain_text() == "Old. New."


def test_the_first_save_creates_one_draft_and_fills_in_its_slug(admin_page: Page) -> None:
    make_author()
    admin_page.goto(reverse("admin:blog_post_add"))
    loads = count_loads(admin_page)
    expect(admin_page.locator(".ProseMirror[contenteditable]")).to_be_visible()
    admin_page.locator("#id_title").fill("Hips at work")
    admin_page.keyboard.press("Enter")
    admin_page.keyboard.type("Sit less.")
    admin_page.keyboard.press("Control+s")
    expect(admin_page.get_by_text("Draft saved. Only people")).to_be_visible()
    post = Post.objects.get()
    assert (post.title, post.slug, post.plain_text()) == ("Hips at work", "hips-at-work", "Sit less.")
    expect(admin_page).to_have_url(re.compile(reverse("admin:blog_post_change", args=[post.pk])))
    expect(admin_page.locator("#id_slug")).to_have_value("hips-at-work")
    assert not loads


def test_a_save_without_a_server_keeps_the_text_and_can_be_repeated(admin_page: Page) -> None:
    post = make_post(body="<p>Old.</p>", status=Post.Status.DRAFT)
    open_post(admin_page, post)
    admin_page.locator(".ProseMirror").click()
    admin_page.keyboard.press("Control+End")
    admin_page.keyboard.type(" New.")
    admin_page.context.set_offline(True)
    admin_page.keyboard.press("Control+s")
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("Not saved: no connection")
    admin_page.context.set_offline(False)
    admin_page.keyboard.press("Control+s")
    expect(admin_page.get_by_text("Draft saved. Only people")).to_be_visible()
    post.refresh_from_db()
    assert post.plain_text() == "Old. New."


def test_a_save_whose_answer_got_lost_is_not_lost_and_can_be_repeated(admin_page: Page) -> None:
    post = make_post(body="<p>Old.</p>", status=Post.Status.DRAFT)
    open_post(admin_page, post)
    admin_page.locator(".ProseMirror").click()
    admin_page.keyboard.press("Control+End")
    admin_page.keyboard.type(" New.")

    def lose_answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch(max_redirects=0)
        route.abort()

    admin_page.route("**/change/", lose_answer)
    admin_page.keyboard.press("Control+s")
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("Not saved: no connection")
    admin_page.unroute("**/change/")
    admin_page.keyboard.type(" Newer.")
    admin_page.keyboard.press("Control+s")
    # The conflict would be with the author's own save.
    expect(admin_page.get_by_text("Draft saved. Only people").last).to_be_visible()
    expect(admin_page.locator(".notice--conflict")).to_have_count(0)
    post.refresh_from_db()
    assert post.plain_text() == "Old. New. Newer."


def test_tools_are_one_row_and_the_others_are_a_click_away(admin_page: Page) -> None:
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    post = make_post(status=Post.Status.DRAFT)
    open_post(admin_page, post)
    more = admin_page.get_by_role("button", name="More tools")
    expect(more).to_have_attribute("aria-expanded", "false")
    assert box(admin_page, ".prose-menubar")["height"] <= 52
    strike = admin_page.get_by_role("button", name="Strikethrough")
    expect(strike).to_be_hidden()
    more.click()
    expect(strike).to_be_visible()
    # The browser remembers what its author uses.
    open_post(admin_page, post)
    expect(strike).to_be_visible()
    expect(more).to_have_attribute("aria-expanded", "true")


def test_a_closed_group_shows_what_is_chosen_in_it(admin_page: Page) -> None:
    knees = make_category(name="Knees")
    post = make_post(status=Post.Status.DRAFT, primary_category=knees, excerpt="A walk a day.")
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    open_post(admin_page, post)

    def value(group: str) -> Locator:
        return admin_page.locator("summary", has_text=group).locator(".group-value")

    expect(value("Categories and tags")).to_contain_text("Knees")
    expect(value("Excerpt and TL;DR")).to_have_text("A walk a day.")
    admin_page.locator("summary", has_text="Excerpt and TL;DR").click()
    admin_page.get_by_label("Excerpt:").fill("Two walks a day.")
    admin_page.locator("summary", has_text="Excerpt and TL;DR").click()
    expect(value("Excerpt and TL;DR")).to_have_text("Two walks a day.")


def test_tags_are_chips_and_known_ones_are_suggested(admin_page: Page) -> None:
    make_post(slug="other", tags=["knee pain"])
    post = make_post(status=Post.Status.DRAFT, tags=["stairs"])
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    open_post(admin_page, post)
    admin_page.locator("summary", has_text="Categories and tags").click()
    field = admin_page.get_by_placeholder("Add a tag")
    field.click()
    expect(admin_page.locator("datalist option[value='knee pain']")).to_have_count(1)
    admin_page.keyboard.type("knee pain")
    admin_page.keyboard.press("Enter")
    expect(admin_page.locator(".tag-chips li")).to_have_count(2)
    admin_page.get_by_role("button", name="Remove stairs").click()
    expect(field).to_be_focused()
    admin_page.keyboard.press("Control+s")
    expect(admin_page.get_by_text("Draft saved. Only people")).to_be_visible()
    assert [tag.name for tag in post.tags.all()] == ["knee pain"]


# ---- Phones --------------------------------------------------------------------------------------


def test_the_line_being_typed_is_visible_on_a_phone_with_a_keyboard(admin_page: Page) -> None:
    admin_page.set_viewport_size({"width": 390, "height": 420})
    open_post(admin_page, make_post(body="<p>First.</p>", status=Post.Status.DRAFT))
    admin_page.locator(".ProseMirror p").click()
    admin_page.keyboard.press("Control+End")
    bar, tools = box(admin_page, ".editor-bar"), box(admin_page, ".prose-menubar")
    assert bar["height"] <= 48
    assert tools["height"] <= 56
    assert tools["y"] + tools["height"] == 420
    assert admin_page.evaluate("document.documentElement.scrollWidth") <= 390
    for number in range(40):
        admin_page.keyboard.press("Enter")
        admin_page.keyboard.type(f"Line {number}")
        line = box(admin_page, f".ProseMirror > p:nth-child({number + 2})")
        assert line["y"] >= bar["y"] + bar["height"], number
        assert line["y"] + line["height"] <= tools["y"], number
    admin_page.get_by_role("button", name="Keyboard help").click()
    expect(admin_page.get_by_role("dialog").get_by_text("Find and replace")).to_be_visible()


def test_settings_are_a_sheet_on_a_phone(admin_page: Page) -> None:
    admin_page.set_viewport_size({"width": 390, "height": 844})
    open_post(admin_page, make_post(status=Post.Status.DRAFT))
    panel = admin_page.locator(".editor-panel")
    expect(panel).to_be_hidden()
    admin_page.get_by_role("button", name="Settings", exact=True).click()
    expect(panel).to_be_focused()
    panel.get_by_text("Excerpt and TL;DR", exact=True).click()
    panel.get_by_label("Excerpt:").fill("Short.")
    admin_page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(admin_page.get_by_role("button", name="Settings", exact=True)).to_be_focused()


# ---- The checklist -------------------------------------------------------------------------------


def test_the_checklist_follows_the_text_and_leads_to_the_place(admin_page: Page) -> None:
    image = make_image(title="Bare", alt="")
    body = f'<h2>One</h2><h4>Deep</h4><p>End.</p><figure><img data-image="{image.pk}"></figure>'
    open_post(admin_page, make_post(body=body, status=Post.Status.DRAFT, excerpt=""))
    loads = count_loads(admin_page)
    checklist = admin_page.locator("[data-checklist]")
    checklist.locator("summary").click()
    checklist.get_by_role("link", name="Write an excerpt").click()
    expect(admin_page.get_by_label("Excerpt:")).to_be_focused()
    admin_page.keyboard.type("How to walk.")
    expect(checklist.get_by_role("link", name="Write an excerpt")).to_have_count(0)
    expect(checklist).to_have_attribute("open", "")
    checklist.get_by_role("link", name="Change “Deep”").click()
    admin_page.keyboard.type("Deeper")
    expect(admin_page.locator(".ProseMirror h4")).to_have_text("Deeper")
    checklist.get_by_role("link", name="Describe the image").click()
    admin_page.locator("dialog[open]").get_by_role("textbox").fill("A knee")
    admin_page.locator("dialog[open]").get_by_role("button", name="Save").click()
    expect(checklist.get_by_role("link", name="Describe the image")).to_have_count(0)
    assert not loads


# ---- Publishing ----------------------------------------------------------------------------------


def test_a_refused_publication_says_so_in_the_dialog_and_leads_to_the_place(admin_page: Page) -> None:
    post = make_post(body='<p><a href="#">here</a></p>', status=Post.Status.DRAFT, published_at=None)
    open_post(admin_page, post)
    admin_page.get_by_role("button", name="Publish …").click()
    dialog = admin_page.locator("dialog[open]")
    expect(dialog.get_by_role("link", name="Add a URL to the link")).to_be_visible()
    dialog.get_by_role("button", name="Publish now").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Not published. Text: Add a URL to the link")
    post.refresh_from_db()
    assert post.status_label == "Draft"
    dialog.get_by_role("link", name="Add a URL to the link").click()
    expect(dialog).to_be_hidden()
    assert admin_page.evaluate("getSelection().toString()") == "here"


def test_the_text_of_a_refused_post_does_not_return_in_the_next_new_one(admin_page: Page) -> None:
    make_author()
    admin_page.goto(reverse("admin:blog_post_add"))
    admin_page.locator(".ProseMirror[contenteditable]").click()
    admin_page.keyboard.type("Words without a title.")
    admin_page.get_by_role("button", name="Publish …").click()
    admin_page.locator("dialog[open]").get_by_role("button", name="Publish now").click()
    expect(admin_page.locator("dialog[open]").get_by_role("alert")).to_contain_text("Not published.")
    # In the same tab, and in another one of the same browser.
    admin_page.goto(reverse("admin:blog_post_add"))
    other = admin_page.context.new_page()
    other.goto(reverse("admin:blog_post_add"))
    for page in (admin_page, other):
        expect(page.locator(".ProseMirror[contenteditable]")).to_be_visible()
        page.wait_for_timeout(500)
        assert page.url.endswith(reverse("admin:blog_post_add"))
        expect(page.locator(".ProseMirror")).not_to_contain_text("Words")
    # It is where it belongs.
    open_post(admin_page, Post.objects.get())
    expect(admin_page.locator(".ProseMirror")).to_have_text("Words without a title.")


def test_after_publishing_the_dialog_shows_the_link(admin_page: Page) -> None:
    post = make_post(slug="stairs", status=Post.Status.DRAFT, published_at=None)
    open_post(admin_page, post)
    admin_page.get_by_role("button", name="Publish …").click()
    expect(admin_page.get_by_text("No email is sent automatically.")).to_be_visible()
    admin_page.get_by_role("button", name="Publish now").click()
    dialog = admin_page.locator("dialog[open]")
    expect(dialog.get_by_role("heading", name="Published")).to_be_focused()
    expect(dialog.get_by_text("No email is sent automatically.")).to_be_visible()
    expect(dialog.get_by_label("Link")).to_have_value(re.compile("/stairs/$"))
    expect(dialog.get_by_role("link", name="View post")).to_have_attribute("href", re.compile("/stairs/$"))
    dialog.get_by_role("button", name="Keep editing").click()
    expect(admin_page.get_by_role("button", name="Save changes")).to_be_visible()
    post.refresh_from_db()
    assert post.is_published


# ---- Accessibility -------------------------------------------------------------------------------


def test_forms_of_texts_are_accessible(admin_page: Page) -> None:
    post = make_post(body='<p>Read more <a href="#">here</a> and there.</p>', status=Post.Status.DRAFT, tags=["knee"])
    pages = {
        "post": reverse("admin:blog_post_change", args=[post.pk]),
        "page": reverse("admin:pages_page_change", args=[make_page().pk]),
        "campaign": reverse("admin:newsletter_campaign_change", args=[make_campaign(status="draft").pk]),
    }
    found: dict[str, list[str]] = {}
    for name, path in pages.items():
        admin_page.goto(path)
        expect(admin_page.locator(".ProseMirror[contenteditable]")).to_be_visible()
        admin_page.evaluate("for (const group of document.querySelectorAll('.editor-panel details')) group.open = true")
        for scheme, width in (("light", 1280), ("dark", 390)):
            admin_page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            admin_page.set_viewport_size({"width": width, "height": 844})
            if width == 390:
                admin_page.get_by_role("button", name="Settings", exact=True).click()
            found[f"{name}, {scheme}"] = violations(admin_page)
    admin_page.set_viewport_size({"width": 1280, "height": 844})
    admin_page.goto(pages["post"])
    admin_page.get_by_role("button", name="Publish …").click()
    expect(admin_page.locator("dialog[open]").get_by_role("link", name="Add a URL")).to_be_visible()
    found["dialog"] = violations(admin_page)
    assert {name: problems for name, problems in found.items() if problems} == {}
