"""“Where does it hurt?”: the drawing and its links, and the pages of body regions, conditions and goals."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml.html import HtmlElement
from playwright.sync_api import Page, expect

from audit.accessibility import violations
from blog.internal_links import broken_reasons
from blog.models import Post
from exercises.models import BodyRegion, Condition, Exercise, ExerciseImage, Goal
from siteinfo.models import SiteInfo
from tests.evidence.factories import set_disclaimer
from tests.example_site import get_page
from tests.exercises.factories import assign, make_exercise, make_region
from tests.factories import make_image, make_post
from tests.structured_data import node_of_type, nodes_by_id

pytestmark = pytest.mark.django_db
INDEX = "/where-does-it-hurt/"
KNEE = f"{INDEX}knee/"


def make_content() -> tuple[Post, Post, Exercise]:
    """Create two posts and an exercise about knees: one post and the exercise for stairs, one post about arthritis."""
    stairs, worn = make_post(title="Stairs", slug="stairs"), make_post(title="Worn knees", slug="worn")
    bridge = make_exercise(name="Bridge", slug="bridge")
    make_region("Knee", stairs, worn, bridge, parts=["knee"], introduction="Knees creak.")
    assign(Goal.objects.create(name="Climb stairs"), stairs, bridge)
    assign(Condition.objects.create(name="Arthritis"), worn)
    return stairs, worn, bridge


def titles(page: HtmlElement) -> list[str]:
    """Return the titles of the posts and the names of the exercises that a page lists."""
    links = page.xpath("//main//article//h3/a | //main//li[@class='exercise-tile']//a")
    return sorted(link.text_content() for link in links)


def test_without_content_there_is_no_page_and_no_link(client: Client) -> None:
    make_region("Knee", make_post(status="draft"), make_exercise(status="draft"))
    for path in (INDEX, KNEE):
        assert client.get(path).status_code == 404
    assert INDEX not in client.get("/").content.decode()
    assert INDEX not in client.get("/sitemap-finder.xml").content.decode()
    assert set(broken_reasons({"where-does-it-hurt", "where-does-it-hurt/knee"})) == {
        "where-does-it-hurt",
        "where-does-it-hurt/knee",
    }


def test_the_drawing_and_the_list_lead_to_the_same_pages(client: Client) -> None:
    post = make_post()
    make_region("Knee", post, parts=["knee", "shin"])
    make_region("Sleep", post, parts=[])
    page = get_page(client, INDEX)
    listed = [(link.text_content(), link.get("href")) for link in page.xpath("//ul[@class='body-list']//a")]
    drawn = [(link.xpath("string(text)"), link.get("href")) for link in page.xpath("//*[@class='body-link']")]
    assert listed == [("Knee", KNEE), ("Sleep", f"{INDEX}sleep/")]
    assert drawn == [("Knee", KNEE)]
    shapes = page.xpath("//*[@class='body-link']/use/@href")
    others = page.xpath("//*[@class='body-rest']/use/@href")
    assert shapes == ["#body-knee", "#body-shin"]
    assert set(page.xpath("//defs/g/@id")) == {each.removeprefix("#") for each in (*shapes, *others)}
    assert get_page(client, KNEE).xpath("string(//h1)") == "Knee"


def test_a_region_without_a_part_of_the_drawing_is_a_plain_link(client: Client) -> None:
    make_region("Sleep", make_post())
    page = get_page(client, INDEX)
    assert not page.xpath("//main//*[@class='body-map']")
    assert page.xpath(f"//main//a[@href='{INDEX}sleep/']")


def test_a_part_of_two_regions_leads_to_the_first(client: Client) -> None:
    post = make_post()
    make_region("Hip", post, parts=["hip"], position=2)
    make_region("Pelvis", post, parts=["hip"], position=1)
    page = get_page(client, INDEX)
    assert page.xpath("//*[@class='body-link'][use]/@href") == [f"{INDEX}pelvis/"]


def test_red_flags_come_before_exercises_and_posts(client: Client) -> None:
    make_content()
    SiteInfo.objects.create(name="Clinic", help_line="Call at once if it frightens you.")
    set_disclaimer("Not advice.")
    text = get_page(client, KNEE).xpath("//main")[0].text_content()
    order = ["Knees creak.", "It gave way.", "It is hot and swollen.", "Bridge", "Worn knees", "Stairs", "Not advice."]
    places = [text.index(each) for each in order]
    assert places == sorted(places)
    assert text.count("Not advice.") == 1
    assert "Call at once" not in text


def test_a_region_without_red_flags_shows_when_to_get_help(client: Client) -> None:
    SiteInfo.objects.create(name="Clinic", help_line="Call at once if it frightens you.")
    make_region("Knee", make_post(), red_flags="")
    assert "Call at once" in get_page(client, KNEE).xpath("string(//main//aside)")


def test_a_region_is_narrowed_down_by_plain_links(client: Client) -> None:
    make_content()
    page = get_page(client, KNEE)
    assert titles(page) == ["Bridge", "Stairs", "Worn knees"]
    links = {link.text_content(): link for link in page.xpath("//nav[@class='category-filter']//a")}
    assert [links[name].get("href") for name in ("Arthritis", "Climb stairs")] == [
        f"{KNEE}?condition=arthritis",
        f"{KNEE}?goal=climb-stairs",
    ]
    narrowed = get_page(client, f"{KNEE}?goal=climb-stairs")
    assert titles(narrowed) == ["Bridge", "Stairs"]
    current = narrowed.xpath("//nav[@class='category-filter']//a[@aria-current='true']/text()")
    assert current == ["All", "Climb stairs"]
    assert narrowed.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert page.xpath("//meta[@name='robots']/@content") != ["noindex"]
    assert narrowed.xpath("//link[@rel='canonical']/@href") == [f"http://testserver{KNEE}"]
    nothing = get_page(client, f"{KNEE}?goal=climb-stairs&condition=arthritis")
    assert titles(nothing) == []
    assert nothing.xpath("//p[@class='empty']/a/@href") == [KNEE]


@pytest.mark.parametrize("query", ["condition=gout", "goal=fly", "region=knee&goal=x", "page=0", "page=9"])
def test_what_no_link_offers_is_not_found(client: Client, query: str) -> None:
    make_content()
    assert client.get(f"{KNEE}?{query}").status_code == 404


def test_conditions_and_goals_have_pages_narrowed_down_by_region(client: Client) -> None:
    stairs, *_ = make_content()
    make_region("Hip", stairs)
    assert titles(get_page(client, f"{INDEX}condition/arthritis/")) == ["Worn knees"]
    goal = f"{INDEX}goal/climb-stairs/"
    assert titles(get_page(client, goal)) == ["Bridge", "Stairs"]
    assert titles(get_page(client, f"{goal}?region=hip")) == ["Stairs"]
    index = get_page(client, INDEX)
    assert index.xpath("//div[@class='category-links']//a/text()") == ["Arthritis", "Climb stairs"]


def test_later_pages_keep_the_choice_and_repeat_no_exercises(client: Client) -> None:
    goal = Goal.objects.create(name="Walk")
    posts = [make_post(title=f"Walk {number}") for number in range(12)]
    exercise = make_exercise(name="March")
    make_region("Knee", exercise, *posts)
    assign(goal, exercise, *posts)
    first = get_page(client, f"{KNEE}?goal=walk")
    (following,) = first.xpath("//a[@rel='next']/@href")
    assert following == f"{KNEE}?goal=walk&page=2"
    assert len(titles(first)) == 11
    assert len(titles(get_page(client, following))) == 2


def test_a_change_shows_at_once(client: Client) -> None:
    stairs, worn, bridge = make_content()
    get_page(client, KNEE)
    worn.body_regions.clear()
    assert titles(get_page(client, KNEE)) == ["Bridge", "Stairs"]
    Exercise.objects.filter(pk=bridge.pk).update(status="draft")
    assert titles(get_page(client, KNEE)) == ["Stairs"]
    stairs.body_regions.clear()
    assert client.get(KNEE).status_code == 404


def test_the_number_of_queries_does_not_grow(client: Client) -> None:
    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            # The page cache stores no pages with other parameters.
            assert client.get(f"{path}?unknown=1").status_code == 200
        return len(queries)

    image = make_image()
    stairs, _, bridge = make_content()
    Post.objects.filter(pk=stairs.pk).update(featured_image=image)
    ExerciseImage.objects.create(exercise=bridge, image=image)
    paths = (INDEX, KNEE, f"{INDEX}goal/climb-stairs/", "/exercises/bridge/")
    counts = [{path: count(path) for path in paths} for _ in range(2)][-1]
    knee, goal, condition = BodyRegion.objects.get(), Goal.objects.get(), Condition.objects.get()
    for number in range(9):
        post, exercise = make_post(featured_image=image), make_exercise(images=(image,))
        for entry in (knee, goal, condition, Goal.objects.create(name=f"Goal {number}")):
            assign(entry, post, exercise)
        make_region(f"Region {number}", post, exercise, Exercise.objects.get(slug="bridge"))
    assert [{path: count(path) for path in paths} for _ in range(2)][-1] == counts


def test_structured_data_names_the_part_of_the_body(client: Client) -> None:
    make_region("Lower back", make_post(), anatomical_name="Lumbar region")
    page = get_page(client, f"{INDEX}lower-back/")
    webpage = node_of_type(page, "MedicalWebPage")
    (about,) = webpage["about"]
    subject = nodes_by_id(page)[about["@id"]]
    assert (subject["@type"], subject["name"], subject["alternateName"]) == (
        "AnatomicalStructure",
        "Lumbar region",
        "Lower back",
    )
    trail = node_of_type(page, "BreadcrumbList")["itemListElement"]
    assert [item["name"] for item in trail] == ["Home", "Where does it hurt?", "Lower back"]


def test_structured_data_lists_the_regions_of_the_page(client: Client) -> None:
    post = make_post()
    for name in ("Knee", "Hip"):
        make_region(name, post)
    page = get_page(client, INDEX)
    listed = [
        item["url"].removeprefix("http://testserver") for item in node_of_type(page, "ItemList")["itemListElement"]
    ]
    assert listed == page.xpath("//ul[@class='body-list']//a/@href")
    assert node_of_type(page, "CollectionPage")["mainEntity"]["@id"] == f"http://testserver{INDEX}#regions"


def test_the_sitemap_has_every_page(client: Client) -> None:
    make_content()
    sitemap = client.get("/sitemap-finder.xml").content.decode()
    for path in (INDEX, KNEE, f"{INDEX}condition/arthritis/", f"{INDEX}goal/climb-stairs/"):
        assert f"<loc>http://testserver{path}</loc>" in sitemap


def test_an_exercise_shows_the_red_flags_of_its_regions_and_the_disclaimer_once(client: Client) -> None:
    bridge = make_exercise(slug="bridge")
    make_region("Knee", bridge)
    make_region("Hip", bridge, red_flags="It is hot and swollen.\nYou fell.")
    set_disclaimer("Not advice.")
    main = get_page(client, "/exercises/bridge/").xpath("//main")[0]
    signs = [item.text_content() for item in main.xpath(".//aside[contains(@class, 'red-flags')]//li")]
    assert sorted(signs) == ["It gave way.", "It is hot and swollen.", "You fell."]
    assert main.text_content().count("Not advice.") == 1
    assert {link.text_content() for link in main.xpath(".//p[@class='meta']//a")} == {"Knee", "Hip"}
    set_disclaimer("Still not advice.")
    assert "Still not advice." in client.get("/exercises/bridge/").content.decode()


def test_an_exercise_for_several_regions_shows_the_gravest_sign_of_each_and_folds_the_rest(client: Client) -> None:
    bridge = make_exercise(slug="bridge")
    for position, name in enumerate(("Back", "Hip", "Knee")):
        signs = "\n".join(f"{name} sign {number}." for number in (1, 2, 3))
        make_region(name, bridge, position=position, red_flags=signs)
    flags = get_page(client, "/exercises/bridge/").xpath("//aside[contains(@class, 'red-flags')]")[0]
    assert flags.xpath("ul/li/text()") == ["Back sign 1.", "Hip sign 1.", "Knee sign 1.", "Back sign 2."]
    assert flags.xpath("details/summary/text()") == ["5 more signs"]
    assert flags.xpath("details/ul/li/text()") == [
        "Hip sign 2.",
        "Knee sign 2.",
        "Back sign 3.",
        "Hip sign 3.",
        "Knee sign 3.",
    ]


def test_a_post_leads_to_its_regions_conditions_and_goals(client: Client) -> None:
    stairs, *_ = make_content()
    knee, goal = BodyRegion.objects.get(), Goal.objects.get()

    def more_about() -> list[tuple[str, str]]:
        links = get_page(client, "/stairs/").xpath("//p[contains(., 'More about')]/a")
        return [(link.text, link.get("href")) for link in links]

    assert more_about() == [("Knee", KNEE), ("Climb stairs", f"{INDEX}goal/climb-stairs/")]
    page = get_page(client, "/stairs/")
    (about,) = node_of_type(page, "WebPage")["about"]
    assert nodes_by_id(page)[about["@id"]]["@type"] == "AnatomicalStructure"
    stairs.body_regions.remove(knee)
    assert more_about() == [("Climb stairs", f"{INDEX}goal/climb-stairs/")]
    assert "about" not in node_of_type(get_page(client, "/stairs/"), "WebPage")
    stairs.goals.remove(goal)
    assert more_about() == []


@pytest.mark.django_db(transaction=True)
def test_the_body_and_its_links_are_rendered_once_until_something_changes(client: Client) -> None:
    post = make_post()
    knee = make_region("Knee", post, parts=["knee"])
    # The page cache stores no pages with other parameters.
    path = f"{INDEX}?unknown=1"
    get_page(client, path)
    with CaptureQueriesContext(connection) as queries:
        get_page(client, path)
    assert [query["sql"] for query in queries if "bodyregion" in query["sql"]] == []
    make_region("Neck", post, parts=["neck"])
    assert get_page(client, path).xpath("//ul[@class='body-list']//a/text()") == ["Knee", "Neck"]
    post.body_regions.remove(knee)
    assert get_page(client, path).xpath("//ul[@class='body-list']//a/text()") == ["Neck"]
    Post.objects.update(status=Post.Status.DRAFT)
    assert client.get(path).status_code == 404


def test_the_menu_and_the_home_page_show_it_once_it_has_content(client: Client) -> None:
    region = make_region("Knee", parts=["knee"])
    assert INDEX not in client.get("/").content.decode()
    assign(region, make_post())
    home = get_page(client, "/")
    assert home.xpath(f"//ul[@class='menu']//a[@href='{INDEX}']/text()") == ["Where does it hurt?"]
    section = home.xpath("//section[.//*[@class='body-map']]")[0]
    assert section.xpath("string(.//h2)") == "Where does it hurt?"
    assert section.xpath(f".//ul[@class='body-list']//a[@href='{KNEE}']")
    button = home.xpath("//*[@class='actions']/a")[0]
    assert (button.text, button.get("href")) == ("Where does it hurt?", f"#{section.xpath('.//h2/@id')[0]}")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sore knee", ["Knee"]),
        ("KNEES", ["Knee"]),
        ("lower back pain", ["Lower back"]),
        ("back", ["Lower back", "Neck and upper back"]),
        ("and", []),
        ("-knee sleep", []),
    ],
)
def test_a_search_that_names_a_region_leads_to_its_page(client: Client, query: str, names: list[str]) -> None:
    post = make_post()
    for name in ("Neck and upper back", "Lower back", "Knee"):
        make_region(name, post)
    make_region("Sleep", make_post(status="draft"))
    page = get_page(client, f"/search/?q={query}")
    assert page.xpath("//div[@class='category-links']//a/text()") == names


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_drawing_works_by_keyboard_and_pointer(page: Page, scheme: str) -> None:
    post = make_post()
    make_region("Knee", post, parts=["knee"])
    make_region("Neck", post, parts=["neck"])
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.goto(INDEX)
    knee = page.locator(".body-map").get_by_role("link", name="Knee")
    listed = page.locator(".body-list").get_by_role("link", name="Knee")
    name = knee.locator("text")
    expect(name).to_have_css("opacity", "0")
    before = knee.evaluate("link => getComputedStyle(link).fill")
    listed_before = listed.evaluate("link => getComputedStyle(link).color")
    listed.hover()
    expect(name).to_have_css("opacity", "1")
    expect(knee).not_to_have_css("fill", before)
    page.get_by_role("heading", level=1).hover()
    expect(name).to_have_css("opacity", "0")
    knee.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(knee).to_be_focused()
    expect(name).to_have_css("opacity", "1")
    expect(knee).not_to_have_css("fill", before)
    expect(listed).not_to_have_css("color", listed_before)
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"{KNEE}$"))
    assert violations(page) == []
    page.go_back()
    drawing = page.locator(".body-map")
    box = drawing.bounding_box()
    assert box
    # The neck of the figure at the left.
    drawing.click(position={"x": box["width"] / 4, "y": box["height"] * 92 / 712})
    expect(page.get_by_role("heading", level=1)).to_have_text("Neck")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_forced_colors_show_the_links_of_the_drawing(page: Page) -> None:
    make_region("Knee", make_post(), parts=["knee"])
    page.emulate_media(forced_colors="active")
    page.goto(INDEX)
    fills = page.evaluate(
        "[...document.querySelectorAll('.body-link, .body-rest')].map(each => getComputedStyle(each).fill)"
    )
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert len(fills) == 2
    assert [fill == background for fill in fills].count(True) == 1
