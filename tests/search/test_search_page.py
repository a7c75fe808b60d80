"""The search page: helpful without a query or results, and never an error."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import html
from lxml.html import HtmlElement

from tests.factories import make_category, make_post
from tests.fuzzing import examples

pytestmark = pytest.mark.django_db


def tree(client: Client, **parameters: str) -> HtmlElement:
    """Return the page for these query parameters."""
    response = client.get("/search/", parameters)
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def text(page: HtmlElement) -> str:
    """Return the text of the main part."""
    return " ".join(page.find(".//main").text_content().split())


@pytest.mark.parametrize("parameters", [{}, {"q": ""}, {"q": "   "}])
def test_without_a_query_there_is_a_search_field_and_categories(client: Client, parameters: dict[str, str]) -> None:
    category = make_category(name="Pain")
    make_post(categories=[category])
    page = tree(client, **parameters)
    assert page.findtext(".//h1") == "Search"
    assert category.get_absolute_url() in page.find(".//main").xpath(".//a/@href")
    (field,) = page.xpath("//main//form[@role='search']//input[@type='search']")
    assert field.get("id") in page.xpath("//main//label/@for")
    assert field.get("value") == ""


def test_the_page_is_not_indexed_by_search_engines_and_sets_no_cookie(client: Client) -> None:
    make_post(body="<p>femur</p>")
    response = client.get("/search/", {"q": "femur"})
    assert response["X-Robots-Tag"] == "noindex"
    assert html.fromstring(response.content).xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert not response.cookies


def test_the_query_remains_in_the_field_and_is_escaped(client: Client) -> None:
    text_typed = "\"femur\" <script>alert(1)</script> & 'x'"
    page = tree(client, q=text_typed)
    (field,) = page.xpath("//main//form[@role='search']//input[@type='search']")
    assert field.get("value") == text_typed
    assert not page.xpath("//main//script")


def test_results_show_marked_matches_and_can_be_filtered_by_category(client: Client) -> None:
    pain, best = make_category(name="Pain", slug="pain"), make_category(name="Best", slug="best")
    post = make_post(title="It", body="<p>About femurs.</p>", categories=[pain])
    make_post(title="Other", body="<p>A femur.</p>", categories=[best])
    page = tree(client, q="femur")
    assert "2 results" in text(page)
    assert [mark.text for mark in page.iter("mark")] == ["femur", "femurs"]
    assert post.get_absolute_url() in page.xpath("//article//h2/a/@href")
    (pain_url,) = [url for url in page.xpath("//main//nav//a/@href") if "category=pain" in url]
    filtered = html.fromstring(client.get(f"/search/{pain_url}").content)
    assert filtered.xpath("//article//h2/a/text()") == ["It"]
    assert filtered.xpath("//nav[@class='category-filter']//a[@aria-current]/text()") == ["Pain "]


def test_the_menu_does_not_mark_the_blog_as_current(client: Client) -> None:
    make_post(body="<p>femur</p>", categories=[make_category()])
    page = tree(client, q="femur")
    assert page.xpath("//nav[@aria-label='Main']//summary[starts-with(normalize-space(), 'Blog')]")
    assert [link.get("aria-label") for link in page.xpath("//nav[@aria-label='Main']//*[@aria-current]")] == ["Search"]


def test_a_misspelled_word_shows_a_suggestion_with_results(client: Client) -> None:
    make_post(title="It", body="<p>The shoulder.</p>")
    page = tree(client, q="sholder")
    assert "Did you mean shoulder?" in text(page)
    (url,) = [url for url in page.xpath("//main//a/@href") if url.startswith("/search/?q=")]
    assert html.fromstring(client.get(url).content).xpath("//article//h2/a/text()") == ["It"]


def test_many_categories_fold_after_the_eighth_and_open_for_the_chosen_one(client: Client) -> None:
    categories = [make_category(name=f"Part {number}", slug=f"part-{number}") for number in range(10)]
    make_post(title="Knee", categories=categories)
    page = tree(client, q="knee")
    shown = page.xpath("//nav[@class='category-filter']/ul/li/a/text()")
    folded = page.xpath("//nav[@class='category-filter']/details[not(@open)]/ul/li/a/text()")
    assert (len(shown), len(folded)) == (9, 2)
    chosen = tree(client, q="knee", category="part-9")
    assert chosen.xpath("//details[@open]//a[@aria-current]/text()") == ["Part 9 "]


def test_without_results_the_page_offers_categories_and_latest_posts(client: Client) -> None:
    category = make_category(name="Pain")
    post = make_post(categories=[category])
    page = tree(client, q="zzzzqqq")
    assert "No results for this word." in text(page)
    assert {category.get_absolute_url(), post.get_absolute_url()} <= set(page.find(".//main").xpath(".//a/@href"))


def test_a_site_without_posts_says_that_there_is_nothing_to_search(client: Client) -> None:
    assert "There are no posts to search yet." in text(tree(client, q="knee"))
    make_post(title="Elbow")
    assert "There are no posts to search yet." not in text(tree(client, q="knee"))


def test_pagination_keeps_query_and_category(client: Client) -> None:
    pain = make_category(slug="pain")
    for _ in range(21):
        make_post(body="<p>knee & stairs</p>", categories=[pain])
    page = tree(client, q='"knee & stairs"', category="pain", page="2")
    pager = page.xpath("//nav[@aria-label='Pages']//a")
    assert [link.get("aria-label") or link.text_content().strip() for link in pager] == [
        "Previous", "Page 1", "Page 2", "Page 3", "Next",
    ]  # fmt: skip
    first = html.fromstring(client.get(pager[1].get("href")).content)
    assert first.xpath("//main//input[@name='q']/@value") == ['"knee & stairs"']
    assert first.xpath("//main//input[@name='category']/@value") == ["pain"]
    assert len(first.findall(".//article")) == 10
    assert "page=" not in pager[1].get("href")


@pytest.mark.parametrize("page", ["abc", "0", "-1", "99999999999999999999", "٣", "", "1.5", "\x00"])
def test_an_invalid_page_number_shows_a_page(client: Client, page: str) -> None:
    make_post(title="It", body="<p>femur</p>")
    assert tree(client, q="femur", page=page).xpath("//article//h2/a/text()") == ["It"]


@given(
    st.one_of(st.text(max_size=60), st.text(alphabet="abt \"'-*()^:+{}~<>|&!\\%_,.;", max_size=40)),
    st.text(max_size=10),
)
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("a\x00b", "\x00")
@example("knee " * 2000, "")
@example("-" * 300, "/")
@example("NEAR(knee stairs, 2) OR title:knee* AND NOT {x y}:z", "%")
@example('"""" "" - -"" "', "")
@example("🦵🏽 👩‍⚕️", "")
@example("the of and to", "")
@example("الركبة ‏ותודה", "")
@example("a" * 10000, "")
@example("'; DROP TABLE search_indexentry; --", "")
@example("%s %d %(x)s {0}", "")
@example("\ud800", "")
def test_any_query_string_gets_a_page(client: Client, text: str, category: str) -> None:
    parameters = {"q": text.encode(errors="surrogatepass"), "category": category.encode(errors="surrogatepass")}
    assert client.get("/search/", parameters).status_code == 200


def test_the_number_of_queries_does_not_grow_with_the_number_of_results(client: Client) -> None:
    pain = make_category(name="Pain", slug="pain")

    def add_posts(number: int) -> None:
        for _ in range(number):
            make_post(body="<p>The shoulder on the stairs.</p>", categories=[pain], tags=["Running"])

    def count_queries(parameters: dict[str, str]) -> int:
        client.get("/search/", parameters)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/search/", parameters).status_code == 200
        return len(queries)

    searches = {
        "no query": {},
        "results": {"q": "stairs"},
        "second page": {"q": "stairs", "page": "2"},
        "category": {"q": "stairs", "category": "pain"},
        "partial": {"q": "sholder stairs parachute"},
        "misspelled": {"q": "sholder"},
        "no results": {"q": "zzzzqqq"},
    }
    add_posts(12)
    counts = {name: count_queries(parameters) for name, parameters in searches.items()}
    add_posts(8)
    assert {name: count_queries(parameters) for name, parameters in searches.items()} == counts
