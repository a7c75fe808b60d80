"""Blocks are added, edited and removed in the admin."""

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page as BrowserPage

from accounts.models import User
from audit.accessibility import violations
from blog.models import Category, Post
from layout.block_types import BLOCK_TYPES, Area
from layout.models import Block
from pages.models import Page
from tests.factories import make_category, make_image, make_page, make_post
from tests.layout.editor import NAMES, area_url, order, parse
from tests.layout.factories import link_titles, widget_titles


@pytest.mark.django_db
@pytest.mark.any_database
def test_pages_posts_and_categories_can_be_found_by_title_and_linked(
    admin_client: Client, four_links: list[Block]
) -> None:
    page, post, category = make_page(title="Knee page"), make_post(title="Knee post"), make_category(name="Knees")
    found = parse(admin_client.get(area_url("main-menu"), {"q": "knee"}))
    assert found.xpath("//button[@name='link']/@value") == [
        page.get_absolute_url(),
        category.get_absolute_url(),
        post.get_absolute_url(),
    ]
    for target in (page, category, post):
        admin_client.post(area_url("main-menu"), {"link": target.get_absolute_url(), "q": "knee"})
    admin_client.post(area_url("main-menu"), {"link": "/contact/", "q": "contact"})
    assert order("main-menu") == [*NAMES, "Knee page", "Knees", "Knee post", "Contact"]
    assert list(Block.objects.filter(url="").values_list("page", "category", "post")) == [
        (page.pk, None, None),
        (None, category.pk, None),
        (None, None, post.pk),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "/nothing-here/",
        "/nothing-here/?x=1",
        "/2031/02/",
        "/category/none/",
        "/tag/none/",
        "javascript:alert(1)",
        "https://[x]/",
        "knee",
        "",
    ],
)
@pytest.mark.any_database
def test_a_broken_link_is_rejected_and_the_entered_title_stays(admin_client: Client, url: str) -> None:
    form = reverse("admin:layout_block_add", query={"area": "main-menu", "block_type": "link"})
    response = admin_client.post(form, {"title": "My title", "link": url, "is_shown": "on"})
    assert response.status_code == 200
    assert parse(response).xpath("//ul[contains(@class, 'errorlist')]/li")
    assert 'value="My title"' in response.content.decode()
    assert not Block.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "/contact/",
        "/feed/",
        "https://example.com/",
        "http://testserver.example/",
        "mailto:a@example.com",
        "/blog/?page=2",
        "/#home-start",
    ],
)
@pytest.mark.any_database
def test_working_urls_are_accepted(admin_client: Client, url: str) -> None:
    form = reverse("admin:layout_block_add", query={"area": "main-menu", "block_type": "link"})
    admin_client.post(form, {"title": "There", "link": url, "is_shown": "on"})
    assert "There" in order("main-menu")
    assert Block.objects.get(title="There").href == url


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_url_of_a_page_is_stored_as_a_link_to_the_page(admin_client: Client, client: Client) -> None:
    page = make_page(title="Who I am", slug="who")
    admin_client.post(area_url("main-menu"), {"customize": "1"})
    block = Block.objects.get(area="main-menu", title="Home")
    form = reverse("admin:layout_block_change", args=[block.pk])
    admin_client.post(form, {"title": "", "link": "http://testserver/who/", "is_shown": "on"})
    page.slug = "me"
    page.save()
    block.refresh_from_db()
    assert (block.page, block.url, block.name, block.href) == (page, "", "Who I am", "/me/")
    assert link_titles(client, "main-menu")[0] == "Who I am"


@pytest.mark.any_database
def test_a_block_of_an_unknown_area_cannot_be_opened(admin_client: Client) -> None:
    block = Block.objects.create(area="attic", block_type="search")
    response = admin_client.get(reverse("admin:layout_block_change", args=[block.pk]), follow=True)
    assert response.status_code == 200
    assert "Perhaps it was deleted?" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("block_type", BLOCK_TYPES)
@pytest.mark.any_database
def test_the_form_has_only_the_fields_of_the_block_type(admin_client: Client, block_type: str) -> None:
    area = next(area for area in Area if area in BLOCK_TYPES[block_type].areas)
    url = reverse("admin:layout_block_add", query={"area": area, "block_type": block_type})
    form = parse(admin_client.get(url)).get_element_by_id("block_form")
    names = {name for name in form.fields if name and not name.startswith(("_", "csrf"))}
    assert names == {*BLOCK_TYPES[block_type].fields, "is_shown"}


