"""Deleting a category asks where its posts should go."""

import pytest
from django.test import Client
from django.urls import reverse

from blog.models import Category, Post
from tests.factories import make_category, make_post

pytestmark = pytest.mark.django_db


def _url(category: Category) -> str:
    return reverse("admin:blog_category_delete", args=[category.pk])


@pytest.mark.any_database
def test_posts_move_to_the_chosen_category_and_its_url_redirects(admin_client: Client, client: Client) -> None:
    knees, hips = make_category(name="Knees"), make_category(name="Hips")
    other = make_category()
    main = make_post(primary_category=knees, categories=[other])
    second = make_post(primary_category=other, categories=[knees, hips])
    page = admin_client.get(_url(knees)).text
    assert "2 posts are in it" in page
    assert "permission" not in page
    old_url = knees.get_absolute_url()

    admin_client.post(_url(knees), {"post": "yes", "move_to": hips.pk})
    assert not Category.objects.filter(pk=knees.pk).exists()
    main.refresh_from_db()
    second.refresh_from_db()
    assert main.primary_category == hips
    assert set(main.categories.all()) == {hips, other}
    assert second.primary_category == other
    assert set(second.categories.all()) == {hips, other}
    assert main.version == 2
    assert client.get(old_url)["Location"] == hips.get_absolute_url()


def test_nothing_is_deleted_without_a_place_for_the_posts(admin_client: Client) -> None:
    knees, _ = make_category(), make_category()
    make_post(primary_category=knees)
    page = admin_client.post(_url(knees), {"post": "yes", "move_to": knees.pk}, follow=True).text
    assert "Choose another category for the posts first." in page
    assert Post.objects.get().primary_category == knees


def test_category_with_subcategories_names_them(admin_client: Client) -> None:
    knees = make_category()
    make_category(name="Stairs", parent=knees)
    page = admin_client.get(_url(knees)).text
    assert "has subcategories" in page
    assert "Stairs" in page


def test_category_without_posts_is_deleted_after_one_question(admin_client: Client) -> None:
    knees = make_category()
    assert "No posts are in it" in admin_client.get(_url(knees)).text
    admin_client.post(_url(knees), {"post": "yes"})
    assert not Category.objects.exists()
