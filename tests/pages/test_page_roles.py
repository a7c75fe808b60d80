"""Pages with a role: about, services and policies."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import Author, Qualification
from pages.models import Page, Service
from tests.factories import make_author, make_image, make_page, make_post
from tests.pages.public_pages import get_tree, nodes_of_type

pytestmark = pytest.mark.django_db


def test_changing_credentials_updates_the_about_page_and_bylines(client: Client) -> None:
    author = make_author(name="Sam", credentials="PT", portrait=make_image())
    Qualification.objects.create(author=author, name="A degree")
    make_page(slug="about", role="about")
    make_post(slug="knee", author=author)
    Author.objects.update(credentials="PT, DPT")
    about = get_tree(client, "/about/")
    assert about.xpath("string(//*[@class='page-author'])") == "Sam, PT, DPT"
    assert "A degree" in about.text_content()
    assert get_tree(client, "/knee/").xpath("string(//p[@class='byline']/a)") == "Sam, PT, DPT"
    (node,) = nodes_of_type(about, "AboutPage")
    assert node["mainEntity"]["@id"].endswith("#person")


def test_an_about_page_works_without_an_author(client: Client) -> None:
    make_page(title="About", slug="about", role="about")
    assert get_tree(client, "/about/").findtext(".//h1") == "About"


def test_structured_data_of_services_matches_the_page_and_invents_no_price(client: Client) -> None:
    make_author()
    make_page(slug="services", role="services")
    Service.objects.create(name="Second", description="More.", position=2, format="By video")
    Service.objects.create(name="First", description="A talk.", price="$90 or less", audience="Runners", position=1)
    Service.objects.create(name="Off", description="Not now.", is_shown=False)
    page = get_tree(client, "/services/")
    offers = page.xpath("//ul[@class='offers']/li")
    services = nodes_of_type(page, "Service")
    assert (
        [service["name"] for service in services]
        == [offer.findtext(".//h2") for offer in offers]
        == ["First", "Second"]
    )
    for offer, service in zip(offers, services, strict=True):
        shown = offer.text_content()
        assert service["description"] in shown
        assert service["offers"]["description"] in shown
        assert "price" not in service["offers"]
        assert service["provider"]["@id"]
    assert [service["offers"]["description"] for service in services] == ["$90 or less", "Ask"]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "//evil.example", "contact", "data:x", "https://a b"])
def test_a_button_cannot_link_to_code(link: str) -> None:
    with pytest.raises(ValidationError):
        Service(name="x", description="x", button_text="Go", button_link=link).full_clean()


def test_a_button_needs_a_text_and_a_working_link() -> None:
    with pytest.raises(ValidationError, match="both"):
        Service(name="x", description="x", button_text="Go").full_clean()
    Service(name="x", description="x", button_text="Go", button_link="mailto:a@example.com").full_clean()
    with pytest.raises(ValidationError, match="There is no page at this URL"):
        Service(name="x", description="x", button_text="Go", button_link="/nowhere/").full_clean()
    draft = make_page(status=Page.Status.DRAFT)
    with pytest.raises(ValidationError, match="is a draft"):
        Service(name="x", description="x", button_text="Go", button_link=draft.get_absolute_url()).full_clean()
    Service(name="x", description="x", button_text="Go", button_link="/contact/").full_clean()
