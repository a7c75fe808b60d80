"""Affiliate links in every kind of text: their URL, their label, and the disclosure before the first one."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from lxml.html import HtmlElement

from ads.models import Ad
from affiliates.models import Link, Program, Sponsorship
from affiliates.references import pasted_references
from blog.models import Snippet
from layout.models import Block
from redirects.models import Redirect
from richtext.embeds import RenderTarget
from richtext.rendering import render, render_all
from richtext.sanitizer import sanitize
from siteinfo.models import SiteInfo, SocialLink
from tests.affiliates.factories import make_comparison, make_favorite, make_link, make_product
from tests.factories import make_author, make_image, make_post

pytestmark = pytest.mark.any_database

REL = "sponsored nofollow noopener"


def parse(markup: str) -> HtmlElement:
    return html.fragment_fromstring(markup, create_parent="div")


def make_text(*links: str) -> str:
    """Return a text with a link to each of these URLs."""
    return sanitize("<p>Words before.</p>" + "".join(f'<p>See <a href="{href}">the roller</a>.</p>' for href in links))


def embed(kind: str, row: object) -> str:
    return f'<div data-embed="{kind}" data-id="{row.pk}"></div>'  # type: ignore[attr-defined]


def test_an_amazon_link_is_direct_tagged_and_marked(amazon: Program) -> None:
    link = make_link(amazon, slug="roller", destination="https://amazon.com/x/dp/B000000001/ref=a?tag=theirs-20")
    page = parse(render(make_text("/go/roller/")))
    (found,) = page.iter("a")
    assert found.get("href") == "https://www.amazon.com/dp/B000000001?tag=mine-20"
    assert found.get("rel") == REL
    assert found.text_content() == "the roller (paid link)"
    assert found.get("data-click-url") == f"/go/{link.slug}/click/"
    assert page[0].get("class") == "disclosure"
    assert "I may earn a commission" in page[0].text_content()
    assert "As an Amazon Associate I earn" in page[0].text_content()


def test_a_shop_that_allows_it_is_linked_through_a_redirect(shop: Program) -> None:
    make_link(shop, slug="mat")
    page = parse(render(make_text("http://testserver/go/mat/")))
    (found,) = page.iter("a")
    assert (found.get("href"), found.get("rel"), found.get("data-click-url")) == ("/go/mat/", REL, None)
    assert page[0].text_content().strip() == "Quiet Shop pays me a share of what you buy there."
    assert not page.xpath("//script")


def test_a_changed_destination_applies_to_every_text(shop: Program, client: Client) -> None:
    link = make_link(shop, slug="mat")
    slugs = [make_post(body=make_text("/go/mat/")).slug for _ in range(3)]
    shop.allows_redirect = False
    shop.save()
    link.destination = "https://shop.example.com/better"
    link.save()
    for slug in slugs:
        assert b'href="https://shop.example.com/better?ref=me"' in client.get(f"/{slug}/").content


@pytest.mark.django_db
@pytest.mark.parametrize("has_program", [True, False])
def test_a_pasted_amazon_url_is_an_affiliate_link(has_program: bool) -> None:
    body = make_text("http://amazon.de/dp/B000000001/ref=x?tag=old-21&linkCode=ll1")
    if has_program:
        Program.objects.amazon()
        Program.objects.update(tag="mine-20")
    page = parse(render(body))
    (found,) = page.iter("a")
    assert found.get("href") == f"https://www.amazon.de/dp/B000000001?tag={'mine-20' if has_program else 'old-21'}"
    assert found.get("rel") == REL
    assert page[0].get("class") == "disclosure"


@pytest.mark.parametrize(
    "url",
    [
        "https://amzn.to/3xyz",
        "https://amzn.in/d/x",
        "https://amzn.ae/x",
        "https://amzlinks.in/x",
        "https://x.amzn.to/3",
        "https://www.amazon.com/dp/B000000001 ",
    ],
)
def test_a_url_without_a_canonical_form_is_marked(amazon: Program, url: str) -> None:
    page = parse(render(make_text(url)))
    assert [link.get("rel") for link in page.iter("a")] == [REL]


@pytest.mark.parametrize(
    "url",
    ["//www.amazon.com/dp/B000000001", "https:/amazon.com/dp/B000000001", "https://amazon%2Ecom/dp/B000000001"],
)
def test_every_spelling_of_an_amazon_url_is_disclosed(amazon: Program, url: str) -> None:
    body = make_text(url)
    (found,) = parse(render(body)).iter("a")
    assert (found.get("href"), found.get("rel")) == ("https://www.amazon.com/dp/B000000001?tag=mine-20", REL)
    assert "commission" in render(body)
    assert "amazon" not in render(body, RenderTarget.EMAIL)
    post = make_post(body=body)
    assert [(reference.source, program) for reference, program in pasted_references()] == [(post, amazon)]


@pytest.mark.parametrize("url", ["HTTP://TESTSERVER/go/mat", "https://www.testserver/x/../go/mat/", "../go/mat/"])
def test_every_spelling_of_a_link_by_slug_is_disclosed(shop: Program, url: str) -> None:
    make_link(shop, slug="mat")
    (found,) = parse(render(make_text(url))).iter("a")
    assert (found.get("href"), found.get("rel")) == ("/go/mat/", REL)


def test_a_pasted_url_of_any_program_is_recognized(shop: Program) -> None:
    (found,) = parse(render(make_text("https://www.shop.example.com/a?ref=them&b=1"))).iter("a")
    assert found.get("href") == "https://www.shop.example.com/a?b=1&ref=me"
    assert found.get("rel") == REL


@pytest.mark.django_db
def test_a_text_without_affiliate_links_has_no_disclosure_and_needs_no_query_of_links(shop: Program) -> None:
    make_link(shop, slug="mat")
    body = make_text(
        "/stairs/", "https://journal.example.org/1", "https://notamazon.com/dp/B000000001", "#place", "mailto:a@b.c"
    )
    render(body)
    with CaptureQueriesContext(connection) as queries:
        page = parse(render(body))
    assert not [each for each in queries if "affiliates_" in each["sql"]]
    assert not page.xpath("//@rel | //*[@class='disclosure'] | //small")


def test_all_cards_comparisons_and_links_are_loaded_in_one_query_and_their_author_in_another(
    amazon: Program, shop: Program
) -> None:
    favorites = [make_favorite(each, image=make_image()) for each in (amazon, shop, shop)]
    for favorite in favorites:
        make_link(amazon, product=favorite)
    link = make_link(shop, slug="mat")
    body = sanitize(
        make_text("/go/mat/")
        + "".join(embed("product", each) for each in favorites)
        + embed("comparison", make_comparison(*favorites))
        + embed("comparison", make_comparison(*favorites[:2]))
    )
    make_author()
    with CaptureQueriesContext(connection) as queries:
        page = parse(render_all([body, body], RenderTarget.PAGE)[1])
    # The third is that of the glossary.
    assert len(queries) == 3
    assert len(page.xpath(".//section[@class='product']")) == 3
    assert [len(table.xpath(".//tbody/tr")) for table in page.iter("table")] == [3, 2]
    links = list(page.iter("a"))
    assert len(links) == 1 + 3 * 2 + 3 * 2 + 2 * 2
    assert {each.get("rel") for each in links} == {REL}
    assert {each.text_content().endswith("(paid link)") for each in links} == {True}
    assert link.get_absolute_url() in [each.get("href") for each in links]


def test_a_card_shows_only_what_the_author_entered(shop: Program) -> None:
    product = make_product(
        name="A <firm> roller",
        reason="Two slow minutes.",
        pros="Cheap\n\nLight",
        cons="Plain",
        audience="Runners",
        is_gifted=True,
        image=make_image(alt="A roller"),
    )
    make_link(shop, product=product, price="$20")
    markup = render(sanitize(embed("product", product)))
    card = parse(markup).find("section")
    assert card is not None
    content = " ".join(card.text_content().split())
    for each in ("A <firm> roller", "Two slow minutes.", "Pro: Cheap", "Pro: Light", "Con: Plain", "Runners"):
        assert each in content
    assert "Gift" in content
    assert "I received this product for free" in content
    assert "$20 (on " in content
    assert card.xpath(".//img/@alt") == ["A roller"]
    (data,) = card.xpath(".//script[@type='application/ld+json']/text()")
    assert '"@type": "Product"' in data
    assert not [key for key in ("rating", "Rating", "offers", "price", "$20", "availability") if key in data]


@pytest.mark.parametrize(("hours", "age"), [(0, 0), (24, 25), (24, 23.8)])
def test_outdated_or_forbidden_prices_are_hidden(shop: Program, hours: int, age: float) -> None:
    product = make_favorite(shop)
    link = product.links.get()
    link.price = "$20"
    link.save()
    body = sanitize(embed("product", product) + embed("comparison", make_comparison(product)))
    assert render(body).count("$20") == 2
    Program.objects.filter(pk=shop.pk).update(price_hours=hours)
    Link.objects.update(price_at=timezone.now() - timedelta(hours=age))
    assert "$20" not in render(body)


@pytest.mark.parametrize("target", [RenderTarget.EMAIL, RenderTarget.FEED])
def test_prices_are_not_in_feeds_and_emails(shop: Program, target: RenderTarget) -> None:
    product = make_favorite(shop)
    product.links.update(price="$20", price_at=timezone.now())
    assert "$20" not in render(
        sanitize(embed("product", product) + embed("comparison", make_comparison(product))), target
    )


def test_retired_links_leave_their_text_and_no_empty_cards(shop: Program) -> None:
    product = make_favorite(shop)
    product.links.get().retire()
    make_link(shop, slug="old").retire()
    body = sanitize(
        make_text("/go/old/", "/go/never/")
        + embed("product", product)
        + embed("comparison", make_comparison(product))
        + '<div data-embed="product" data-id="99999"></div><div data-embed="sponsorship" data-id="9"></div>'
    )
    page = parse(render(body))
    assert page.text_content().split() == ["Words", "before.", "See", "the", "roller.", "See", "the", "roller."]
    assert not page.xpath(".//a | .//section | .//table | .//div")


def test_feeds_have_complete_links_after_the_disclosure(amazon: Program, shop: Program) -> None:
    product = make_favorite(amazon)
    make_link(shop, slug="mat")
    body = sanitize(make_text("/go/mat/") + embed("product", product))
    feed = render_all([body], RenderTarget.FEED, ["http://testserver/knees/"])[0]
    page = parse(feed)
    assert [link.get("rel") for link in page.iter("a")] == [REL, REL]
    assert page.xpath(".//a/@href")[0] == "http://testserver/go/mat/"
    assert page.xpath(".//a/@href")[1].startswith("https://www.amazon.com/dp/")
    assert feed.index("Quiet Shop pays me") < feed.index("<a ")
    assert feed.index("As an Amazon Associate") < feed.index("<a ")
    assert "data-click-url" not in feed
    assert "<script" not in feed


def test_emails_do_not_contain_amazon_links(amazon: Program, shop: Program) -> None:
    make_link(shop, slug="mat")
    make_link(amazon, slug="roller")
    favorites = [make_favorite(amazon, name="A roller"), make_favorite(shop)]
    pasted = "https://www.amazon.com/dp/B000000001?tag=mine-20"
    cards = "".join(embed("product", each) for each in favorites) + embed("comparison", make_comparison(*favorites))
    url = "http://testserver/knees/"
    (email,) = render_all([sanitize(make_text("/go/roller/", "/go/mat/", pasted) + cards)], RenderTarget.EMAIL, [url])
    page = parse(email)
    assert "amazon." not in email
    assert "mine-20" not in email
    assert "Amazon Associate" not in email
    assert email.count("(paid link)") == email.count(REL) == 3
    assert email.index("Quiet Shop pays me") < email.index("<a ")
    assert page.xpath(".//a/@href").count(url) == 4
    (only_amazon,) = render_all([make_text("/go/roller/")], RenderTarget.EMAIL, [url])
    assert parse(only_amazon).xpath(".//a/@href") == [url]
    assert "commission" not in only_amazon


def test_the_editor_shows_names_and_returns_the_same_text(shop: Program) -> None:
    product = make_favorite(shop, name="A “firm” roller")
    body = sanitize(make_text("/go/mat/") + embed("product", product) + embed("comparison", make_comparison(product)))
    shown = render(body, RenderTarget.EDITOR)
    assert 'data-title="A “firm” roller"' in shown
    assert sanitize(shown) == body


def test_links_in_snippets_are_disclosed_once_at_the_top(shop: Program) -> None:
    make_link(shop, slug="mat")
    snippet = Snippet.objects.create(name="Mat", body=make_text("/go/mat/"))
    page = parse(render(sanitize("<p>First.</p>" + embed("snippet", snippet) + embed("snippet", snippet))))
    assert page[0].get("class") == "disclosure"
    assert len(page.xpath(".//*[@class='disclosure']")) == 1
    assert len(page.xpath(".//a[@rel]")) == 2


def test_a_sponsored_text_says_so_first_and_marks_links_to_the_brand(shop: Program, db: None) -> None:
    gift = Sponsorship.objects.create(brand="Soft Mats", kind="gifted", hosts="mats.example.org", note="A blue one.")
    make_link(shop, slug="mat")
    body = sanitize(
        make_text("https://www.mats.example.org/blue", "https://journal.example.org/", "/go/mat/")
        + embed("sponsorship", gift)
    )
    page = parse(render(body))
    assert "Soft Mats gave me this product for free." in page[0].text_content()
    assert "A blue one." in page[0].text_content()
    assert page[1].get("class") == "disclosure"
    brand, journal, mat = page.iter("a")
    assert (brand.get("rel"), brand.text_content()) == (REL, "the roller (partner link)")
    assert journal.get("rel") is None
    assert mat.text_content() == "the roller (paid link)"
    paid = Sponsorship.objects.create(brand="Soft Mats", kind="paid")
    feed = render(sanitize("<p>Words</p>" + embed("sponsorship", paid)), RenderTarget.FEED)
    assert feed.index("Soft Mats paid for this post.") < feed.index("Words")
    assert "class=" not in feed


def test_the_label_is_not_repeated(shop: Program) -> None:
    make_link(shop, slug="mat")
    body = sanitize('<p><a href="/go/mat/">The mat (paid link)</a> <a href="/go/mat/"><strong>bold</strong></a></p>')
    assert [link.text_content() for link in parse(render(body)).iter("a")] == [
        "The mat (paid link)",
        "bold (paid link)",
    ]


def test_a_post_with_product_cards_needs_queries_for_links_and_reviewer(
    amazon: Program, shop: Program, client: Client
) -> None:
    favorites = [make_favorite(amazon), make_favorite(shop)]
    make_link(shop, slug="mat")
    make_post(slug="plain", body=make_text("/stairs/"))
    cards = "".join(embed("product", each) for each in favorites) + embed("comparison", make_comparison(*favorites))
    make_post(slug="paid", body=make_text("/go/mat/") + cards)

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    count("/plain/")
    # One for all links and cards, and one for the author who recommends the products.
    assert count("/paid/") == count("/plain/") + 2


def test_affiliate_links_in_templates_are_disclosed(amazon: Program, client: Client) -> None:
    site = SiteInfo.objects.create(name="Move")
    make_post(slug="knees")
    plain = client.get("/knees/").content
    assert b"commission" not in plain
    SocialLink.objects.create(site=site, network="link", url="https://www.amazon.com/shop/mine")
    page = parse(client.get("/knees/").content.decode())
    links = page.xpath(".//a[contains(@href, 'amazon.')]")
    assert {link.get("href") for link in links} == {"https://www.amazon.com/shop/mine?tag=mine-20"}
    assert {link.get("rel") for link in links} == {REL}
    for link in links:
        assert link.xpath("preceding::*[@class='disclosure']")


def test_menus_cannot_contain_affiliate_links(amazon: Program, shop: Program, client: Client) -> None:
    make_link(shop, slug="mat")
    make_post()
    for url in ("https://amazon.com/shop/mine", "/go/mat/", "https://journal.example.org/"):
        block = Block.objects.create(area="main-menu", block_type="link", title="Away", url=url)
        assert bool(block.link_error) == ("journal" not in url)
    page = client.get("/blog/").content
    assert b"journal.example.org" in page
    assert b"amazon" not in page
    assert b"/go/mat/" not in page


def test_a_redirect_to_a_shop_becomes_a_page_with_the_disclosure(
    amazon: Program, shop: Program, client: Client
) -> None:
    for path, target in [
        ("/roller", "https://amazon.com/dp/B000000001"),
        ("/elsewhere", "https://journal.example.org/"),
    ]:
        Redirect.objects.create(old_path=path, target=target)
    response = client.get("/roller/")
    page = response.content.decode()
    assert (response.status_code, response["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert page.index("I may earn a commission") < page.index('href="https://www.amazon.com/dp/B000000001?tag=mine-20"')
    assert client.get("/elsewhere/")["Location"] == "https://journal.example.org/"


def test_ads_cannot_link_to_short_amazon_urls(db: None) -> None:
    with pytest.raises(ValidationError, match="Amazon requires direct links"):
        Ad(name="Ad", text="Words", url="https://amzn.to/3abc").full_clean()
