"""Titles of drafts are shown only to users who may read them."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from affiliates.models import Product
from blog.models import Post, Snippet
from images.models import Image
from tests.accounts.staff import make_staff, sign_in
from tests.factories import make_author, make_category, make_image, make_page, make_post

pytestmark = pytest.mark.django_db

SECRET = "Secret knee project"


@pytest.fixture
def draft() -> Post:
    """Return a draft of another author that looks ready to publish, so that the dashboard suggests it."""
    image = make_image(title="Private scan")
    text = f"<p>{'word ' * 1200}</p>"
    return make_post(
        title=SECRET,
        slug="secret-knee-project",
        status="draft",
        published_at=None,
        excerpt="Soon.",
        body=text,
        featured_image=image,
        categories=[make_category(name="Knees")],
    )


@pytest.fixture
def nobody(draft: Post) -> Client:
    """Return a client signed in as a user of the admin without any permission."""
    return sign_in(make_staff())


def test_the_dashboard_shows_no_drafts_without_permission(nobody: Client) -> None:
    page = nobody.get("/admin/").content.decode()
    assert SECRET not in page
    assert "looks ready to publish" not in page
    assert "/admin/blog/post/" not in page


def test_the_dashboard_of_a_contributor_shows_only_own_drafts(draft: Post) -> None:
    user = make_staff("blog.add_post")
    make_post(title="My own draft", status="draft", published_at=None, author=make_author(user=user))
    page = sign_in(user).get("/admin/").content.decode()
    assert "My own draft" in page
    assert SECRET not in page


@pytest.mark.parametrize("query", ["q=secret", "title=secret+knee+project"])
def test_the_link_chooser_needs_a_permission_and_hides_drafts_of_others(query: str, nobody: Client) -> None:
    make_page(title="Secret page", status="draft", published_at=None)
    assert nobody.get(f"/admin/links/?{query}").status_code == 403
    contributor = sign_in(make_staff("blog.add_post", email="contributor@example.com"))
    response = contributor.get(f"/admin/links/?{query}")
    assert response.status_code == 200
    assert b"Secret" not in response.content


def test_the_link_chooser_suggests_own_drafts(draft: Post) -> None:
    user = make_staff("blog.add_post")
    make_post(title="Secret of mine", status="draft", published_at=None, author=make_author(user=user))
    titles = [each["title"] for each in sign_in(user).get("/admin/links/?q=secret").json()["suggestions"]]
    assert titles == ["Secret of mine"]


@pytest.mark.parametrize(
    "path",
    [
        "/admin/images/image/pick/",
        "/admin/blog/snippet/list/",
        "/admin/affiliates/product/list/",
        "/admin/blog/post/links/",
    ],
)
def test_pickers_and_lists_need_a_permission(path: str, nobody: Client) -> None:
    Snippet.objects.create(name="Private snippet", body="<p>Words</p>")
    Product.objects.create(name="Private product")
    response = nobody.get(path)
    assert response.status_code == 403
    assert b"Private" not in response.content


def test_marking_images_as_chosen_needs_a_permission(nobody: Client) -> None:
    image = Image.objects.get()
    assert nobody.post("/admin/images/image/chosen/", {"id": image.pk}).status_code == 403
    assert Image.objects.get().last_used_at == image.last_used_at


def test_the_report_on_links_is_for_users_who_may_see_all_posts(draft: Post) -> None:
    assert sign_in(make_staff("blog.add_post")).get("/admin/blog/post/links/").status_code == 403


def test_the_shortcut_to_a_public_page_does_not_tell_the_path_of_a_draft(draft: Post, nobody: Client) -> None:
    content_type = ContentType.objects.get_for_model(Post)
    assert nobody.get(f"/admin/r/{content_type.pk}/{draft.pk}/").status_code == 403
    viewer = sign_in(make_staff("blog.view_post", email="viewer@example.com"))
    assert viewer.get(f"/admin/r/{content_type.pk}/{draft.pk}/").status_code == 302


def test_where_an_image_is_used_names_drafts_only_to_those_who_may_read_them(draft: Post) -> None:
    url = f"/admin/images/image/{draft.featured_image_id}/change/"
    page = sign_in(make_staff("images.view_image")).get(url).content.decode()
    assert SECRET not in page
    assert "a draft you cannot open" in page
    assert SECRET in sign_in(make_staff("images.view_image", "blog.view_post", email="b@example.com")).get(url).text


def test_deleting_an_image_names_drafts_only_to_those_who_may_read_them(draft: Post) -> None:
    user = make_staff("images.view_image", "images.delete_image")
    page = sign_in(user).get(f"/admin/images/image/{draft.featured_image_id}/delete/").content.decode()
    assert SECRET not in page
