"""Programs, products and links in the admin: validation, where they are used, retiring, pasted URLs."""

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
from affiliates.models import Comparison, ComparisonRow, Link, Product, Program, ShopSection, Sponsorship
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
    """Submit a new link. Return the text of the page that follows."""
    data = {"name": "A roller", "destination": "", "product": "", "price": "", "slug": ""} | fields
    page: Any = html.fromstring(client.post(reverse("admin:affiliates_link_add"), data, follow=True).content)
    return " ".join(page.text_content().split())


@pytest.mark.parametrize(
    ("destination", "message"),
    [
        ("javascript:alert(1)", "It should start with https://."),
        ("data:text/html,x", "A shop URL cannot start with"),
        ("http://testserver/go/mat/", "This URL is on your own site."),
        ("https://shop.example.com/" + "x" * 5000, "at most 2000 characters (it has 5025)"),
        ("https://unknown.example.net/mat", "None of your programs covers unknown.example.net."),
        ("https://amzn.to/3abc", "Open it in your browser"),
    ],
)
def test_an_invalid_destination_gets_an_error_message(
    shop: Program, admin_client: Client, destination: str, message: str
) -> None:
    assert message in save_link(admin_client, destination=destination)
    assert not Link.objects.exists()


def test_a_pasted_url_is_assigned_to_its_program_and_normalized(amazon: Program, admin_client: Client) -> None:
    message = save_link(admin_client, destination="http://amazon.com/Roller/dp/B000000001/ref=x?tag=theirs-20&th=1")
    link = Link.objects.get()
    assert (link.program, link.slug, link.destination) == (amazon, "a-roller", "https://www.amazon.com/dp/B000000001")
    assert "contained the tag theirs-20. Your tag mine-20 is used instead." in message
    save_link(admin_client, destination="https://amazon.com/dp/B000000002")
    assert [each.slug for each in Link.objects.order_by("pk")] == ["a-roller", "a-roller-2"]


@pytest.mark.django_db
def test_amazons_program_is_created_with_a_reminder_of_the_tag(admin_client: Client) -> None:
    assert "earns nothing yet. Enter your tag" in save_link(
        admin_client, destination="https://amazon.com/dp/B000000001"
    )
    assert Program.objects.get().network == "amazon"


@pytest.mark.parametrize(
    "changes", [{"allows_redirect": True}, {"allows_email": True}, {"allows_bots": True}, {"price_hours": 25}]
)
def test_amazons_rules_cannot_be_changed(amazon: Program, admin_client: Client, changes: dict[str, Any]) -> None:
    data = {"name": "Amazon", "network": "amazon", "hosts": "amazon.com", "tag": "a-20", "tag_parameter": "tag"}
    data |= {"price_hours": "24", "disclosure": "Words.", "statements": ""}
    data |= {name: "on" if value is True else str(value) for name, value in changes.items()}
    response = admin_client.post(reverse("admin:affiliates_program_change", args=[amazon.pk]), data)
    assert "Amazon does not allow this" in response.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        Program.objects.filter(pk=amazon.pk).update(**changes)


