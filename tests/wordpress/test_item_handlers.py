"""Test what is imported besides posts and pages: menus, affiliate links, redirects and canonical URLs."""

import pytest
from django.contrib.admin.sites import site as admin_site
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from affiliates.models import Link, Program
from blog.models import Post
from layout.block_types import Area
from layout.models import Block
from pages.models import Page
from redirects.models import Redirect
from tests.wordpress.exports import Writer, all_rows, item
from tests.wordpress.test_seo import meta
from wordpress.models import ImportedMenu

pytestmark = pytest.mark.django_db


def menu_item(number: int, *, title: str = "", parent: int = 0, order: int = 0, **values: str) -> str:
    """Return an entry of the menu "Main"."""
    fields = {f"_menu_item_{key}": value for key, value in values.items()}
    fields["_menu_item_menu_item_parent"] = str(parent)
    ref = '<category domain="nav_menu" nicename="main"><![CDATA[Main]]></category>'
    return item(number, kind="nav_menu_item", title=title, order=order, more=ref + meta(**fields))


MENU = (
    item(1),
    item(2, kind="page", slug="about", title="About us"),
    item(3, kind="page", slug="hidden", status="draft"),
    menu_item(20, title="Start", type="custom", url="https://old.example/", order=1),
    menu_item(21, type="post_type", object="page", object_id="2", order=2),
    menu_item(22, title="Read this", type="post_type", object="post", object_id="1", parent=21, order=3),
    menu_item(23, title="Elsewhere", type="custom", url="https://shop.example/", parent=22, order=4),
    menu_item(24, title="Hidden", type="post_type", object="page", object_id="3", order=5),
    menu_item(25, title="Only a heading", type="custom", url="#", order=6),
)


