"""A paid link in any text: where it leads, what marks it, and what stands before the first one."""

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
from tests.factories import make_image, make_page, make_post

REL = "sponsored nofollow noopener"


def tree(markup: str) -> HtmlElement:
    return html.fragment_fromstring(markup, create_parent="div")


def text(*links: str) -> str:
    """A text with a link to each of these addresses."""
    return sanitize("<p>Words before.</p>" + "".join(f'<p>See <a href="{href}">the roller</a>.</p>' for href in links))


def embed(kind: str, row: object) -> str:
    return f'<div data-embed="{kind}" data-id="{row.pk}"></div>'  # type: ignore[attr-defined]


def test_a_link_to_amazon_leads_there_directly_with_the_tag_and_is_marked(amazon: Program) -> None:
    link = make_link(amazon, slug="roller", destination="https://amazon.com/x/dp/B000000001/ref=a?tag=theirs-20")
    page = tree(render(text("/go/roller/")))
    (found,) = page.iter("a")
    assert found.get("href") == "https://www.amazon.com/dp/B000000001?tag=mine-20"
    assert found.get("rel") == REL
    assert found.text_content() == "the roller (paid link)"
    assert found.get("data-click-url") == f"/go/{link.slug}/click/"
    assert page[0].get("class") == "disclosure"
    assert "I may earn a commission" in page[0].text_content()
    assert "As an Amazon Associate I earn" in page[0].text_content()


def test_a_shop_that_allows_it_is_reached_through_this_site(shop: Program) -> None:
    make_link(shop, slug="mat")
    page = tree(render(text("http://testserver/go/mat/")))
    (found,) = page.iter("a")
    assert (found.get("href"), found.get("rel"), found.get("data-click-url")) == ("/go/mat/", REL, None)
    assert page[0].text_content().strip() == "Quiet Shop pays me a share of what you buy there."
    assert not page.xpath("//script")


def test_changing_a_destination_once_changes_every_text(shop: Program, client: Client) -> None:
    link = make_link(shop, slug="mat")
    slugs = [make_post(body=text("/go/mat/")).slug for _ in range(3)]
    shop.allows_redirect = False
    shop.save()
    link.destination = "https://shop.example.com/better"
    link.save()
    for slug in slugs:
        assert b'href="https://shop.example.com/better?ref=me"' in client.get(f"/{slug}/").content


@pytest.mark.django_db
@pytest.mark.parametrize("is_set_up", [True, False])
def test_a_pasted_address_of_amazon_is_a_paid_link_too(is_set_up: bool) -> None:
    body = text("http://amazon.de/dp/B000000001/ref=x?tag=old-21&linkCode=ll1")
    if is_set_up:
        Program.objects.amazon()
        Program.objects.update(tag="mine-20")
    page = tree(render(body))
    (found,) = page.iter("a")
    assert found.get("href") == f"https://www.amazon.de/dp/B000000001?tag={'mine-20' if is_set_up else 'old-21'}"
    assert found.get("rel") == REL
    assert page[0].get("class") == "disclosure"


@pytest.mark.parametrize(
    "address", ["https://amzn.to/3xyz", "https://x.amzn.to/3", "https://www.amazon.com/dp/B000000001 "]
)
def test_an_address_that_cannot_be_tidied_is_marked_all_the_same(amazon: Program, address: str) -> None:
    page = tree(render(text(address)))
    assert [link.get("rel") for link in page.iter("a")] == [REL]


@pytest.mark.parametrize(
    "address",
    ["//www.amazon.com/dp/B000000001", "https:/amazon.com/dp/B000000001", "https://amazon%2Ecom/dp/B000000001"],
)
def test_no_way_to_write_an_address_of_amazon_goes_unsaid(amazon: Program, address: str) -> None:
    body = text(address)
    (found,) = tree(render(body)).iter("a")
    assert (found.get("href"), found.get("rel")) == ("https://www.amazon.com/dp/B000000001?tag=mine-20", REL)
    assert "commission" in render(body)
    assert "amazon" not in render(body, RenderTarget.EMAIL)
    post = make_post(body=body)
    assert [(reference.source, program) for reference, program in pasted_references()] == [(post, amazon)]


