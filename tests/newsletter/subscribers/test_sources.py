"""Where someone signed up is kept with the consent, and shown in the reports and the list of subscribers."""

from typing import Any

import pytest
from django.test import Client
from lxml import html

from blog.models import Post
from newsletter.models import ConsentEvent, Subscriber
from tests.example_site import get_page
from tests.factories import make_page, make_post, make_subscriber
from tests.newsletter.subscribers.public_pages import SAM, SAME_ORIGIN, sign_up, xpath

pytestmark = pytest.mark.django_db
LIST = "/admin/newsletter/subscriber/"


def source() -> tuple[str, str, str, int | None]:
    """Return what the consent log says about the latest sign-up."""
    event = ConsentEvent.objects.filter(kind="requested").latest("pk")
    return event.form, event.page_path, event.document_kind, event.document_id


def send_from(client: Client, path: str, location: str, email: str = SAM) -> None:
    """Fill in the form at `location` of a page as a browser does, with the hidden fields that the page has."""
    page = get_page(client, path)
    (form,) = page.xpath(f"//form[.//input[@name='location'][@value='{location}']]")
    data = {each.get("name"): each.get("value", "") for each in form.xpath(".//input[@name]")} | {"email": email}
    referer = {"referer": f"http://testserver{path}?q=secret"}
    assert client.post(form.get("action"), data, headers=SAME_ORIGIN | referer).status_code == 303


def test_form_and_post_are_recorded(client: Client) -> None:
    post, page = make_post(slug="knees"), make_page(slug="about")
    send_from(client, "/knees/", "post")
    assert source() == ("post", "/knees/", "post", post.pk)
    send_from(client, "/knees/", "footer", "footer@example.org")
    assert source() == ("footer", "/knees/", "post", post.pk)
    send_from(client, "/about/", "footer", "about@example.org")
    assert source() == ("footer", "/about/", "page", page.pk)
    send_from(client, "/", "footer", "home@example.org")
    assert source() == ("footer", "/", "", None)


def test_the_form_in_a_post_names_it_for_browsers_without_a_referrer(client: Client) -> None:
    post = make_post(slug="knees")
    headers = {"location": "text", "post": str(post.pk), "page": ""}
    sign_up(client, **headers)
    assert source() == ("text", "/knees/", "post", post.pk)


def test_a_mistake_does_not_lose_the_source(client: Client) -> None:
    post = make_post(slug="a-post")
    response = sign_up(client, "sam@", location="post", post=str(post.pk))
    hidden = "//form[@class='signup-form']//input[@type='hidden'][@name!='token']"
    names, values = xpath(response.content, f"{hidden}/@name"), xpath(response.content, f"{hidden}/@value")
    fields = dict(zip(names, values, strict=True))
    assert fields["page"] == "/a-post/"
    headers = SAME_ORIGIN | {"referer": "http://testserver/newsletter/"}
    token = {"token": xpath(response.content, "//form[@class='signup-form']//input[@name='token']/@value")[0]}
    assert client.post("/newsletter/", fields | token | {"email": SAM}, headers=headers).status_code == 303
    assert source() == ("post", "/a-post/", "post", post.pk)


@pytest.mark.parametrize(
    ("field", "value"),
    [("page", "https://example.com/"), ("page", "/a\nb"), ("page", "/" + "x" * 400), ("post", "x"), ("post", "9" * 30)],
)
def test_what_no_page_sends_is_not_recorded(client: Client, field: str, value: str) -> None:
    assert sign_up(client, **{"page": "", field: value}).status_code == 303
    assert source() == ("sidebar", "", "", None)


def test_drafts_are_no_sources(client: Client) -> None:
    post = make_post(slug="draft", status=Post.Status.DRAFT)
    sign_up(client, post=str(post.pk), page="/draft/")
    assert source() == ("sidebar", "/draft/", "", None)


def test_the_list_of_subscribers_is_filtered_by_form_and_text(admin_client: Client) -> None:
    knees, hips = make_post(title="Knees", slug="knees"), make_post(title="Hips", slug="hips")
    imported = make_subscriber(email="imported@example.org")
    for post, form in ((knees, "post"), (knees, "footer"), (hips, "post")):
        subscriber = make_subscriber(email=f"{post.slug}-{form}@example.org")
        fields = {"page_path": post.get_absolute_url(), "document_kind": "post", "document_id": post.pk}
        ConsentEvent.objects.record("requested", subscriber, form=form, **fields)

    def shown(**query: str) -> set[str]:
        page: Any = html.fromstring(admin_client.get(LIST, query).content.decode())
        return set(page.xpath("//th[contains(@class, 'field-email')]/a/text()"))

    assert shown(form="post") == {"knees-post@example.org", "hips-post@example.org"}
    assert shown(signed_up_in=f"post-{knees.pk}") == {"knees-post@example.org", "knees-footer@example.org"}
    assert shown(signed_up_in=f"post-{knees.pk}", form="post") == {"knees-post@example.org"}
    assert len(shown()) == 4
    page = admin_client.get(LIST).content.decode()
    assert "End of a post, /knees/" in page
    assert page.index("Knees</a>") < page.index("Hips</a>")  # by sign-ups
    assert imported.email in page
    for nonsense in ("x", "post-x", "post-"):
        assert shown(signed_up_in=nonsense) == set()


def test_erasing_removes_the_source(client: Client) -> None:
    make_post(slug="knees")
    send_from(client, "/knees/", "post")
    Subscriber.objects.get().erase()
    assert source() == ("post", "", "", None)
