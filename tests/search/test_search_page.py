"""The search page: calm when empty, friendly when nothing is found, never failing."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import html
from lxml.html import HtmlElement

from tests.factories import make_category, make_post

pytestmark = pytest.mark.django_db


def tree(client: Client, **asked: str) -> HtmlElement:
    """The page for these parameters."""
    response = client.get("/search/", asked)
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def text(page: HtmlElement) -> str:
    """What the main part says."""
    return " ".join(page.find(".//main").text_content().split())


@pytest.mark.parametrize("asked", [{}, {"q": ""}, {"q": "   "}])
def test_without_a_question_there_is_a_box_with_topics(reader: Client, asked: dict[str, str]) -> None:
    topic = make_category(name="Pain")
    make_post(categories=[topic])
    page = tree(reader, **asked)
    assert page.findtext(".//h1") == "Search"
    assert topic.get_absolute_url() in page.find(".//main").xpath(".//a/@href")
    (box,) = page.xpath("//main//form[@role='search']//input[@type='search']")
    assert box.get("id") in page.xpath("//main//label/@for")
    assert box.get("value") == ""


def test_a_search_page_asks_engines_not_to_keep_it_and_sets_no_cookie(reader: Client) -> None:
    make_post(body="<p>femur</p>")
    response = reader.get("/search/", {"q": "femur"})
    assert response["X-Robots-Tag"] == "noindex"
    assert html.fromstring(response.content).xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert not response.cookies


def test_the_question_stays_in_the_box_and_is_never_markup(reader: Client) -> None:
    typed = "\"femur\" <script>alert(1)</script> & 'x'"
    page = tree(reader, q=typed)
    (box,) = page.xpath("//main//form[@role='search']//input[@type='search']")
    assert box.get("value") == typed
    assert not page.xpath("//main//script")


def test_what_is_found_is_shown_marked_with_topics_to_narrow_it_down(reader: Client) -> None:
    pain, best = make_category(name="Pain", slug="pain"), make_category(name="Best", slug="best")
    post = make_post(title="It", body="<p>About femurs.</p>", categories=[pain])
    make_post(title="Other", body="<p>A femur.</p>", categories=[best])
    page = tree(reader, q="femur")
    assert "2 results" in text(page)
    assert [mark.text for mark in page.iter("mark")] == ["femur", "femurs"]
    assert post.get_absolute_url() in page.xpath("//article//h2/a/@href")
    (narrow,) = [address for address in page.xpath("//main//nav//a/@href") if "topic=pain" in address]
    narrowed = html.fromstring(reader.get(f"/search/{narrow}").content)
    assert narrowed.xpath("//article//h2/a/text()") == ["It"]
    assert narrowed.xpath("//nav[@class='category-filter']//a[@aria-current]/text()") == ["Pain "]


def test_the_menu_does_not_take_what_was_found_for_the_blog(reader: Client) -> None:
    make_post(body="<p>femur</p>", categories=[make_category()])
    page = tree(reader, q="femur")
    assert page.xpath("//nav[@aria-label='Main']//summary[starts-with(normalize-space(), 'Blog')]")
    assert [link.get("aria-label") for link in page.xpath("//nav[@aria-label='Main']//*[@aria-current]")] == ["Search"]


def test_a_misspelt_word_gets_a_link_that_finds(reader: Client) -> None:
    make_post(title="It", body="<p>The shoulder.</p>")
    page = tree(reader, q="sholder")
    assert "Did you mean shoulder?" in text(page)
    (address,) = [address for address in page.xpath("//main//a/@href") if address.startswith("/search/?q=")]
    assert html.fromstring(reader.get(address).content).xpath("//article//h2/a/text()") == ["It"]


def test_nothing_found_is_a_page_with_topics_and_new_posts(reader: Client) -> None:
    topic = make_category(name="Pain")
    post = make_post(categories=[topic])
    page = tree(reader, q="zzzzqqq")
    assert "Nothing here has this word yet." in text(page)
    assert {topic.get_absolute_url(), post.get_absolute_url()} <= set(page.find(".//main").xpath(".//a/@href"))


def test_a_pager_keeps_question_and_topic(reader: Client) -> None:
    pain = make_category(slug="pain")
    for _ in range(21):
        make_post(body="<p>knee & stairs</p>", categories=[pain])
    page = tree(reader, q='"knee & stairs"', topic="pain", page="2")
    pager = page.xpath("//nav[@aria-label='Pages']//a")
    assert [link.get("aria-label") or link.text_content().strip() for link in pager] == [
        "Previous", "Page 1", "Page 2", "Page 3", "Next",
    ]  # fmt: skip
    first = html.fromstring(reader.get(pager[1].get("href")).content)
    assert first.xpath("//main//input[@name='q']/@value") == ['"knee & stairs"']
    assert first.xpath("//main//input[@name='topic']/@value") == ["pain"]
    assert len(first.findall(".//article")) == 10
    assert "page=" not in pager[1].get("href")


@pytest.mark.parametrize("page", ["abc", "0", "-1", "99999999999999999999", "٣", "", "1.5", "\x00"])
def test_a_page_number_that_is_none_shows_a_page(reader: Client, page: str) -> None:
    make_post(title="It", body="<p>femur</p>")
    assert tree(reader, q="femur", page=page).xpath("//article//h2/a/text()") == ["It"]


@given(
    st.one_of(st.text(max_size=60), st.text(alphabet="abt \"'-*()^:+{}~<>|&!\\%_,.;", max_size=40)),
    st.text(max_size=10),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("a\x00b", "\x00")
@example("knee " * 2000, "")
@example("-" * 300, "/")
@example("NEAR(knee stairs, 2) OR title:knee* AND NOT {x y}:z", "%")
@example('"""" "" - -"" "', "")
@example("🦵🏽 👩‍⚕️", "")
@example("the of and to", "")
@example("الركبة ‏ותודה", "")
@example("a" * 10000, "")
@example("'; DROP TABLE search_entry; --", "")
@example("%s %d %(x)s {0}", "")
@example("\ud800", "")
def test_whatever_is_typed_gives_a_page(reader: Client, typed: str, topic: str) -> None:
    with_surrogates = {"q": typed.encode(errors="surrogatepass"), "topic": topic.encode(errors="surrogatepass")}
    assert reader.get("/search/", with_surrogates).status_code == 200


def test_the_page_costs_at_most_nine_queries_whatever_is_found(reader: Client) -> None:
    pain = make_category(name="Pain", slug="pain")
    for _ in range(12):
        make_post(body="<p>The shoulder on the stairs.</p>", categories=[pain], tags=["Running"])

    def count(**asked: str) -> int:
        reader.get("/search/", asked)
        with CaptureQueriesContext(connection) as queries:
            assert reader.get("/search/", asked).status_code == 200
        return len(queries)

    asked = {
        "nothing": {},
        "hits": {"q": "stairs"},
        "second page": {"q": "stairs", "page": "2"},
        "topic": {"q": "stairs", "topic": "pain"},
        "some words": {"q": "sholder stairs parachute"},
        "misspelt": {"q": "sholder"},
        "none": {"q": "zzzzqqq"},
    }
    few = {name: count(**each) for name, each in asked.items()}
    for _ in range(8):
        make_post(body="<p>The shoulder on the stairs.</p>", categories=[pain], tags=["Running"])
    assert {name: count(**each) for name, each in asked.items()} == few
    assert max(few.values()) <= 9, few