def test_menu_waits_for_its_author_and_replaces_nothing(write: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_wordpress", write(*MENU))
    assert not Block.objects.exists()
    menu = ImportedMenu.objects.get()
    assert menu.entries == [
        {"title": "Start", "url": "/", "children": []},
        {
            "title": "",
            "url": "/about/",
            "children": [
                {
                    "title": "Read this",
                    "url": "/post-1/",
                    "children": [{"title": "Elsewhere", "url": "https://shop.example/", "children": []}],
                }
            ],
        },
    ]
    output = capsys.readouterr().out
    assert "The menu “Main” was read. Choose its place" in output
    assert "?page_id=3: The menu “Main” led there" in output
    before = list(ImportedMenu.objects.values())
    call_command("import_wordpress", write(*MENU))
    assert list(ImportedMenu.objects.values()) == before


def test_menu_becomes_the_main_menu_and_leaves_the_search(write: Writer, client: Client) -> None:
    call_command("import_wordpress", write(*MENU))
    call_command("wordpress_menus", "Main", "main-menu")
    top_level = [(block.block_type, block.name) for block in Block.objects.filter(area=Area.MAIN_MENU, parent=None)]
    assert top_level == [("link", "Start"), ("heading", "About us"), ("search", "Search")]
    below = Block.objects.filter(parent__block_type="heading")
    assert [(block.name, block.href) for block in below] == [
        ("About us", "/about/"),
        ("Read this", "/post-1/"),
        ("Elsewhere", "https://shop.example/"),
    ]
    assert "Read this" in client.get("/").content.decode()
    Page.objects.get(slug="about").delete()
    call_command("wordpress_menus", "Main", "main-menu")
    assert not Block.objects.filter(title="About us").exists()


def test_menu_is_added_to_a_side_area_and_to_the_top_bar(write: Writer) -> None:
    call_command("import_wordpress", write(*MENU))
    call_command("wordpress_menus", "Main", "footer")
    heading = Block.objects.get(area=Area.FOOTER, block_type="heading", title="Main")
    assert heading.children.count() == 4
    call_command("wordpress_menus", "Main", "top-bar")
    assert Block.objects.filter(area=Area.TOP_BAR, block_type="link", parent=None).count() == 4


def test_unknown_menu_is_an_error(write: Writer) -> None:
    with pytest.raises(CommandError, match="Name one of your menus"):
        call_command("wordpress_menus", "Other", "main-menu")


def test_menu_is_placed_from_the_admin(write: Writer, client: Client) -> None:
    call_command("import_wordpress", write(*MENU))
    client.force_login(User.objects.create_superuser("owner@example.org"))
    url = "/admin/wordpress/importedmenu/"
    page = client.get(url).content.decode()
    assert "Replace the links in: Main menu" in page
    data = {"action": "place_in_main_menu", "_selected_action": [ImportedMenu.objects.get().pk]}
    response = client.post(url, data, follow=True)
    assert "is now in this area: Main menu." in response.content.decode()
    assert Block.objects.filter(area=Area.MAIN_MENU, title="Start").exists()
    assert not admin_site.get_model_admin(ImportedMenu).has_add_permission(response.wsgi_request)


def affiliate(number: int, url: str, slug: str = "roller", **values: str) -> str:
    link = f"https://old.example/recommends/{slug}/"
    more = meta(_ta_destination_url=url)
    return item(number, kind="thirstylink", slug=slug, title="Foam roller", link=link, more=more, **values)


def test_thirsty_affiliates_become_affiliate_links_with_working_old_urls(write: Writer, client: Client) -> None:
    body = 'See <a href="https://old.example/recommends/roller/">this roller</a>.'
    path = write(affiliate(30, "https://www.shop.example/roller?aff=7"), item(1, body=body))
    call_command("import_wordpress", path)
    link = Link.objects.get()
    assert (link.name, link.slug, link.program.name) == ("Foam roller", "roller", "shop.example")
    assert client.get("/recommends/roller/")["Location"] == "/go/roller/"
    assert client.get("/go/roller/")["Location"] == "https://www.shop.example/roller?aff=7"
    assert 'href="/go/roller/"' in Post.objects.get().body
    rows = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == rows
    link.delete()
    call_command("import_wordpress", path)
    assert not Link.objects.exists()


def test_amazon_link_gets_amazons_rules_and_tag(write: Writer, client: Client) -> None:
    call_command("import_wordpress", write(affiliate(30, "https://www.amazon.com/dp/B000000000?tag=me-20")))
    program = Program.objects.get()
    assert (program.network, program.tag) == ("amazon", "me-20")
    # Amazon does not allow hidden redirects, so a page with the disclosure comes between.
    page = client.get("/recommends/roller/").content.decode()
    assert 'href="https://www.amazon.com/dp/B000000000?tag=me-20"' in page


def test_link_without_a_destination_is_named(write: Writer, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_wordpress", write(item(30, kind="pretty-link", title="My shop")))
    assert "The affiliate link “My shop” was skipped: the export does not contain its URL." in capsys.readouterr().out
    assert not Link.objects.exists()


def test_link_to_an_unusable_shop_url_keeps_its_old_url(write: Writer, client: Client) -> None:
    call_command("import_wordpress", write(affiliate(30, "https://amzn.to/abc")))
    assert not Link.objects.exists()
    assert 'href="https://amzn.to/abc"' in client.get("/recommends/roller/").content.decode()


def test_post_that_only_redirected_becomes_a_draft_with_a_redirect(write: Writer, client: Client) -> None:
    away = item(2, slug="moved", more=meta(_yoast_wpseo_redirect="/post-1/"))
    external = item(3, slug="gone", more=meta(redirect="https://journal.example/paper"))
    path = write(item(1), away, external)
    call_command("import_wordpress", path)
    assert {post.slug: post.status for post in Post.objects.all()} == {
        "post-1": "published",
        "moved": "draft",
        "gone": "draft",
    }
    assert client.get("/moved/")["Location"] == "/post-1/"
    assert client.get("/gone/")["Location"] == "https://journal.example/paper"
    rows = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == rows


def test_rules_of_safe_redirect_manager_become_redirects(write: Writer, client: Client) -> None:
    fields = {"_redirect_rule_from": "/old-shop", "_redirect_rule_to": "https://old.example/?p=1"}
    call_command("import_wordpress", write(item(1), item(2, kind="redirect_rule", more=meta(**fields))))
    assert client.get("/old-shop/")["Location"] == "/post-1/"
    assert Redirect.objects.get().origin == Redirect.Origin.IMPORTED


def test_canonical_url_of_another_own_post_is_rewritten(write: Writer, settings: object) -> None:
    to_other = meta(_yoast_wpseo_canonical="https://old.example/post-2/")
    to_nothing = meta(_yoast_wpseo_canonical="https://old.example/no-such-post/")
    path = write(item(1, more=to_other), item(2), item(3, more=to_nothing))
    call_command("import_wordpress", path)
    canonicals = dict(Post.objects.values_list("slug", "canonical_url"))
    assert canonicals["post-1"].endswith("/post-2/")
    assert "old.example" not in canonicals["post-1"]
    assert (canonicals["post-2"], canonicals["post-3"]) == ("", "")
    rows = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == rows
