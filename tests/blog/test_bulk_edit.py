"""Setting the kind, or the body regions and the like, of many posts at once."""

from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from lxml import html

from accounts.models import AuditEvent, Author
from blog.models import Post, PostTemplate
from exercises.models import BodyRegion, Condition, Goal
from publishing.models import PendingEdit
from publishing.revisions import publish_pending_edit
from tests.accounts.staff import make_staff, sign_in
from tests.exercises.factories import assign, make_region
from tests.factories import make_author, make_category, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
LIST = "admin:blog_post_changelist"


def run(client: Client, action: str, *posts: Post, **data: Any) -> Any:
    """Run an action on posts; with `data`, with the answers to its questions."""
    values = {"action": action, "_selected_action": [post.pk for post in posts], "index": 0, **data}
    return client.post(reverse(LIST), values | ({"apply": "yes"} if data else {}))


def make_kind() -> PostTemplate:
    return PostTemplate.objects.create(name="Injury guide", body="<p>Say why.</p>", requires_red_flags=True)


def add_pending_edit(post: Post) -> PendingEdit:
    content_type = ContentType.objects.get_for_model(Post)
    data = post.snapshot() | {"title": "Changed"}
    return PendingEdit.objects.create(content_type=content_type, object_id=post.pk, data=data)


def test_many_posts_get_a_kind_and_its_checks(admin_client: Client) -> None:
    kind = make_kind()
    posts = [make_post(), make_post(), make_post()]
    page = html.fromstring(run(admin_client, "set_kind", *posts[:2]).content)
    assert page.xpath("//select[@name='kind']/option/text()") == ["No kind", "Injury guide"]
    assert "Apply to 2 posts" in str(page.xpath("string(.)"))
    assert not Post.objects.exclude(template=None).exists()
    versions = {post.pk: post.version for post in posts}
    assert run(admin_client, "set_kind", *posts[:2], kind=kind.pk).status_code == 302
    assert set(Post.objects.filter(template=kind)) == set(posts[:2])
    changed = {post.pk: post.version - versions[post.pk] for post in Post.objects.all()}
    assert changed == {posts[0].pk: 1, posts[1].pk: 1, posts[2].pk: 0}
    # The kind requires red flags, which imported posts may not have.
    form = admin_client.get(reverse("admin:blog_post_change", args=[posts[0].pk])).content.decode()
    assert "Red flags" in form
    assert AuditEvent.objects.filter(subject="2 posts, now of the kind “Injury guide”").exists()


def test_posts_lose_their_kind(admin_client: Client) -> None:
    post = make_post(template=make_kind())
    run(admin_client, "set_kind", post, kind="")
    assert Post.objects.get().template is None


def test_regions_conditions_and_goals_are_added_to_those_that_posts_have(admin_client: Client) -> None:
    first, second = make_post(), make_post()
    knee, hip = make_region("Knee", first), make_region("Hip")
    condition, goal = Condition.objects.create(name="Arthritis"), Goal.objects.create(name="Climb stairs")
    choice = {"change": "add", "body_regions": [knee.pk, hip.pk], "conditions": condition.pk, "goals": goal.pk}
    run(admin_client, "set_finder_entries", first, second, **choice)
    for post in (first, second):
        assert list(post.body_regions.order_by("pk")) == [knee, hip]
        assert (list(post.conditions.all()), list(post.goals.all())) == ([condition], [goal])
    run(admin_client, "set_finder_entries", first, change="remove", body_regions=[knee.pk])
    assert list(first.body_regions.all()) == [hip]
    assert second.body_regions.count() == 2


def test_without_a_choice_nothing_changes(admin_client: Client) -> None:
    post = make_post()
    make_region("Knee")
    response = run(admin_client, "set_finder_entries", post, change="add")
    assert "Choose at least one body region, condition or goal." in response.content.decode()
    assert Post.objects.get().version == post.version


def test_unpublished_changes_do_not_undo_it(admin_client: Client) -> None:
    post = make_post()
    kind, knee, hip = make_kind(), make_region("Knee", post), make_region("Hip")
    edit = add_pending_edit(post)
    run(admin_client, "set_kind", post, kind=kind.pk)
    run(admin_client, "set_finder_entries", post, change="add", body_regions=[hip.pk])
    run(admin_client, "set_finder_entries", post, change="remove", body_regions=[knee.pk])
    assert publish_pending_edit(PendingEdit.objects.get(pk=edit.pk))
    post.refresh_from_db()
    assert (post.title, post.template, list(post.body_regions.all())) == ("Changed", kind, [hip])


def test_unpublished_changes_keep_a_new_primary_category(admin_client: Client) -> None:
    old, new = make_category(name="Old"), make_category(name="New")
    post = make_post(primary_category=old, categories=[old])
    edit = add_pending_edit(post)
    run(admin_client, "set_primary_category", post, category=new.pk)
    assert publish_pending_edit(PendingEdit.objects.get(pk=edit.pk))
    post.refresh_from_db()
    assert (post.title, post.primary_category, set(post.categories.all())) == ("Changed", new, {old, new})


def test_revisions_keep_regions(admin_client: Client) -> None:
    post = make_post()
    knee, goal = make_region("Knee", post), Goal.objects.create(name="Walk")
    assign(goal, post)
    data = post.snapshot()
    assert (data["body_regions"], data["conditions"], data["goals"]) == ([knee.pk], [], [goal.pk])
    post.body_regions.clear()
    post.apply(data)
    assert list(post.body_regions.all()) == [knee]
    knee.delete()
    post.apply(data)
    assert not BodyRegion.objects.exists()


def test_an_author_changes_own_posts_only() -> None:
    user = make_staff("blog.add_post", "blog.publish_post")
    other, own = make_post(author=make_author()), make_post(author=Author.objects.get_or_create_for(user))
    knee = make_region("Knee")
    run(sign_in(user), "set_finder_entries", own, other, change="add", body_regions=[knee.pk])
    assert list(knee.posts.all()) == [own]
    run(sign_in(user), "set_kind", other, kind=make_kind().pk)
    assert Post.objects.get(pk=other.pk).template is None


def test_the_list_shows_posts_without_kind_or_region(admin_client: Client) -> None:
    bare, full = make_post(title="Bare"), make_post(title="Full", template=make_kind())
    make_region("Knee", full)
    for value in ("kind", "region"):
        page = admin_client.get(reverse(LIST), {"missing": value}).content.decode()
        assert bare.title in page
        assert full.title not in page