@pytest.mark.parametrize(
    ("network", "hosts", "message"),
    [
        ("other", "amazon.de", "belongs to Amazon"),
        ("amazon", "shop2.example.com", "is not an Amazon domain"),
        ("other", "shop.example.com", "already belongs to “Quiet Shop”"),
        ("other", "not a host", "Enter a complete shop URL"),
        ("other", "javascript:x", "A shop URL cannot start with"),
    ],
)
def test_the_domains_of_a_program_are_validated(shop: Program, network: str, hosts: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        Program(name="New", network=network, hosts=hosts, allows_redirect=False).full_clean()
    assert list(caught.value.message_dict) == ["hosts"]


def test_the_domains_of_a_program_can_be_entered_as_urls(shop: Program) -> None:
    program = Program(name="New", hosts="https://www.Two.example.com/a\n\nthree.example.com")
    program.full_clean()
    assert program.host_list == ["two.example.com", "three.example.com"]


def test_the_admin_lists_everything_that_uses_a_link(shop: Program, admin_client: Client) -> None:
    product = make_favorite(shop)
    link = product.links.get()
    body = sanitize(f'<p><a href="/go/{link.slug}/">x</a></p>')
    card = sanitize(f'<p>y</p><div data-embed="product" data-id="{product.pk}"></div>')
    table = sanitize(f'<p>z</p><div data-embed="comparison" data-id="{make_comparison(product).pk}"></div>')
    sources: list[Any] = [
        make_post(title="By name", body=body),
        make_post(title="By card", body=card, status=Post.Status.DRAFT),
        make_page(title="By table", body=table),
        Snippet.objects.create(name="By snippet", body=body),
        make_author(name="By bio", long_bio=card),
    ]
    make_post(title="Elsewhere", body="<p>Nothing.</p>")
    assert {str(each) for each in references_to_link(link).sources()} == {str(each) for each in sources}
    page = admin_client.get(reverse("admin:affiliates_link_change", args=[link.pk])).content.decode()
    assert all(str(each) in page for each in sources)
    assert "Elsewhere" not in page
    assert "By card" in admin_client.get(reverse("admin:affiliates_product_change", args=[product.pk])).content.decode()
    sources[0].body = "<p>No more.</p>"
    sources[0].save()
    sources[1].delete()
    Post.objects.filter(title="Elsewhere").delete()
    assert len(references_to_link(link).sources()) == 3


def test_rebuilding_the_index_includes_bulk_updates(shop: Program) -> None:
    link = make_link(shop, slug="mat")
    post = make_post()
    Post.objects.filter(pk=post.pk).update(body='<p><a href="/go/mat/">x</a></p>')
    assert not references_to_link(link).exists()
    rebuild()
    assert references_to_link(link).sources() == [post]


def test_very_long_pasted_urls_are_indexed(shop: Program) -> None:
    post = make_post(body=f'<p><a href="https://shop.example.com/{"п" * 3000}">x</a></p>')
    assert [(reference.source, program) for reference, program in pasted_references()] == [(post, shop)]


def test_a_new_program_covers_urls_pasted_before(amazon: Program) -> None:
    make_post(body='<p><a href="https://new.example.org/a">x</a></p>')
    assert pasted_references() == []
    program = Program.objects.create(name="New", hosts="new.example.org")
    assert [found for _, found in pasted_references()] == [program]
    program.delete()
    assert pasted_references() == []


def test_unused_links_are_listed(shop: Program, admin_client: Client) -> None:
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


def run_action(client: Client, url: str, rows: list[Any], replacement: Any) -> str:
    name = "retire_products" if url == PRODUCTS else "retire_links"
    data = {"action": name, "_selected_action": [row.pk for row in rows], "replacement": replacement}
    page: Any = html.fromstring(client.post(reverse(url), data, follow=True).content)
    return " ".join(page.text_content().split())


def test_a_retired_product_is_replaced_in_every_text_and_logged_in_its_history(
    shop: Program, admin_client: Client, client: Client
) -> None:
    old, new = make_favorite(shop, name="Old roller"), make_favorite(shop, name="New roller")
    card, link = f'<div data-embed="product" data-id="{old.pk}"></div>', old.links.get()
    posts = [make_post(body=sanitize(f"<p>Text.</p>{card}")) for _ in range(2)]
    posts.append(make_post(body=f'<p><a href="/go/{link.slug}/">it</a></p>'))
    message = run_action(admin_client, PRODUCTS, [old], new.pk)
    assert "Retired 1 link. Check that these texts still read well:" in message
    for post in posts:
        assert post.title in message
    for post in posts[:2]:
        page = client.get(post.get_absolute_url()).content.decode()
        assert "New roller" in page
        assert "Old roller" not in page
    new_link = new.links.get()
    assert client.get(f"/go/{link.slug}/", headers={"User-Agent": "Firefox"})["Location"] == new_link.shop_url
    log_entries = LogEntry.objects.filter(change_message__contains="was retired")
    assert {log_entry.object_id for log_entry in log_entries} == {str(post.pk) for post in posts}
    assert len(log_entries) == 3
    assert "Check that the text still reads well." in log_entries[0].change_message


@pytest.mark.parametrize("replacement", ["self", "x'; --", "999999"])
def test_only_another_active_link_can_replace_a_link(shop: Program, admin_client: Client, replacement: str) -> None:
    link = make_link(shop)
    message = run_action(admin_client, LINKS, [link], link.pk if replacement == "self" else replacement)
    assert ("cannot replace these links" in message) == (replacement == "self")
    assert not Link.objects.filter(is_retired=True).exists()


def test_a_concurrently_retired_link_cannot_replace_another(shop: Program, admin_user: User) -> None:
    first, second = make_link(shop), make_link(shop)
    stale = Link.objects.get(pk=second.pk)
    retire([second], first, admin_user)
    with pytest.raises(ValidationError, match="cannot replace these links"):
        retire([first], stale, admin_user)
    assert Link.objects.get(pk=first.pk).is_retired is False


def test_a_retired_link_can_be_restored(shop: Program, admin_user: User, admin_client: Client, client: Client) -> None:
    old, new = make_link(shop, slug="old"), make_link(shop)
    retire([old], new, admin_user)
    data = {"action": "restore_links", "_selected_action": [old.pk], "replacement": ""}
    admin_client.post(reverse(LINKS, query={"show": "retired"}), data)
    assert client.get("/go/old/", headers={"User-Agent": "Firefox"})["Location"] == old.shop_url


def test_a_product_without_a_link_cannot_replace_another(shop: Program, admin_client: Client) -> None:
    old, without_link = make_favorite(shop), make_product()
    assert "The replacement has no link." in run_action(admin_client, PRODUCTS, [old], without_link.pk)
    assert not Link.objects.filter(is_retired=True).exists()


def test_the_editor_finds_links_by_name_and_lists_embeds(shop: Program, admin_client: Client, client: Client) -> None:
    product = make_favorite(shop, name="A roller")
    make_link(shop, name="Blue mat", slug="mat")
    make_link(shop, name="Old mat").retire()
    suggestions = admin_client.get("/admin/links/", {"q": "mat"}).json()["suggestions"]
    assert suggestions == [{"title": "Blue mat", "url": "/go/mat/", "kind": "Affiliate link", "is_draft": False}]
    comparison = Comparison.objects.create(title="Rollers")
    ComparisonRow.objects.create(comparison=comparison, product=product)
    gift = Sponsorship.objects.create(brand="Soft Mats", kind="gifted")
    assert admin_client.get("/admin/affiliates/product/list/").json() == [
        {
            "kind": "product",
            "id": product.pk,
            "name": "A roller",
            "detail": product.links.get().program.name,
            "image": "",
        },
        {"kind": "comparison", "id": comparison.pk, "name": "Rollers"},
        {"kind": "sponsorship", "id": gift.pk, "name": "Soft Mats: I received a free product"},
    ]
    assert client.get("/admin/affiliates/product/list/").status_code == 302


def test_a_product_and_its_links_are_saved_together_or_not_at_all(shop: Program, admin_client: Client) -> None:
    def save(destination: str) -> str:
        data = {"name": "Roller", "reason": "Good.", "pros": "", "cons": "", "audience": "", "position": "0"}
        data |= {"links-TOTAL_FORMS": "2", "links-INITIAL_FORMS": "0", "section": "", "image": ""}
        for number in range(2):
            data |= {f"links-{number}-name": "Roller", f"links-{number}-price": ""}
            data[f"links-{number}-destination"] = destination if number else "https://shop.example.com/0"
        return admin_client.post(reverse("admin:affiliates_product_add"), data, follow=True).content.decode()

    assert "None of your programs" in save("https://unknown.example.net/")
    assert not Product.objects.exists()
    save("https://shop.example.com/1")
    assert {link.slug for link in Product.objects.get().links.all()} == {"roller", "roller-2"}


def test_nothing_beside_a_product_of_the_list_deletes_its_section(shop: Program, admin_client: Client) -> None:
    make_product(section=ShopSection.objects.create(name="For knees"))
    page = admin_client.get(reverse("admin:affiliates_product_changelist")).content.decode()
    assert 'name="form-0-section"' in page
    assert "delete-related" not in page
    assert "change-related" not in page


def test_links_cannot_be_deleted(shop: Program, admin_client: Client) -> None:
    link = make_link(shop)
    assert admin_client.get(reverse("admin:affiliates_link_delete", args=[link.pk])).status_code == 403
    page = admin_client.get(reverse("admin:affiliates_program_delete", args=[shop.pk])).content.decode()
    assert "Cannot delete" in page


def convert(client: Client, destination: str) -> str:
    response = client.post(reverse("admin:affiliates_pasted"), {"destination": destination}, follow=True)
    page: Any = html.fromstring(response.content.decode())
    return " ".join(page.text_content().split())


def test_a_pasted_url_is_converted_in_every_text(amazon: Program, admin_client: Client) -> None:
    urls = ("https://amazon.com/dp/B000000001?tag=old-20", "http://www.amazon.com/x/dp/B000000001/ref=a")
    posts = [
        make_post(title=f"Post {n}", body=f'<p><a href="{href}">A firm <em>roller</em></a></p>')
        for n, href in enumerate(urls)
    ]
    block = Block.objects.create(area="sidebar", block_type="text", text=f'<p><a href="{urls[0]}">x</a></p>')
    make_post(title="Elsewhere", body='<p><a href="https://amzn.to/3abc">y</a></p>')
    page = admin_client.get(reverse("admin:affiliates_pasted")).content.decode()
    canonical_url = "https://www.amazon.com/dp/B000000001"
    assert page.count(f'value="{canonical_url}"') == 1
    assert "Open it in your browser" in page
    assert page.count('<button class="button">Convert') == 1
    message = convert(admin_client, canonical_url)
    link = Link.objects.get()
    assert (link.name, link.destination, link.program) == ("A firm roller", canonical_url, amazon)
    assert "“A firm roller”, used in Post 0, Post 1" in message
    for row, field in [(posts[0], "body"), (posts[1], "body"), (block, "text")]:
        row.refresh_from_db()
        assert f'<a href="/go/{link.slug}/">' in getattr(row, field)
    assert {str(each) for each in references_to_link(link).sources()} == {"Post 0", "Post 1", str(block)}
    assert "No text contains this URL anymore." in convert(admin_client, canonical_url)
    assert "which hides the page it opens" in convert(admin_client, "https://amzn.to/3abc")


def test_a_pasted_url_is_converted_to_the_existing_link(shop: Program, admin_client: Client) -> None:
    link = make_link(shop, slug="mat", destination="https://shop.example.com/mat")
    post = make_post(body='<p><a href="https://shop.example.com/mat?ref=x">x</a></p>')
    convert(admin_client, "https://shop.example.com/mat")
    post.refresh_from_db()
    assert Link.objects.get() == link
    assert '<a href="/go/mat/">' in post.body


def test_converting_needs_permission_to_change_every_text(shop: Program) -> None:
    post = make_post(body='<p><a href="https://shop.example.com/mat">x</a></p>')
    user, client = User.objects.create_user("x@example.com", "a password for tests", is_staff=True), Client()
    client.force_login(user)
    url, data = reverse("admin:affiliates_pasted"), {"destination": "https://shop.example.com/mat"}
    assert client.get(url).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="add_link"))
    assert client.get(url).status_code == 200
    assert client.post(url, data).status_code == 403
    post.refresh_from_db()
    assert "/go/" not in post.body
    assert not Link.objects.exists()


def test_a_pasted_amazon_link_in_a_block_is_disclosed_and_adds_the_statements(amazon: Program, client: Client) -> None:
    SiteInfo.objects.create(name="Move")
    make_post()
    block = Block.objects.create(
        area="sidebar", block_type="text", text='<p><a href="https://amazon.com/dp/B000000001">x</a></p>'
    )
    page = client.get("/blog/").content
    assert page.index(b"I may earn a commission") < page.index(b"B000000001?tag=mine-20")
    assert b"Amazon Services LLC Associates Program" in page
    block.delete()
    assert b"Amazon Services LLC Associates Program" not in client.get("/blog/").content


def test_amazons_program_is_recreated_while_texts_link_to_amazon(amazon: Program, client: Client) -> None:
    SiteInfo.objects.create(name="Move")
    make_post(slug="knees", body='<p><a href="https://amazon.com/dp/B000000001?tag=mine-20">x</a></p>')
    amazon.delete()
    assert [program for _, program in pasted_references()] == [Program.objects.get()]
    assert b"Amazon Services LLC Associates Program" in client.get("/knees/").content
