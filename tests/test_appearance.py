"""The Appearance page: contrast, style sheet, cached pages, the form and its preview, and who may use it."""

import re
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from accounts.models import AuditEvent, User
from accounts.roles import Role
from audit.accessibility import violations
from images.models import SiteImages
from newsletter.email_template import render_email
from ptcomplete.appearance_forms import AppearanceForms
from siteinfo import colors
from siteinfo.models import Appearance, SiteInfo
from tests.accounts.staff import sign_in
from tests.appearance_form import URL, form_data, save_appearance
from tests.factories import make_image, make_post

PREVIEW = f"{URL}preview/"


def test_contrast_is_that_of_wcag() -> None:
    assert colors.contrast("#000000", "#ffffff") == 21
    assert round(colors.contrast("#777777", "#ffffff"), 2) == 4.48
    assert round(colors.contrast("#2c6655", "#fbf7f0"), 1) == 6.3


@given(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))
@example("#ffff00")
@example("#000000")
@example("#ffffff")
def test_what_passes_is_readable_in_both_modes(color: str) -> None:
    main = colors.nearest_readable(color, colors.light_grounds(color), "#000000")
    values = colors.tokens(main, main)
    light, dark = values["green"]
    assert colors.lowest_contrast(light, (*colors.LIGHT_GROUNDS, values["green-tint"][0])) >= 4.4
    assert colors.lowest_contrast(dark, (*colors.DARK_GROUNDS, values["green-tint"][1])) >= 4.5
    # Text of buttons, and the text of the band on top.
    assert colors.contrast("#fffdf9", light) >= 4.5
    assert colors.contrast("#12231d", dark) >= 4.5
    assert min(colors.contrast("#f6f1e6", deep) for deep in values["deep"]) >= 7


def test_a_color_that_is_hard_to_read_is_refused_with_the_nearest_that_passes() -> None:
    with pytest.raises(ValidationError, match="contrast with the backgrounds is") as refused:
        Appearance(main_color="#6ab0ff").full_clean()
    nearest = re.findall(r"#[0-9a-f]{6}", refused.value.message_dict["main_color"][0])[-1]
    Appearance(main_color=nearest).full_clean()
    with pytest.raises(ValidationError):
        Appearance(accent_color="red;}").full_clean()


@pytest.mark.django_db
@pytest.mark.any_database
def test_saving_changes_the_style_sheet_and_the_cached_pages(admin_client: Client, client: Client) -> None:
    assert "appearance-" not in client.get("/").content.decode()
    save_appearance(admin_client, main_color="#224F9C", fonts="sans")
    page = client.get("/").content.decode()
    found = re.search(r'<link rel="stylesheet" href="(/appearance-[0-9a-f]{12}\.css)">', page)
    assert found
    response = client.get(found[1])
    css = response.content.decode()
    assert "--green:light-dark(#224f9c,#" in css
    assert "--clay" not in css
    assert "--serif:var(--sans)" in css
    assert "immutable" in response["Cache-Control"]
    assert client.get("/appearance-000000000000.css")["Cache-Control"] == "no-cache"

    save_appearance(admin_client, main_color="", fonts="both")
    assert "appearance-" not in client.get("/").content.decode()


@pytest.mark.django_db
def test_browsers_and_emails_take_the_color(client: Client) -> None:
    template, context = "newsletter/email/confirm/body.html", {"confirm_url": "https://example.com/"}
    assert '<meta name="theme-color" content="#fbf7f0"' in client.get("/").text
    assert "#2c6655" in render_email(template, context).html
    Appearance.objects.create(main_color="#224f9c", accent_color="#7a2e6d")
    tokens = Appearance.load().tokens()
    page = client.get("/").text
    for color, mode in zip(tokens["deep"], ("light", "dark"), strict=True):
        assert f'<meta name="theme-color" content="{color}" media="(prefers-color-scheme: {mode})">' in page
    email = render_email(template, context).html
    assert "#224f9c" in email
    assert "#2c6655" not in email
    # In dark mode, which stays in the style sheet.
    assert tokens["green"][1] in email
    assert "#93c8b3" not in email


