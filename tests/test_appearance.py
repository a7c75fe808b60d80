"""The colors and fonts that the owner chooses: contrast, style sheet, cached pages, form and preview."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from audit.accessibility import violations
from newsletter.email_template import render_email
from siteinfo import colors
from siteinfo.models import Appearance

URL = "/admin/siteinfo/appearance/"


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
    data = {"main_color": "#224F9C", "accent_color": "", "fonts": "sans", "covers": "none"}
    assert admin_client.post(URL, data).status_code == 302
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

    admin_client.post(URL, data | {"main_color": "", "fonts": "both"})
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
    page = admin_client.post(URL, {"main_color": "#ffee00", "accent_color": "", "fonts": "both"}).content.decode()
    assert "The nearest shade that passes is #" in page
    assert Appearance.load().stylesheet() == ""


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_preview_follows_the_form_and_visitors_see_the_color(admin_page: Page) -> None:
    admin_page.goto(URL)
    field = admin_page.locator("#id_main_color")
    field.fill("#224f9c")
    button = admin_page.locator(".appearance-sample--light .sample-button")
    expect(button).to_have_css("background-color", "rgb(34, 79, 156)")
    assert violations(admin_page) == []
    field.fill("#ffee00")
    expect(admin_page.locator(".appearance-problem")).to_contain_text("The nearest shade that passes is #")
    expect(button).to_have_css("background-color", "rgb(34, 79, 156)")
    field.fill("#224f9c")
    admin_page.get_by_role("button", name="Save", exact=True).click()
    admin_page.wait_for_load_state()
    admin_page.goto("/")
    found = "getComputedStyle(document.documentElement).getPropertyValue('--green')"
    assert "#224f9c" in admin_page.evaluate(found)
    assert violations(admin_page) == []
    admin_page.emulate_media(color_scheme="dark")
    assert violations(admin_page) == []
