"""The shop page: its order, disclosure, search field, structured data and place in the site search."""

import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import html
from lxml.html import HtmlElement
from playwright.sync_api import Page, expect
from pytest_django import DjangoAssertNumQueries

from affiliates.models import ClickCount, Product, Program, ShopPage, ShopSection
from blog.models import Post
from richtext.rendering import render
from richtext.sanitizer import sanitize
from tests.affiliates.factories import make_favorite, make_link, make_product
from tests.factories import make_author, make_image, make_post


def get_page(client: Client, path: str = "/shop/") -> HtmlElement:
    response = client.get(path)
    assert response.status_code == 200
    page: HtmlElement = html.fromstring(response.content)
    return page


def headings(page: HtmlElement) -> list[str]:
    return [each.text_content() for each in page.xpath("//main//h2 | //main//h3")]


@pytest.fixture
def products(amazon: Program, shop: Program) -> list[Product]:
    """Create three products in two sections, ordered by position and not by name or primary key."""
    second = ShopSection.objects.create(name="A second", position=2, description="Small things.")
    first = ShopSection.objects.create(name="The first", position=1)
    return [
        make_favorite(shop, name="Ball", section=second, reason="Round & firm.", pros="Cheap", cons="Rolls away"),
        make_favorite(amazon, name="Band", section=first, position=2),
        make_favorite(shop, name="Roller", section=first, position=1, image=make_image()),
    ]


@pytest.mark.any_database
def test_sections_and_products_are_in_the_authors_order(products: list[Product], client: Client) -> None:
    assert headings(get_page(client)) == ["The first", "Roller", "Band", "A second", "Ball"]


@pytest.mark.any_database
def test_the_disclosure_precedes_the_first_affiliate_link(products: list[Product], client: Client) -> None:
    main = get_page(client).find(".//main")
    assert main is not None
    (note,) = main.xpath(".//*[@class='disclosure']")
    assert note.xpath("following::a[@rel]")
    assert len(note.xpath("following::a[contains(@rel, 'sponsored')]")) == 3
    assert not note.xpath("preceding::a[contains(@rel, 'sponsored')]")
    assert "Quiet Shop pays me" in note.text_content()
    assert "As an Amazon Associate" in note.text_content()


@pytest.mark.any_database
def test_only_products_with_an_active_link_and_a_section_are_shown(shop: Program, client: Client) -> None:
    make_favorite(shop, name="Here")
    make_favorite(shop, name="Retired").links.get().retire()
    make_favorite(shop, name="Elsewhere", section=None)
    make_product(name="Without a link", section=ShopSection.objects.get())
    assert headings(get_page(client)) == ["For the calves", "Here"]
    assert [product.name for product in Product.objects.published()] == ["Here"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("firm", ["Ball"]),
        ("FIRM ball", ["Ball"]),
        ("firm band", []),
        ("first", ["Roller", "Band"]),
        ("  ", ["Roller", "Band", "Ball"]),
        ("\x00<b>", []),
    ],
)
@pytest.mark.any_database
def test_the_search_field_finds_products_with_every_word(
    products: list[Product], client: Client, query: str, expected: list[str]
) -> None:
    response = client.get("/shop/", {"q": query})
    page: HtmlElement = html.fromstring(response.content)
    assert [each.text_content() for each in page.xpath("//main//h3")] == expected
    assert bool(page.xpath("//meta[@name='robots'][@content='noindex']")) == bool(query.strip())
    assert bool(page.xpath("//*[@class='disclosure']")) == bool(expected)
    assert page.xpath("//main//form//input/@value") == ["<b>" if "<b>" in query else query.strip()]


@pytest.mark.any_database
def test_an_empty_shop_page_is_not_indexed(client: Client, db: None) -> None:
    page = get_page(client)
    assert "No favorites yet." in page.text_content()
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert not page.xpath("//*[@class='disclosure'] | //main//form")
    assert b"/shop/" not in client.get("/sitemap-shop.xml").content


@pytest.mark.any_database
def test_the_structured_data_has_products_without_ratings_or_prices(products: list[Product], client: Client) -> None:
    ShopPage.objects.create(title="My things", introduction="Few & good.")
    page = get_page(client)
    assert page.findtext(".//h1") == "My things"
    (data,) = page.xpath("//script[@type='application/ld+json']/text()")
    nodes = [each for each in json.loads(data)["@graph"] if each["@type"] == "Product"]
    assert [node["name"] for node in nodes] == ["Roller", "Band", "Ball"]
    review = nodes[2]["review"]
    assert review["positiveNotes"]["itemListElement"][0]["name"] == "Cheap"
    assert review["negativeNotes"]["itemListElement"][0]["name"] == "Rolls away"
    assert (review["reviewBody"], review["author"]["@type"]) == ("Round & firm.", "Organization")
    assert not {"positiveNotes", "negativeNotes"} & nodes[2].keys()
    assert nodes[2]["@id"] == f"http://testserver/shop/#product-{products[0].pk}"
    assert page.get_element_by_id(f"product-{products[0].pk}").findtext(".//h3") == "Ball"
    assert not [word for word in ("offers", "price", "ating", "amazon.", "shop.example") if word in json.dumps(nodes)]
    assert b"http://testserver/shop/" in client.get("/sitemap-shop.xml").content
    assert b"sitemap-shop.xml" in client.get("/sitemap.xml").content


