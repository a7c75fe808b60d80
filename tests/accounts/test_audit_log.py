"""What the audit log records besides signing in."""

import pytest
from django.test import Client

from accounts.models import AuditEvent
from blog.models import Post
from tests.accounts.staff import make_staff, sign_in
from tests.blog.post_form import post_form_data
from tests.factories import make_author, make_category, make_post, make_subscriber

pytestmark = pytest.mark.django_db


def events(*kinds: str) -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(kind__in=kinds).order_by("pk").values_list("kind", "subject"))


def test_adding_publishing_changing_and_deleting_are_recorded(admin_client: Client) -> None:
    make_author()
    admin_client.post("/admin/blog/post/add/", post_form_data(title="Knees", _publish=""))
    post = Post.objects.get()
    draft = make_post(title="Hips", status="draft", published_at=None)
    admin_client.post("/admin/blog/post/", {"action": "publish_now", "_selected_action": draft.pk, "index": 0})
    admin_client.post(f"/admin/blog/post/{post.pk}/change/", {"_trash": ""})
    category = make_category(name="Old")
    admin_client.post(f"/admin/blog/category/{category.pk}/delete/", {"post": "yes"})
    assert events("added", "published", "changed", "deleted") == [
        ("published", "post “Knees”"),
        ("added", "post “Knees”"),
        ("published", "post “Hips”"),
        ("changed", "post “Knees”"),
        ("deleted", "category “Old”"),
    ]


def test_exports_and_erasures_are_recorded_without_personal_data(admin_client: Client) -> None:
    subscriber = make_subscriber(email="sam@example.org")
    admin_client.get("/admin/newsletter/subscriber/export/")
    data = {"action": "erase_subscribers", "_selected_action": subscriber.pk, "erase": "1", "index": 0}
    admin_client.post("/admin/newsletter/subscriber/", data)
    assert events("exported", "deleted", "erased") == [
        ("exported", "all subscribers"),
        ("erased", f"subscriber {subscriber.pk}"),
    ]
    assert not AuditEvent.objects.filter(subject__contains="sam@example.org").exists()


def test_the_log_can_be_filtered_and_is_for_owners(admin_client: Client) -> None:
    AuditEvent.objects.record("changed", subject="the post “Knees”")
    AuditEvent.objects.record("exported", subject="all subscribers")
    page = admin_client.get("/admin/accounts/auditevent/?kind__exact=exported").content.decode()
    assert "all subscribers" in page
    assert "Knees" not in page
    staff = sign_in(make_staff("blog.change_post", "blog.publish_post"))
    assert staff.get("/admin/accounts/auditevent/").status_code == 403