@pytest.mark.django_db
def test_a_refused_color_changes_nothing(admin_client: Client) -> None:
    data = form_data(admin_client, name="Another name", main_color="#ffee00")
    page = admin_client.post(URL, data).content.decode()
    assert "The nearest shade that passes is #" in page
    assert Appearance.load().stylesheet() == ""
    assert SiteInfo.load().name != "Another name"


@pytest.mark.django_db
@pytest.mark.any_database
def test_one_form_saves_texts_colors_and_images_and_each_is_logged(admin_client: Client, client: Client) -> None:
    logo = make_image()
    save_appearance(admin_client, name="Clay Clinic", hero_title="Move again", main_color="#224f9c", logo=logo.pk)
    page = client.get("/").text
    assert "Clay Clinic" in page
    assert "Move again" in page
    assert f'<span class="brand-logo"><img src="{logo.file.url}"' in page
    subjects = AuditEvent.objects.filter(kind=AuditEvent.Kind.CHANGED).values_list("subject", flat=True)
    assert sorted(subjects) == [
        "colors and fonts “Colors and fonts”",
        "logo and site images “Logo and site images”",
        "site information “Clay Clinic”",
    ]


@pytest.mark.django_db
def test_a_failure_saves_nothing(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    data = form_data(admin_client, name="Clay Clinic", logo=make_image().pk)

    def fail(*args: object, **kwargs: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(SiteImages, "save", fail)
    with pytest.raises(OSError, match="full"):
        admin_client.post(URL, data)
    assert SiteInfo.load().name != "Clay Clinic"


@pytest.mark.django_db
def test_saving_leaves_what_was_written_since_the_page_was_opened(admin_client: Client) -> None:
    SiteInfo.objects.create(statements="Before")
    forms = AppearanceForms(User.objects.get(), form_data(admin_client, name="Clay Clinic"))
    assert forms.is_valid()
    SiteInfo.objects.update(statements="A new program", tagline="Another tab")
    forms.save()
    site = SiteInfo.load()
    assert (site.name, site.statements, site.tagline) == ("Clay Clinic", "A new program", "Another tab")


@pytest.mark.django_db
def test_the_preview_shows_unsaved_values_and_stores_nothing(admin_client: Client, client: Client) -> None:
    make_post(title="Stairs")
    before = client.get("/").content
    data = form_data(admin_client, name="Clay Clinic", hero_title="Move again", main_color="#224f9c")
    response = admin_client.post(PREVIEW, data)
    found = response.json()
    assert "no-store" in response["Cache-Control"]
    assert "Clay Clinic" in found["html"]
    assert "Move again" in found["html"]
    assert found["contrasts"]["main_color"].startswith("Contrast: ")
    href = re.search(r'<link rel="stylesheet" href="(/admin/appearance/styles/[^"]+)">', found["html"])
    assert href
    css = admin_client.get(unescape(href[1]))
    assert "--green:light-dark(#224f9c,#" in css.text
    assert "no-store" in css["Cache-Control"]

    post = admin_client.post(PREVIEW, data | {"preview_page": "post"}).json()["html"]
    assert "<h1" in post
    assert "Stairs" in post
    assert "Clay Clinic" in post
    # Neither the database nor the caches of pages and their parts have the values.
    assert client.get("/").content == before
    assert "Clay Clinic" not in client.get("/blog/").text
    assert SiteInfo.load().name != "Clay Clinic"


@pytest.mark.django_db
def test_the_preview_names_what_is_refused(admin_client: Client) -> None:
    found = admin_client.post(PREVIEW, form_data(admin_client, main_color="#ffee00", name="")).json()
    assert "The nearest shade that passes is #" in found["problems"]["main_color"]
    assert found["problems"]["name"] == "This field is required."
    assert "html" not in found
    assert admin_client.get(f"{URL}styles/?main_color=red;}}").status_code == 400


@pytest.mark.django_db
def test_the_preview_is_that_of_a_visitor(admin_client: Client) -> None:
    make_post(title="A secret draft", status="draft")
    assert "A secret draft" not in admin_client.post(PREVIEW, form_data(admin_client)).json()["html"]


@pytest.mark.django_db
def test_editors_change_the_images_of_the_site_and_nothing_else() -> None:
    user = User(email="editor@example.com")
    user.set_role(Role.EDITOR)
    user.save()
    client = sign_in(user)
    assert set(form_data(client, logo=1, icon=1, hero_image=1, share_image=1)) == set(SiteImages.reference_fields)
    image = make_image()
    assert client.post(URL, {"logo": image.pk, "name": "Clay Clinic"}).status_code == 302
    assert SiteImages.load().logo == image
    assert SiteInfo.load().name != "Clay Clinic"
    assert image.file.url in client.post(PREVIEW, {"logo": image.pk}).json()["html"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.AUTHOR, Role.CONTRIBUTOR, Role.REVIEWER])
def test_others_may_not_open_it(role: Role) -> None:
    user = User(email="someone@example.com")
    user.set_role(role)
    user.save()
    client = sign_in(user)
    assert client.get(URL).status_code == 403
    assert client.post(PREVIEW).status_code == 403
    assert client.get(f"{URL}styles/").status_code == 403
    assert "/admin/appearance/" not in client.get("/admin/").text


@pytest.mark.django_db
def test_the_pages_it_replaced_lead_to_it(admin_client: Client) -> None:
    for path in ("siteinfo/appearance/", "images/siteimages/", "images/siteimages/1/change/"):
        assert admin_client.get(f"/admin/{path}")["Location"] == URL
    assert "id_hero_title" not in admin_client.get("/admin/siteinfo/siteinfo/").text


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_preview_follows_the_form_and_visitors_see_the_color(admin_page: Page) -> None:
    make_post(title="Stairs")
    admin_page.goto(URL)
    page = admin_page.frame_locator(".appearance-screen iframe.is-shown")
    field = admin_page.locator("#id_main_color")
    field.fill("#224f9c")
    button = page.locator(".hero .button").first
    expect(button).to_have_css("background-color", "rgb(34, 79, 156)")
    admin_page.locator("#id_hero_title").fill("Move again")
    expect(page.locator("h1")).to_have_text("Move again")
    expect(admin_page.locator("#id_main_color_note")).to_contain_text("in dark mode")
    assert violations(admin_page) == []
    admin_page.get_by_role("radio", name="Dark").check()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    admin_page.get_by_role("radio", name="Post").check()
    expect(page.locator("h1")).to_have_text("Stairs")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    admin_page.get_by_role("radio", name="Light").check()
    admin_page.get_by_role("radio", name="Home page").check()
    expect(page.locator("h1")).to_have_text("Move again")
    field.fill("#ffee00")
    expect(admin_page.locator("#id_main_color_note")).to_contain_text("The nearest shade that passes is #")
    expect(button).to_have_css("background-color", "rgb(34, 79, 156)")
    # Links in the preview are not followed.
    page.locator(".brand").first.click()
    expect(button).to_be_visible()
    field.fill("#224f9c")
    admin_page.get_by_role("button", name="Save", exact=True).click()
    expect(admin_page.locator(".messagelist")).to_contain_text("Saved")
    admin_page.goto("/")
    found = "getComputedStyle(document.documentElement).getPropertyValue('--green')"
    assert "#224f9c" in admin_page.evaluate(found)
    expect(admin_page.locator("h1")).to_have_text("Move again")
    assert violations(admin_page) == []
    admin_page.emulate_media(color_scheme="dark")
    assert violations(admin_page) == []
