"""Reading a post: its table of contents, its images shown large, the sidebar beside it, the form within it."""

import pytest
from django.test import Client
from django.utils.safestring import mark_safe
from playwright.sync_api import Page, expect

from ads.models import Ad
from audit.accessibility import violations
from richtext.placement import insert_after_paragraph
from richtext.rendering import render
from siteinfo.models import SiteInfo
from tests.evidence.factories import cite, make_source
from tests.example_site import get_page
from tests.exercises.factories import embed, make_exercise
from tests.factories import make_author, make_image, make_post

WORDS = f"<p>{'Words about stairs and knees. ' * 60}</p>"
CHAPTERS = "".join(f"<h2>Chapter {number}</h2>{WORDS}" for number in range(6))


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_table_of_contents_marks_the_section_being_read(page: Page) -> None:
    make_post(slug="long", body=CHAPTERS)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/long/")
    current = page.locator(".widget--toc [aria-current]")
    expect(current).to_have_count(0)
    page.get_by_role("heading", name="Chapter 3").evaluate("each => each.scrollIntoView()")
    expect(current).to_have_text("Chapter 3")
    expect(current).to_be_in_viewport()
    page.get_by_role("heading", name="Chapter 5").evaluate("each => each.scrollIntoView()")
    expect(current).to_have_text("Chapter 5")
    assert violations(page) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_table_of_contents_in_the_text_closes_after_a_jump_on_phones(page: Page) -> None:
    make_post(slug="long", body=CHAPTERS)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/long/")
    link = page.locator(".toc a", has_text="Chapter 4")
    expect(link).to_be_hidden()
    page.locator(".toc summary").click()
    link.click()
    expect(link).to_be_hidden()
    expect(page.get_by_role("heading", name="Chapter 4")).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(link).to_be_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("body", [CHAPTERS, WORDS * 12], ids=["with contents", "without contents"])
def test_something_stays_in_sight_beside_a_long_post(page: Page, body: str) -> None:
    make_post(slug="long", body=body, author=make_author(short_bio="Helps people move."))
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/long/")
    page.locator(".prose > :last-child").evaluate("each => each.scrollIntoView({block: 'center'})")
    visible = """() => [...document.querySelectorAll(".sidebar > *")].some((each) => {
      const { top, bottom } = each.getBoundingClientRect()
      return bottom > 100 && top < innerHeight - 100
    })"""
    page.wait_for_function(visible)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_images_open_large_and_are_browsed_by_keyboard(page: Page) -> None:
    first, second = make_image(width=900, height=600, alt="A bridge"), make_image(width=600, height=900, alt="A lunge")
    body = f'<figure><img data-image="{first.pk}"><figcaption>Hips high.</figcaption></figure>'
    make_post(slug="images", body=f'{body}<figure><img data-image="{second.pk}"></figure>')
    page.goto("/images/")
    button = page.get_by_role("button", name="Enlarge image: A bridge")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Hips high.")
    expect(dialog.get_by_role("status")).to_have_text("Image 1 of 2")
    assert violations(page) == []
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img", name="A lunge")).to_be_visible()
    expect(dialog).not_to_contain_text("Hips high.")
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("img", name="A bridge")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_dates_are_above_the_fold_on_a_phone(page: Page) -> None:
    make_post(slug="long", title="A title of several words " * 6, excerpt="An excerpt of several words. " * 12)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/long/")
    expect(page.locator(".post-head time").first).to_be_in_viewport()


@pytest.mark.django_db
def test_the_sign_up_form_is_within_posts_if_the_owner_wants_it(client: Client) -> None:
    site = SiteInfo.objects.create(name="Move")
    make_post(slug="long", body=CHAPTERS)
    make_post(slug="short", body=WORDS)

    def forms(path: str) -> list[str]:
        prose = "//div[@class='prose']"
        page = get_page(client, path)
        return page.xpath(f"{prose}//form/following::h2[1]/text() | {prose}//form//input[@name='location']/@value")

    assert forms("/long/") == []
    for paragraph in (1, 3):
        site.signup_paragraph = paragraph
        site.save()
        assert forms("/long/") == ["text", f"Chapter {paragraph}"]
        assert forms("/short/") == []


