"""A site with some of everything, for tests of all public pages."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone
from lxml import html
from lxml.html import HtmlElement

from accounts.models import ProfileLink, Qualification
from affiliates.models import Program
from blog.models import Post, Series, Snippet
from exercises.models import Condition, Goal
from images.models import Image
from pages.models import Service
from siteinfo.models import SiteInfo, SocialLink
from tests.affiliates.factories import make_favorite
from tests.evidence.factories import set_disclaimer
from tests.exercises.factories import assign, make_exercise, make_region
from tests.factories import make_author, make_category, make_image, make_page, make_post, make_posts

HOST = "http://testserver"
PAGES = {
    "home": "/",
    "list": "/blog/",
    "second page": "/blog/?page=2",
    "post": "/the-knee/",
    "category": "/category/pain/",
    "sub-category": "/category/pain/knee/",
    "tag": "/tag/stairs/",
    "author": "/author/sam/",
    "year": f"/{timezone.now() - timedelta(days=1):%Y}/",
    "month": f"/{timezone.now() - timedelta(days=1):%Y/%m}/",
    "archive": "/blog/archive/",
    "policy": "/privacy-policy/",
    "health data": "/consumer-health-data/",
    "about": "/about/",
    "services": "/about/services/",
    "shop": "/shop/",
    "exercises": "/exercises/",
    "exercise": "/exercises/bridge/",
    "where does it hurt": "/where-does-it-hurt/",
    "body region": "/where-does-it-hurt/knee/",
    "condition": "/where-does-it-hurt/condition/runners-knee/",
    "goal": "/where-does-it-hurt/goal/climb-stairs/",
}
PUBLIC_PATHS = [*PAGES.values(), "/series/knees/", "/tag/stairs/?page=2", "/author/sam/?page=2"]
BODY = """<p>A lead.</p><h2>One</h2><p>Words.</p><h2>Two</h2><aside data-callout="tip"><p>Try it.</p></aside>
<h2>Three</h2><table><tbody><tr><td>1</td></tr></tbody></table><figure><img data-image="{}"></figure>"""


def make_example_site() -> Post:
    """Create a site with some of everything and return its post at /the-knee/, one of twelve."""
    site = SiteInfo.objects.create(
        name="Move Better",
        tagline="Less ache.",
        email="hello@example.com",
        hero_title="Move *well*",
    )
    set_disclaimer("Not advice.")
    about = make_page(title="About me", slug="about", role="about", show_in_menu=True)
    make_page(title="Services", slug="services", parent=about, role="services", show_in_menu=True)
    make_page(title="Privacy", slug="privacy-policy", role="privacy", body="<p>No cookies.</p>")
    make_page(title="Health data", slug="consumer-health-data", role="health_data", body="<p>All of it.</p>")
    Service.objects.create(name="First session", description="A talk.", duration="50 min", image=make_image())
    SocialLink.objects.create(site=site, network="x", url="https://social.example.com/me", position=2)
    SocialLink.objects.create(site=site, network="facebook", url="https://social.example.com/us", position=1)
    image = make_image()
    _make_author(image)
    make_favorite(Program.objects.amazon(), image=image)
    bridge = make_exercise(name="Bridge", slug="bridge", images=(image,))
    pain = make_category(name="Pain", slug="pain", image=image)
    knee = make_category(name="Knee", slug="knee", parent=pain)
    snippet = Snippet.objects.create(name="Note", body="<p>Shown in many posts.</p>")
    make_posts(11, categories=[pain, knee], tags=["Stairs"], featured_image=image)
    post = make_post(
        slug="the-knee",
        title="The knee",
        body=BODY.format(image.pk) + f'<div data-embed="snippet" data-id="{snippet.pk}"></div>',
        series=Series.objects.create(title="Knees", slug="knees"),
        tldr="Short.\nShorter.",
        excerpt="In a word.",
        categories=[pain, knee],
        tags=["Stairs", "Knee"],
        featured_image=image,
    )
    make_region("Knee", post, bridge, parts=["knee"], anatomical_name="Knee joint")
    assign(Condition.objects.create(name="Runner’s knee"), post)
    assign(Goal.objects.create(name="Climb stairs"), post, bridge)
    return post


def _make_author(image: Image) -> None:
    sam = make_author(
        name="Sam",
        slug="sam",
        portrait=image,
        short_bio="Helps people move.",
        long_bio="<p>More.</p>",
        expertise="Knees",
    )
    Qualification.objects.create(author=sam, name="A degree", year=2012)
    ProfileLink.objects.create(author=sam, label="A register", url="https://register.example.com/sam")


def get_page(client: Client, path: str, status: int = 200) -> HtmlElement:
    """Request `path`, check the status, and parse the page."""
    response = client.get(path)
    assert response.status_code == status
    return parse_page(response)


def parse_page(response: Any) -> HtmlElement:
    return html.fromstring(response.content, parser=html.HTMLParser(encoding="utf-8"))


def meta(page: HtmlElement, name: str) -> list[str]:
    """Return the contents of the meta elements called `name`."""
    return page.xpath(f"//meta[@name='{name}' or @property='{name}']/@content")