@pytest.mark.parametrize("address", ["HTTP://TESTSERVER/go/mat", "https://www.testserver/x/../go/mat/", "../go/mat/"])
def test_no_way_to_write_a_short_name_goes_unsaid(shop: Program, address: str) -> None:
    make_link(shop, slug="mat")
    (found,) = tree(render(text(address))).iter("a")
    assert (found.get("href"), found.get("rel")) == ("/go/mat/", REL)


def test_a_pasted_address_of_any_program_is_recognised(shop: Program) -> None:
    (found,) = tree(render(text("https://www.shop.example.com/a?ref=them&b=1"))).iter("a")
    assert found.get("href") == "https://www.shop.example.com/a?b=1&ref=me"
    assert found.get("rel") == REL


@pytest.mark.django_db
def test_a_text_without_paid_links_says_nothing_and_costs_nothing(shop: Program) -> None:
    make_link(shop, slug="mat")
    body = text(
        "/stairs/", "https://journal.example.org/1", "https://notamazon.com/dp/B000000001", "#place", "mailto:a@b.c"
    )
    render(body)
    with CaptureQueriesContext(connection) as queries:
        page = tree(render(body))
    assert len(queries) == 0
    assert not page.xpath("//@rel | //*[@class='disclosure'] | //small")


def test_any_number_of_cards_comparisons_and_links_costs_one_query(amazon: Program, shop: Program) -> None:
    favorites = [make_favorite(each, image=make_image()) for each in (amazon, shop, shop)]
    for favorite in favorites:
        make_link(amazon, product=favorite)
    link = make_link(shop, slug="mat")
    body = sanitize(
        text("/go/mat/")
        + "".join(embed("product", each) for each in favorites)
        + embed("comparison", make_comparison(*favorites))
        + embed("comparison", make_comparison(*favorites[:2]))
    )
    with CaptureQueriesContext(connection) as queries:
        page = tree(render_all([body, body], RenderTarget.PAGE)[1])
    assert len(queries) == 1
    assert len(page.xpath(".//section[@class='product']")) == 3
    assert [len(table.xpath(".//tbody/tr")) for table in page.iter("table")] == [3, 2]
    links = list(page.iter("a"))
    assert len(links) == 1 + 3 * 2 + 3 * 2 + 2 * 2
    assert {each.get("rel") for each in links} == {REL}
    assert {each.text_content().endswith("(paid link)") for each in links} == {True}
    assert link.get_absolute_url() in [each.get("href") for each in links]


def test_a_card_says_what_the_author_says_and_invents_nothing(shop: Program) -> None:
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
    card = tree(markup).find("section")
    assert card is not None
    words = " ".join(card.text_content().split())
    for each in ("A <firm> roller", "Two slow minutes.", "Pro: Cheap", "Pro: Light", "Con: Plain", "Runners"):
        assert each in words
    assert "Gift" in words
    assert "I received this product for free" in words
    assert "$20 (on " in words
    assert card.xpath(".//img/@alt") == ["A roller"]
    (data,) = card.xpath(".//script[@type='application/ld+json']/text()")
    assert '"@type": "Product"' in data
    assert not [fact for fact in ("rating", "Rating", "offers", "price", "$20", "availability") if fact in data]


@pytest.mark.parametrize(("hours", "age"), [(0, 0), (24, 25), (24, 23.8)])
def test_an_old_price_or_one_that_the_program_forbids_is_not_shown(shop: Program, hours: int, age: float) -> None:
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
def test_no_price_leaves_the_site_where_nobody_can_take_it_back(shop: Program, target: RenderTarget) -> None:
    product = make_favorite(shop)
    product.links.update(price="$20", price_at=timezone.now())
    assert "$20" not in render(
        sanitize(embed("product", product) + embed("comparison", make_comparison(product))), target
    )


