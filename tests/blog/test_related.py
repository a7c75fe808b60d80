"""What to read next: chosen posts first, then by topic, keywords and words; only public ones, never the post itself."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from blog.models import Post, Series
from blog.related_posts import extract_keywords
from tests.factories import make_category, make_post

pytestmark = pytest.mark.django_db


def test_chosen_posts_come_first_in_their_order_and_others_fill_up() -> None:
    knees = make_category()
    near = make_post(primary_category=knees)
    second, first = make_post(), make_post()
    post = make_post(primary_category=knees, related_first=first, related_second=second)
    assert post.surroundings().related == [first, second, near]


def test_chosen_posts_that_are_not_public_are_passed_over() -> None:
    draft = make_post(status=Post.Status.DRAFT)
    later = make_post(published_at=timezone.now() + timedelta(days=1))
    gone = make_post(trashed_at=timezone.now())
    public = make_post()
    post = make_post(related_first=draft, related_second=later, related_third=gone)
    assert post.surroundings().related == [public]


def test_posts_with_the_same_telling_words_are_alike() -> None:
    old = timezone.now() - timedelta(days=50)
    like = make_post(title="Climbing stairs with sore knees", published_at=old)
    for _ in range(3):
        make_post(title="Sleeping on your side")
    post = make_post(title="Why does my knee hurt on the stairs?")
    assert post.surroundings().related[0] == like


def test_a_post_without_topic_keyword_or_telling_word_has_related_posts() -> None:
    other = make_post(title="How to do it")
    assert make_post(title="So?").surroundings().related == [other]


def test_parts_of_the_own_series_are_related_only_where_others_are_missing() -> None:
    series = Series.objects.create(title="Run", slug="run")
    part = make_post(series=series)
    other = make_post(published_at=timezone.now() - timedelta(days=90))
    post = make_post(series=series)
    assert post.surroundings().related == [other, part]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("How to help your knees, every day", " knee "),
        ("Exercises and an exercise", " exerci "),
        ("Колени и лестница", " колени лестни "),
        ("The 12_34 <b> ~", ""),
    ],
)
def test_telling_words_leave_out_what_says_nothing(text: str, words: str) -> None:
    assert extract_keywords([text]) == words


def test_a_post_cannot_recommend_itself_or_the_same_post_twice() -> None:
    post, other = make_post(), make_post()
    post.related_first = post
    with pytest.raises(ValidationError, match="the post itself"):
        post.clean()
    post.related_first = post.related_third = other
    with pytest.raises(ValidationError, match="chosen already"):
        post.clean()


def test_revisions_and_copies_carry_the_choice(admin_client: Client) -> None:
    chosen = make_post()
    post = make_post(title="The original", related_second=chosen)
    admin_client.post(reverse("admin:blog_post_change", args=[post.pk]), {"_duplicate": "1"})
    assert Post.objects.get(title="Copy of The original").related_second == chosen
    data = post.snapshot()
    post.related_second = None
    post.save()
    post.apply(data)
    assert Post.objects.get(pk=post.pk).related_second == chosen
    chosen.delete()
    post.refresh_from_db()
    post.apply(data)
    assert Post.objects.get(pk=post.pk).related_second is None


def test_the_form_finds_posts_to_choose_by_their_title(admin_client: Client) -> None:
    make_post(title="Sore knees")
    asked = {"term": "knee", "app_label": "blog", "model_name": "post", "field_name": "related_first"}
    found = admin_client.get(reverse("admin:autocomplete"), asked).json()["results"]
    assert [each["text"] for each in found] == ["Sore knees"]


def test_without_words_the_link_dialog_suggests_like_posts_that_are_not_linked_yet(admin_client: Client) -> None:
    linked = make_post(slug="linked", title="Sore knees on stairs")
    like = make_post(title="Knees on stairs again", published_at=timezone.now() - timedelta(days=9))
    post = make_post(title="Stairs and knees", body='<p><a href="/linked/#more">There</a></p>')
    make_post(title="Sleep")
    places = admin_client.get("/admin/links/", {"post": str(post.pk), "title": post.title}).json()["suggestions"]
    assert places[0]["title"] == like.title
    assert not {linked.title, post.title} & {place["title"] for place in places}
    unsaved = admin_client.get("/admin/links/", {"title": "My knees", "post": "nonsense"}).json()["suggestions"]
    assert {unsaved[0]["title"], unsaved[1]["title"], unsaved[2]["title"]} == {linked.title, like.title, post.title}


def test_who_may_not_change_posts_cannot_see_the_report_on_links(admin_user: User, client: Client) -> None:
    address = reverse("admin:blog_post_links")
    assert client.get(address).status_code == 302
    guest = User.objects.create_user("guest@example.com", is_staff=True)
    client.force_login(guest)
    assert client.get(address).status_code == 403
    guest.user_permissions.add(Permission.objects.get(codename="view_post"))
    assert client.get(address).status_code == 200