@pytest.mark.django_db
@pytest.mark.any_database
def test_text_and_image_blocks_are_edited_and_shown(admin_client: Client, client: Client) -> None:
    image = make_image(alt="A bridge")
    Block.objects.create(area="sidebar", block_type="search")
    form = reverse("admin:layout_block_add", query={"area": "sidebar", "block_type": "text"})
    text = '<p>Come in. <a href="/contact/">Write</a></p><script>alert(1)</script>'
    admin_client.post(form, {"title": "Open house", "text": text, "is_shown": "on"})
    form = reverse("admin:layout_block_add", query={"area": "sidebar", "block_type": "image"})
    admin_client.post(form, {"image": image.pk, "link": "/contact/", "is_shown": "on"})
    page = parse(client.get("/blog/"))
    assert widget_titles(client) == ["Search", "Open house"]
    assert page.xpath("//aside//p/a/@href") == ["/contact/"]
    assert page.xpath("//aside//a[@href='/contact/']/picture//img/@alt | //aside//a/img/@alt") == ["A bridge"]
    response = admin_client.post(
        reverse("admin:layout_block_add", query={"area": "sidebar", "block_type": "text"}),
        {"text": f'<figure><img data-image="{image.pk}"></figure>', "is_shown": "on"},
    )
    assert "Use an image block for images" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_admin_explains_why_visitors_do_not_see_a_block(admin_client: Client) -> None:
    draft = make_post(title="Half", status=Post.Status.DRAFT)
    trashed = make_page(title="Old")
    Page.objects.filter(pk=trashed.pk).update(trashed_at=trashed.published_at)
    for fields in ({"post": draft}, {"page": trashed}, {"title": "Off", "url": "/", "is_shown": False}):
        Block.objects.create(area="main-menu", block_type="link", **fields)
    Block.objects.create(area="main-menu", block_type="heading", title="Empty")
    Block.objects.create(area="main-menu", block_type="main-categories")
    page = parse(admin_client.get(area_url("main-menu")))
    assert [each.text for each in page.xpath("//ol//em")] == [
        "“Half” is a draft.",
        "“Old” is in the trash.",
        "Hidden.",
        "None of its links are visible to visitors.",
        "There are no categories yet.",
    ]


@pytest.mark.django_db
@pytest.mark.any_database
def test_removing_needs_confirmation_and_removing_the_last_block_restores_the_default(admin_client: Client) -> None:
    block = Block.objects.create(area="sidebar", block_type="search")
    form = reverse("admin:layout_block_delete", args=[block.pk])
    assert "Remove “Search”" in admin_client.get(form).content.decode()
    assert Block.objects.exists()
    response = admin_client.post(form, {"post": "yes"}, follow=True)
    assert response.redirect_chain[-1][0] == area_url("sidebar")
    assert "the default blocks are back" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.any_database
def test_changing_the_layout_requires_permission_to_change_the_site_information() -> None:
    writer = User.objects.create_user("writer@example.com", "a password for tests", is_staff=True)
    client = Client()
    client.force_login(writer)
    block = Block.objects.create(area="sidebar", block_type="search")
    paths = [area_url("sidebar"), reverse("admin:layout_block_changelist"), reverse("admin:layout_block_add")]
    paths += [reverse(f"admin:layout_block_{action}", args=[block.pk]) for action in ("change", "delete")]
    assert [client.get(path).status_code for path in paths[:2] + paths[3:]] == [403] * 4
    assert client.post(area_url("sidebar"), {"hide": block.pk}).status_code == 403
    block.refresh_from_db()
    assert block.is_shown
    assert "Menus and widgets" not in client.get("/admin/").content.decode()
    assert Client().get(area_url("sidebar")).status_code == 302


@pytest.mark.django_db
@pytest.mark.any_database
def test_an_image_used_in_a_block_cannot_be_deleted(admin_client: Client) -> None:
    image = make_image()
    block = Block.objects.create(area="sidebar", block_type="image", image=image, title="Our door")
    response = admin_client.get(reverse("admin:images_image_delete", args=[image.pk])).content.decode()
    assert "Our door" in response
    assert reverse("admin:layout_block_change", args=[block.pk]) in response


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["\x00", "knee\x00", "%", "x" * 5000, "https://x/\x00", "//"])
@pytest.mark.any_database
def test_any_text_can_be_searched_for(admin_client: Client, text: str) -> None:
    Block.objects.create(area="main-menu", block_type="search")
    assert admin_client.get(area_url("main-menu"), {"q": text, "parent": text, "focus": text}).status_code == 200


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_layout_admin_pages_are_accessible_and_fit_the_screen(admin_page: BrowserPage, width: int) -> None:
    make_post(title="A knee", categories=[Category.objects.create(name="Pain", slug="pain")])
    admin_page.set_viewport_size({"width": width, "height": 900})
    heading = Block.objects.create(area="footer", block_type="heading", title="Help")
    Block.objects.create(area="footer", block_type="link", parent=heading, url="https://example.com/", title="Away")
    paths = [
        reverse("admin:layout_block_changelist"),
        area_url("home"),
        f"{area_url('footer')}?parent={heading.pk}&q=knee",
        reverse("admin:layout_block_add", query={"area": "footer", "block_type": "image"}),
        reverse("admin:layout_block_delete", args=[heading.pk]),
    ]
    for path in paths:
        admin_page.goto(path)
        assert violations(admin_page) == [], path
        assert admin_page.evaluate("document.documentElement.scrollWidth") == width, path
