"""Programs, products and links at the desk: refused in words, changed once, retired everywhere."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from lxml import html

from accounts.models import User
from affiliates.models import Comparison, ComparisonRow, Link, Product, Program, Sponsorship
from affiliates.references import pasted_references, references_to_link
from affiliates.retire_links import retire
from blog.models import Post, Snippet
from layout.models import Block
from richtext.references import rebuild
from richtext.sanitizer import sanitize
from siteinfo.models import SiteInfo
from tests.affiliates.factories import make_comparison, make_favorite, make_link, make_product
from tests.factories import make_author, make_page, make_post

LINKS, PRODUCTS = "admin:affiliates_link_changelist", "admin:affiliates_product_changelist"


def save_link(client: Client, **fields: str) -> str:
    """What the desk says after a link was sent in."""
    data = {"name": "A roller", "destination": "", "product": "", "price": "", "slug": ""} | fields
    page: Any = html.fromstring(client.post(reverse("admin:affiliates_link_add"), data, follow=True).content)
    return " ".join(page.text_content().split())


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        ("javascript:alert(1)", "It should start with https://."),
        ("data:text/html,x", "A shop URL cannot start with"),
        ("http://testserver/go/mat/", "This leads back to your own site."),
        ("https://shop.example.com/" + "x" * 5000, "at most 2000 characters (it has 5025)"),
        ("https://unknown.example.net/mat", "None of your programs covers unknown.example.net."),
        ("https://amzn.to/3abc", "Open it in your browser"),
    ],
)
def test_a_bad_destination_is_refused_in_words_and_nothing_is_saved(
    shop: Program, admin_client: Client, destination: str, words: str
) -> None:
    assert words in save_link(admin_client, destination=destination)
    assert not Link.objects.exists()


def test_a_pasted_address_finds_its_program_and_is_tidied(amazon: Program, admin_client: Client) -> None:
    said = save_link(admin_client, destination="http://amazon.com/Roller/dp/B000000001/ref=x?tag=theirs-20&th=1")
    link = Link.objects.get()
    assert (link.program, link.slug, link.destination) == (amazon, "a-roller", "https://www.amazon.com/dp/B000000001")
    assert "contained the tag theirs-20. Your tag mine-20 is used instead." in said
    save_link(admin_client, destination="https://amazon.com/dp/B000000002")
    assert [each.slug for each in Link.objects.order_by("pk")] == ["a-roller", "a-roller-2"]


@pytest.mark.django_db
def test_amazon_needs_no_setting_up_but_the_tag_is_asked_for(admin_client: Client) -> None:
    assert "earns nothing yet. Enter your tag" in save_link(
        admin_client, destination="https://amazon.com/dp/B000000001"
    )
    assert Program.objects.get().network == "amazon"


@pytest.mark.parametrize(
    "broken", [{"allows_redirect": True}, {"allows_email": True}, {"allows_bots": True}, {"price_hours": 25}]
)
def test_amazons_rules_cannot_be_broken_by_a_tick(
    amazon: Program, admin_client: Client, broken: dict[str, Any]
) -> None:
    data = {"name": "Amazon", "network": "amazon", "hosts": "amazon.com", "tag": "a-20", "tag_parameter": "tag"}
    data |= {"price_hours": "24", "disclosure": "Words.", "statements": ""}
    data |= {name: "on" if value is True else str(value) for name, value in broken.items()}
    response = admin_client.post(reverse("admin:affiliates_program_change", args=[amazon.pk]), data)
    assert "Amazon does not allow this" in response.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Program.objects.filter(pk=amazon.pk).update(**broken)


@pytest.mark.parametrize(
    ("network", "hosts", "words"),
    [
        ("other", "amazon.de", "belongs to Amazon"),
        ("amazon", "shop2.example.com", "is not an Amazon domain"),
        ("other", "shop.example.com", "already belongs to “Quiet Shop”"),
        ("other", "not a host", "no whole address"),
        ("other", "javascript:x", "A shop URL cannot start with"),
    ],
)
def test_a_programs_sites_are_looked_at(shop: Program, network: str, hosts: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Program(name="New", network=network, hosts=hosts, allows_redirect=False).full_clean()


def test_a_programs_sites_may_be_pasted_as_addresses(shop: Program) -> None:
    program = Program(name="New", hosts="https://www.Two.example.com/a\n\nthree.example.com")
    program.full_clean()
    assert program.host_list == ["two.example.com", "three.example.com"]


def test_where_a_link_is_used_is_known_whatever_holds_it(shop: Program, admin_client: Client) -> None:
    product = make_favorite(shop)
    link = product.links.get()
    body = sanitize(f'<p><a href="/go/{link.slug}/">x</a></p>')
    card = sanitize(f'<p>y</p><div data-embed="product" data-id="{product.pk}"></div>')
    table = sanitize(f'<p>z</p><div data-embed="comparison" data-id="{make_comparison(product).pk}"></div>')
    holders: list[Any] = [
        make_post(title="By name", body=body),
        make_post(title="By card", body=card, status=Post.Status.DRAFT),
        make_page(title="By table", body=table),
        Snippet.objects.create(name="By snippet", body=body),
        make_author(name="By bio", long_bio=card),
    ]
    make_post(title="Elsewhere", body="<p>Nothing.</p>")
    found = references_to_link(link).sources()
    assert {str(each) for each in found} == {str(each) for each in holders}
    page = admin_client.get(reverse("admin:affiliates_link_change", args=[link.pk])).content.decode()
    assert all(str(each) in page for each in holders)
    assert "Elsewhere" not in page
    assert "By card" in admin_client.get(reverse("admin:affiliates_product_change", args=[product.pk])).content.decode()
    holders[0].body = "<p>No more.</p>"
    holders[0].save()
    holders[1].delete()
    Post.objects.filter(title="Elsewhere").delete()
    assert len(references_to_link(link).sources()) == 3


def test_what_a_bulk_load_brought_is_read_again(shop: Program) -> None:
    link = make_link(shop, slug="mat")
    post = make_post()
    Post.objects.filter(pk=post.pk).update(body='<p><a href="/go/mat/">x</a></p>')
    assert not references_to_link(link).exists()
    rebuild()
    assert references_to_link(link).sources() == [post]


def test_an_address_longer_than_an_index_holds_is_noted_all_the_same(shop: Program) -> None:
    post = make_post(body=f'<p><a href="https://shop.example.com/{"п" * 3000}">x</a></p>')
    assert [(reference.source, program) for reference, program in pasted_references()] == [(post, shop)]


def test_a_program_that_takes_sites_over_takes_what_was_pasted(amazon: Program) -> None:
    make_post(body='<p><a href="https://new.example.org/a">x</a></p>')
    assert pasted_references() == []
    program = Program.objects.create(name="New", hosts="new.example.org")
    assert [found for _, found in pasted_references()] == [program]
    program.delete()
    assert pasted_references() == []


def test_links_in_no_text_are_listed(shop: Program, admin_client: Client) -> None:
    used, in_card, in_table, unused, retired = (make_favorite(shop).links.get() for _ in range(5))
    loose = make_link(shop, name="Loose")
    retired.retire()
    assert in_card.product
    assert in_table.product
    comparison = make_comparison(in_table.product)
    make_post(
        body=sanitize(
            f'<p><a href="/go/{used.slug}/">x</a></p><div data-embed="product" data-id="{in_card.product_id}"></div>'
            f'<div data-embed="comparison" data-id="{comparison.pk}"></div>'
        )
    )
    assert set(Link.objects.unused()) == {unused, loose}
    page = admin_client.get(reverse(LINKS), {"show": "unused"}).content.decode()
    assert "Loose" in page
    assert f"/{used.pk}/change/" not in page


def act(client: Client, address: str, rows: list[Any], replacement: Any) -> str:
    name = "retire_products" if address == PRODUCTS else "retire_links"
    data = {"action": name, "_selected_action": [row.pk for row in rows], "replacement": replacement}
    page: Any = html.fromstring(client.post(reverse(address), data, follow=True).content)
    return " ".join(page.text_content().split())


def test_a_product_is_retired_into_another_everywhere_with_a_line_for_each_text(
    shop: Program, admin_client: Client, client: Client
) -> None:
    old, new = make_favorite(shop, name="Old roller"), make_favorite(shop, name="New roller")
    card, link = f'<div data-embed="product" data-id="{old.pk}"></div>', old.links.get()
    posts = [make_post(body=sanitize(f"<p>Text.</p>{card}")) for _ in range(2)]
    posts.append(make_post(body=f'<p><a href="/go/{link.slug}/">it</a></p>'))
    said = act(admin_client, PRODUCTS, [old], new.pk)
    assert "Retired 1 link. Check that these texts still read well:" in said
    for post in posts:
        assert post.title in said
    for post in posts[:2]:
        page = client.get(post.get_absolute_url()).content.decode()
        assert "New roller" in page
        assert "Old roller" not in page
    new_link = new.links.get()
    assert client.get(f"/go/{link.slug}/", headers={"User-Agent": "Firefox"})["Location"] == new_link.shop_url
    lines = LogEntry.objects.filter(change_message__contains="was retired")
    assert {line.object_id for line in lines} == {str(post.pk) for post in posts}
    assert len(lines) == 3
    assert "Check that the text still fits." in lines[0].change_message


@pytest.mark.parametrize("replacement", ["self", "x'; --", "999999"])
def test_a_link_is_replaced_by_no_other_than_one_in_use(shop: Program, admin_client: Client, replacement: str) -> None:
    link = make_link(shop)
    said = act(admin_client, LINKS, [link], link.pk if replacement == "self" else replacement)
    assert ("cannot replace these links" in said) == (replacement == "self")
    assert not Link.objects.filter(is_retired=True).exists()


def test_a_link_that_was_retired_meanwhile_replaces_nothing(shop: Program, admin_user: User) -> None:
    first, second = make_link(shop), make_link(shop)
    seen_before = Link.objects.get(pk=second.pk)
    retire([second], first, admin_user)
    with pytest.raises(ValidationError, match="cannot replace these links"):
        retire([first], seen_before, admin_user)
    assert Link.objects.get(pk=first.pk).is_retired is False


def test_a_retired_link_can_be_put_back_in_use(
    shop: Program, admin_user: User, admin_client: Client, client: Client
) -> None:
    old, new = make_link(shop, slug="old"), make_link(shop)
    retire([old], new, admin_user)
    data = {"action": "restore_links", "_selected_action": [old.pk], "replacement": ""}
    admin_client.post(reverse(LINKS, query={"show": "retired"}), data)
    assert client.get("/go/old/", headers={"User-Agent": "Firefox"})["Location"] == old.shop_url


def test_a_product_without_a_link_replaces_nothing(shop: Program, admin_client: Client) -> None:
    old, bare = make_favorite(shop), make_product()
    assert "The replacement has no link." in act(admin_client, PRODUCTS, [old], bare.pk)
    assert not Link.objects.filter(is_retired=True).exists()


def test_the_editor_finds_links_by_name_and_blocks_in_a_list(
    shop: Program, admin_client: Client, client: Client
) -> None:
    product = make_favorite(shop, name="A roller")
    make_link(shop, name="Blue mat", slug="mat")
    make_link(shop, name="Old mat").retire()
    places = admin_client.get("/admin/links/", {"q": "mat"}).json()["suggestions"]
    assert places == [{"title": "Blue mat", "url": "/go/mat/", "kind": "Affiliate link", "is_draft": False}]
    comparison = Comparison.objects.create(title="Rollers")
    ComparisonRow.objects.create(comparison=comparison, product=product)
    gift = Sponsorship.objects.create(brand="Soft Mats", kind="gifted")
    assert admin_client.get("/admin/affiliates/product/list/").json() == [
        {"kind": "product", "id": product.pk, "name": "A roller"},
        {"kind": "comparison", "id": comparison.pk, "name": "Rollers"},
        {"kind": "sponsorship", "id": gift.pk, "name": "Soft Mats: I received a free product"},
    ]
    assert client.get("/admin/affiliates/product/list/").status_code == 302


def test_a_product_and_its_links_are_saved_together_or_not_at_all(shop: Program, admin_client: Client) -> None:
    def save(destination: str) -> str:
        data = {"name": "Roller", "reason": "Good.", "pros": "", "cons": "", "audience": "", "position": "0"}
        data |= {"links-TOTAL_FORMS": "2", "links-INITIAL_FORMS": "0", "section": "", "picture": ""}
        for number in range(2):
            data |= {f"links-{number}-name": "Roller", f"links-{number}-price": ""}
            data[f"links-{number}-destination"] = destination if number else "https://shop.example.com/0"
        return admin_client.post(reverse("admin:affiliates_product_add"), data, follow=True).content.decode()

    assert "None of your programs" in save("https://unknown.example.net/")
    assert not Product.objects.exists()
    save("https://shop.example.com/1")
    assert {link.slug for link in Product.objects.get().links.all()} == {"roller", "roller-2"}


def test_links_are_retired_and_not_deleted(shop: Program, admin_client: Client) -> None:
    link = make_link(shop)
    assert admin_client.get(reverse("admin:affiliates_link_delete", args=[link.pk])).status_code == 403
    page = admin_client.get(reverse("admin:affiliates_program_delete", args=[shop.pk])).content.decode()
    assert "Cannot delete" in page


def press(client: Client, destination: str) -> str:
    response = client.post(reverse("admin:affiliates_pasted"), {"destination": destination}, follow=True)
    page: Any = html.fromstring(response.content.decode())
    return " ".join(page.text_content().split())


def test_a_pasted_address_becomes_a_link_by_name_in_every_text(amazon: Program, admin_client: Client) -> None:
    shapes = ("https://amazon.com/dp/B000000001?tag=old-20", "http://www.amazon.com/x/dp/B000000001/ref=a")
    posts = [
        make_post(title=f"Post {n}", body=f'<p><a href="{href}">A firm <em>roller</em></a></p>')
        for n, href in enumerate(shapes)
    ]
    box = Block.objects.create(area="sidebar", block_type="text", text=f'<p><a href="{shapes[0]}">x</a></p>')
    make_post(title="Else", body='<p><a href="https://amzn.to/3abc">y</a></p>')
    page = admin_client.get(reverse("admin:affiliates_pasted")).content.decode()
    form = "https://www.amazon.com/dp/B000000001"
    assert page.count(f'value="{form}"') == 1
    assert "Open it in your browser" in page
    assert page.count('<button class="button">Convert') == 1
    said = press(admin_client, form)
    link = Link.objects.get()
    assert (link.name, link.destination, link.program) == ("A firm roller", form, amazon)
    assert "“A firm roller”, used in Post 0, Post 1" in said
    for row, field in [(posts[0], "body"), (posts[1], "body"), (box, "text")]:
        row.refresh_from_db()
        assert f'<a href="/go/{link.slug}/">' in getattr(row, field)
    assert {str(each) for each in references_to_link(link).sources()} == {"Post 0", "Post 1", str(box)}
    assert "No post contains this URL any more." in press(admin_client, form)
    assert "which hides where it leads" in press(admin_client, "https://amzn.to/3abc")


def test_a_pasted_address_of_a_link_that_there_is_takes_its_name(shop: Program, admin_client: Client) -> None:
    link = make_link(shop, slug="mat", destination="https://shop.example.com/mat")
    post = make_post(body='<p><a href="https://shop.example.com/mat?ref=x">x</a></p>')
    press(admin_client, "https://shop.example.com/mat")
    post.refresh_from_db()
    assert Link.objects.get() == link
    assert '<a href="/go/mat/">' in post.body


def test_who_may_not_change_a_text_changes_none(shop: Program) -> None:
    post = make_post(body='<p><a href="https://shop.example.com/mat">x</a></p>')
    user, client = User.objects.create_user("x@example.com", "a password for tests", is_staff=True), Client()
    client.force_login(user)
    address, data = reverse("admin:affiliates_pasted"), {"destination": "https://shop.example.com/mat"}
    assert client.get(address).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="add_link"))
    assert client.get(address).status_code == 200
    assert client.post(address, data).status_code == 403
    post.refresh_from_db()
    assert "/go/" not in post.body
    assert not Link.objects.exists()


def test_a_box_with_a_paid_link_is_known_and_brings_amazons_statements(amazon: Program, client: Client) -> None:
    SiteInfo.objects.create(name="Move")
    make_post()
    box = Block.objects.create(
        area="sidebar", block_type="text", text='<p><a href="https://amazon.com/dp/B000000001">x</a></p>'
    )
    page = client.get("/blog/").content
    assert page.index(b"I may earn a commission") < page.index(b"B000000001?tag=mine-20")
    assert b"Amazon Services LLC Associates Program" in page
    box.delete()
    assert b"Amazon Services LLC Associates Program" not in client.get("/blog/").content


def test_amazons_program_cannot_go_while_texts_lead_there(amazon: Program, client: Client) -> None:
    SiteInfo.objects.create(name="Move")
    make_post(slug="knees", body='<p><a href="https://amazon.com/dp/B000000001">x</a></p>')
    amazon.delete()
    assert [program for _, program in pasted_references()] == [Program.objects.get()]
    assert b"Amazon Services LLC Associates Program" in client.get("/knees/").content