PLACES = [
    ("<p>1</p>|<p>2</p>", 1),
    ("<p>1</p><p>2</p>|<p>3</p>", 2),
    ('<p>1</p>|<h2 id="a">A</h2><p>2</p>', 1),
    ('<h2 id="a">A</h2><p>1</p>|<p>2</p>', 1),
    # Not before what a paragraph announces, nor inside or right before lists, callouts, tables and images.
    ("<p>1:</p><p>2</p>|<p>3</p>", 1),
    ("<p>1</p><ul><li><p>a</p></li><li><p>b</p></li></ul>|<p>2</p>", 1),
    ("<p>1</p><ul><li><p>a</p></li><li><p>b</p></li></ul><p>2</p>|<p>3</p>", 2),
    ('<aside data-callout="tip"><p>a</p><p>b</p></aside><p>1</p>|<p>2</p>', 1),
    ("<blockquote><p>a</p><p>b</p></blockquote><p>1</p>|<p>2</p>", 1),
    ("<details><summary>a</summary><p>b</p><p>c</p></details><p>1</p>|<p>2</p>", 1),
    ('<p data-button><a href="/a/">a</a></p><p>1</p>|<p>2</p>', 1),
    # Not at the end, where the post's own form follows.
    ("<p>1</p>", 1),
    ("<p>1</p><p>2</p>", 2),
    ("<p>1</p><ul><li>a</li></ul>", 1),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("text", "number"), PLACES)
def test_the_form_interrupts_between_two_blocks_only(text: str, number: int) -> None:
    rendered = render(text.replace("|", ""))
    found = insert_after_paragraph(rendered, number, mark_safe("|"))
    assert found.replace("|\n", "") == rendered
    expected = [render(part) for part in text.split("|")]
    if len(expected) == 2:
        assert found == "\n|\n".join(expected)
    else:
        assert found == rendered


@pytest.mark.django_db
def test_a_card_of_an_exercise_stays_whole_and_unchanged() -> None:
    card = embed(make_exercise(images=(make_image(),)))
    rendered = render(f"<p>1</p>{card}<p>2</p><p>3</p>")
    found = insert_after_paragraph(rendered, 1, mark_safe("|"))
    assert found.replace("|\n", "") == rendered
    assert found.endswith("|\n<p>2</p>\n<p>3</p>")


@pytest.mark.django_db
@pytest.mark.parametrize(("excerpt", "shown"), [("Rest helps, a little.", []), ("In a word.", ["In a word."])])
def test_an_excerpt_with_which_the_text_begins_is_not_shown_twice(
    client: Client, excerpt: str, shown: list[str]
) -> None:
    make_post(slug="teaser", excerpt=excerpt, body="<p>Rest <b>helps</b>, a little.</p><p>More words.</p>")
    page = get_page(client, "/teaser/")
    assert page.xpath("//p[@class='standfirst']/text()") == shown


@pytest.mark.django_db
def test_the_name_under_the_title_leads_to_its_author(client: Client) -> None:
    make_post(slug="stairs", author=make_author(name="Robin Ray", slug="robin", credentials="PT, DPT"))
    names = get_page(client, "/stairs/").xpath("//header[contains(@class, 'post-head')]//p[@class='meta']//a")
    assert [(name.text, name.get("href")) for name in names] == [("Robin Ray, PT, DPT", "/author/robin/")]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_printed_post_is_its_text_without_buttons_and_ads(page: Page) -> None:
    Ad.objects.create(name="Hosting", text="Fast hosting", url="https://shop.example/", placement="after-post")
    gallery = f"<figure>{f"<img data-image='{make_image().pk}'>" * 5}</figure>"
    make_post(slug="stairs", body=f"<p>Stand up slowly.{cite(make_source())}</p>{embed(make_exercise())}{gallery}")
    page.goto("/stairs/")
    on_screens_only = page.locator(".home-program, .ad, .back-links, .exercise-foot, .share, .feedback")
    expect(on_screens_only.filter(visible=True)).to_have_count(6)
    page.emulate_media(media="print")
    expect(on_screens_only.filter(visible=True)).to_have_count(0)
    # A large first image would leave half a sheet empty.
    images = page.locator(".gallery img")
    widths = [round((images.nth(number).bounding_box() or {"width": 0})["width"]) for number in (0, 1, 4)]
    assert widths[0] == widths[1] == widths[2] > 0
    for text in ("Stand up slowly.", "Lift your hips.", "Walking and backs"):
        expect(page.get_by_text(text).filter(visible=True).first).to_be_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "css"), [("/blog/", ".entry .image"), ("/figure/", ".prose img")])
def test_black_drawings_on_a_transparent_ground_are_seen_in_dark_mode(page: Page, path: str, css: str) -> None:
    image = make_image()
    make_post(slug="figure", featured_image=image, body=f'<figure><img data-image="{image.pk}"></figure>')
    page.emulate_media(color_scheme="dark")
    page.goto(path)
    ground = page.locator(css).first.evaluate("each => getComputedStyle(each).backgroundColor")
    assert min(map(int, ground.removeprefix("rgb(").removesuffix(")").split(", "))) > 200
