"""What opening the form of a post reads from the database."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from exercises.models import Goal
from tests.example_site import get_page
from tests.factories import make_author, make_category, make_post

# What other forms have read is used again until the site changes, which a test in one transaction never does.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def read_by(client: Client, path: str) -> list[str]:
    """Return the queries that a page runs when it is opened for the second time."""
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in queries]


def test_a_post_is_opened_with_each_thing_read_once(admin_client: Client) -> None:
    post = make_post(primary_category=make_category(), tags=["stairs"])
    queries = read_by(admin_client, reverse("admin:blog_post_change", args=[post.pk]))
    assert len(queries) == len(set(queries))
    assert len(queries) <= 25
    for table in ("blog_post", "blog_publishingrules", "publishing_autosave", "publishing_pendingedit"):
        assert len([query for query in queries if f'FROM "{table}"' in query]) == 1, table
    # Only what is chosen: the choices are those of the first time.
    for table in ("blog_category", "exercises_bodyregion", "exercises_condition", "exercises_goal"):
        assert len([query for query in queries if f'FROM "{table}"' in query]) == 1, table


def test_an_empty_form_reads_no_choices(admin_client: Client) -> None:
    make_author()
    assert len(read_by(admin_client, reverse("admin:blog_post_add"))) <= 8


def test_what_was_just_added_can_be_chosen(admin_client: Client) -> None:
    path = reverse("admin:blog_post_add")
    admin_client.get(path)
    make_category(name="Hips")
    goal = Goal.objects.create(name="Sleep", slug="sleep")
    page = get_page(admin_client, path)
    assert page.xpath("count(//*[@name='primary_category']/option[normalize-space(.)='Hips'])") == 1
    assert page.xpath("count(//label[normalize-space(.)='Hips']/input[@name='categories'])") == 1
    assert page.xpath(f"count(//input[@name='goals' and @value='{goal.pk}'])") == 1
    goal.delete()
    assert not get_page(admin_client, path).xpath(f"//input[@name='goals' and @value='{goal.pk}']")