def test_what_is_gone_leaves_the_words_and_no_way_to_nowhere(shop: Program) -> None:
    product = make_favorite(shop)
    product.links.get().retire()
    make_link(shop, slug="old").retire()
    body = sanitize(
        text("/go/old/", "/go/never/")
        + embed("product", product)
        + embed("comparison", make_comparison(product))
        + '<div data-embed="product" data-id="99999"></div><div data-embed="sponsorship" data-id="9"></div>'
    )
    page = tree(render(body))
    assert page.text_content().split() == ["Words", "before.", "See", "the", "roller.", "See", "the", "roller."]
    assert not page.xpath(".//a | .//section | .//table | .//div")


def test_in_a_feed_everything_is_whole_and_said_first(amazon: Program, shop: Program) -> None:
    product = make_favorite(amazon)
    make_link(shop, slug="mat")
    body = sanitize(text("/go/mat/") + embed("product", product))
    feed = render_all([body], RenderTarget.FEED, ["http://testserver/knees/"])[0]
    page = tree(feed)
    assert [link.get("rel") for link in page.iter("a")] == [REL, REL]
    assert page.xpath(".//a/@href")[0] == "http://testserver/go/mat/"
    assert page.xpath(".//a/@href")[1].startswith("https://www.amazon.com/dp/")
    assert feed.index("Quiet Shop pays me") < feed.index("<a ")
    assert feed.index("As an Amazon Associate") < feed.index("<a ")
    assert "data-click-url" not in feed
    assert "<script" not in feed


def test_in_a_mail_nothing_of_amazon_survives(amazon: Program, shop: Program) -> None:
    make_link(shop, slug="mat")
    make_link(amazon, slug="roller")
    favorites = [make_favorite(amazon, name="A roller"), make_favorite(shop)]
    pasted = "https://www.amazon.com/dp/B000000001?tag=mine-20"
    cards = "".join(embed("product", each) for each in favorites) + embed("comparison", make_comparison(*favorites))
    address = "http://testserver/knees/"
    (mail,) = render_all([sanitize(text("/go/roller/", "/go/mat/", pasted) + cards)], RenderTarget.EMAIL, [address])
    page = tree(mail)
    assert "amazon." not in mail
    assert "mine-20" not in mail
    assert "Amazon Associate" not in mail
    assert mail.count("(paid link)") == mail.count(REL) == 3
    assert mail.index("Quiet Shop pays me") < mail.index("<a ")
    assert page.xpath(".//a/@href").count(address) == 4
    (only_amazon,) = render_all([text("/go/roller/")], RenderTarget.EMAIL, [address])
    assert tree(only_amazon).xpath(".//a/@href") == [address]
    assert "commission" not in only_amazon


def test_the_editor_gets_names_and_gives_the_same_back(shop: Program) -> None:
    product = make_favorite(shop, name="A “firm” roller")
    body = sanitize(text("/go/mat/") + embed("product", product) + embed("comparison", make_comparison(product)))
    shown = render(body, RenderTarget.EDITOR)
    assert 'data-title="A “firm” roller"' in shown
    assert sanitize(shown) == body


def test_a_snippet_brings_its_link_and_the_disclosure_stands_once_at_the_top(shop: Program) -> None:
    make_link(shop, slug="mat")
    snippet = Snippet.objects.create(name="Mat", body=text("/go/mat/"))
    page = tree(render(sanitize("<p>First.</p>" + embed("snippet", snippet) + embed("snippet", snippet))))
    assert page[0].get("class") == "disclosure"
    assert len(page.xpath(".//*[@class='disclosure']")) == 1
    assert len(page.xpath(".//a[@rel]")) == 2


def test_a_gift_or_sponsored_text_says_so_at_its_top_and_marks_the_brands_links(shop: Program, db: None) -> None:
    gift = Sponsorship.objects.create(brand="Soft Mats", kind="gifted", hosts="mats.example.org", note="A blue one.")
    make_link(shop, slug="mat")
    body = sanitize(
        text("https://www.mats.example.org/blue", "https://journal.example.org/", "/go/mat/")
        + embed("sponsorship", gift)
    )
    page = tree(render(body))
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