@pytest.mark.any_database
def test_products_on_the_shop_page_and_in_posts_are_reviewed_by_the_author(
    products: list[Product], client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_author(name="Guest", position=2)
    author = make_author(name="Sam Example", position=1)
    cards = [f'<div data-embed="product" data-id="{product.pk}"></div>' for product in products]
    post = make_post(body="".join(cards))
    for path in ("/shop/", post.get_absolute_url()):
        scripts = get_page(client, path).xpath("//script[@type='application/ld+json']/text()")
        found = [each for text in scripts for each in json.loads(text)["@graph"] if each["@type"] == "Product"]
        assert [each["review"]["author"]["name"] for each in found] == ["Sam Example"] * 3
        assert found[0]["review"]["author"]["@id"] == f"http://testserver{author.get_absolute_url()}#person"
        # Without pros and cons there is still what the author says.
        assert all(each["review"]["reviewBody"] for each in found)
    for count in (1, 3):
        # Products, their author, and the version of the glossary.
        with django_assert_num_queries(3):
            render(sanitize("".join(cards[:count])))


@pytest.mark.any_database
def test_the_site_search_finds_products_of_the_shop_page(products: list[Product], client: Client) -> None:
    hits = get_page(client, "/search/?q=firm").xpath("//div[contains(@class, 'entries')]//h2/a")
    assert [(hit.text, hit.get("href")) for hit in hits] == [("Ball", f"/shop/#product-{products[0].pk}")]
    products[0].links.get().retire()
    assert not get_page(client, "/search/?q=firm").xpath("//div[contains(@class, 'entries')]")
    products[1].reason = "Springy."
    products[1].save()
    assert get_page(client, "/search/?q=springy").xpath("//div[contains(@class, 'entries')]//h2/a/text()") == ["Band"]
    products[1].delete()
    assert not get_page(client, "/search/?q=springy").xpath("//div[contains(@class, 'entries')]")


@pytest.mark.any_database
def test_search_results_show_the_image_and_the_section(products: list[Product], client: Client) -> None:
    (entry,) = get_page(client, "/search/?q=roller").xpath("//article[h2 or .//h2/a[text()='Roller']]")
    assert entry.xpath(".//img")
    assert "In the shop: The first" in entry.text_content()


@pytest.mark.any_database
def test_the_number_of_queries_does_not_grow_with_the_number_of_products(shop: Program, client: Client) -> None:
    make_favorite(shop)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            get_page(client)
        return len(queries)

    few = count()
    for number in range(12):
        make_favorite(shop, image=make_image(), section=ShopSection.objects.create(name=f"Section {number}"))
    assert count() == few


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_demo_shop_is_created_once_with_a_card_and_a_comparison_in_a_post(client: Client) -> None:
    make_post(slug="what-a-foam-roller-does", body="<p>Text.</p><h2>References</h2><p>Last.</p>")
    for _ in range(2):
        call_command("start_shop", demo=True, verbosity=0)
    assert Product.objects.count() == 5
    page = get_page(client, "/what-a-foam-roller-does/")
    assert len(page.xpath("//section[@class='product product--plain'] | //div[@class='table-scroll comparison']")) == 2
    assert Post.objects.get().body.endswith("<p>Last.</p>")
    assert len(get_page(client).xpath("//main//h3")) == 5


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_click_on_a_direct_link_is_counted_for_its_post(page: Page) -> None:
    amazon = Program.objects.amazon()
    link = make_link(amazon, slug="roller")
    post = make_post(slug="knees", body='<p><a href="/go/roller/">The roller</a></p>')
    page.context.route("https://www.amazon.com/**", lambda route: route.fulfill(body="A shop"))
    page.set_extra_http_headers({"User-Agent": "Mozilla/5.0 Firefox/140.0"})
    page.goto("/knees/")
    with page.expect_request("**/go/roller/click/"):
        page.get_by_role("link", name="The roller (paid link)").click()
    expect(page.get_by_text("A shop")).to_be_visible()
    page.wait_for_timeout(500)
    assert list(ClickCount.objects.values_list("link", "post", "count")) == [(link.pk, post.pk, 1)]