def test_the_label_is_not_said_twice(shop: Program) -> None:
    make_link(shop, slug="mat")
    body = sanitize('<p><a href="/go/mat/">The mat (paid link)</a> <a href="/go/mat/"><strong>bold</strong></a></p>')
    assert [link.text_content() for link in tree(render(body)).iter("a")] == ["The mat (paid link)", "bold (paid link)"]


@pytest.mark.parametrize("use", ["link", "pasted"])
def test_amazons_statements_stand_on_every_page_while_a_link_of_it_is_live(
    amazon: Program, client: Client, use: str
) -> None:
    SiteInfo.objects.create(name="Move")
    make_page(slug="about")
    statement, other = b"As an Amazon Associate I earn from qualifying", b"Amazon Services LLC Associates Program"

    def shown() -> set[bool]:
        return {
            each in client.get(path).content
            for path in ("/", "/blog/", "/about/", "/none/")
            for each in (statement, other)
        }

    assert shown() == {False}
    if use == "link":
        link = make_link(amazon)
        assert shown() == {True}
        link.retire()
    else:
        post = make_post(body=text("https://www.amazon.com/dp/B000000001"))
        assert shown() == {True}
        post.body = "<p>No more.</p>"
        post.save()
    assert shown() == {False}


def test_pages_know_the_statements_without_a_query(amazon: Program, client: Client) -> None:
    SiteInfo.objects.create(name="Move")
    make_post(slug="plain")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/plain/")
        return len(queries)

    before = count()
    make_link(amazon)
    assert count() == before


def test_a_post_with_paid_links_costs_one_query_more(amazon: Program, shop: Program, client: Client) -> None:
    favorites = [make_favorite(amazon), make_favorite(shop)]
    make_link(shop, slug="mat")
    make_post(slug="plain", body=text("/stairs/"))
    cards = "".join(embed("product", each) for each in favorites) + embed("comparison", make_comparison(*favorites))
    make_post(slug="paid", body=text("/go/mat/") + cards)

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    count("/plain/")
    assert count("/paid/") == count("/plain/") + 1


def test_a_profile_that_pays_is_said_to_wherever_a_template_shows_it(amazon: Program, client: Client) -> None:
    site = SiteInfo.objects.create(name="Move")
    make_post(slug="knees")
    plain = client.get("/knees/").content
    assert b"commission" not in plain
    SocialLink.objects.create(site=site, network="link", url="https://www.amazon.com/shop/mine")
    page = tree(client.get("/knees/").content.decode())
    links = page.xpath(".//a[contains(@href, 'amazon.')]")
    assert {link.get("href") for link in links} == {"https://www.amazon.com/shop/mine?tag=mine-20"}
    assert {link.get("rel") for link in links} == {REL}
    for link in links:
        assert link.xpath("preceding::*[@class='disclosure']")


def test_a_menu_leads_to_nothing_that_pays(amazon: Program, shop: Program, client: Client) -> None:
    make_link(shop, slug="mat")
    make_post()
    for address in ("https://amazon.com/shop/mine", "/go/mat/", "https://journal.example.org/"):
        item = Block.objects.create(area="main-menu", block_type="link", title="Away", url=address)
        assert bool(item.link_error) == ("journal" not in address)
    page = client.get("/blog/").content
    assert b"journal.example.org" in page
    assert b"amazon" not in page
    assert b"/go/mat/" not in page


def test_no_redirect_of_ones_own_hides_a_shop(amazon: Program, shop: Program, client: Client) -> None:
    for path, target in [("/roller", "https://amazon.com/dp/B000000001"), ("/else", "https://journal.example.org/")]:
        Redirect.objects.create(old_path=path, target=target)
    response = client.get("/roller/")
    page = response.content.decode()
    assert (response.status_code, response["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert page.index("I may earn a commission") < page.index('href="https://www.amazon.com/dp/B000000001?tag=mine-20"')
    assert client.get("/else/")["Location"] == "https://journal.example.org/"


def test_no_advertisement_hides_amazon(db: None) -> None:
    with pytest.raises(ValidationError, match="Amazon requires direct links"):
        Ad(name="Ad", text="Words", url="https://amzn.to/3abc").full_clean()
