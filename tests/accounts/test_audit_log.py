"""What the audit log records besides signing in."""

from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent
from backups.after_restore import run_actions
from blog.models import Post, Tag
from contact.models import Message
from publishing.models import PendingEdit
from publishing.revisions import publish_due_edits
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


def test_what_is_done_to_many_rows_at_once_is_recorded(admin_client: Client) -> None:
    tags = [Tag.objects.create(name=name, slug=name) for name in ("one", "two", "three")]
    keys = [str(tag.pk) for tag in tags]
    data = {"action": "delete_selected", "_selected_action": keys, "index": "0"}
    admin_client.post("/admin/blog/tag/", data)
    assert events("action") == []  # it asks for a confirmation
    admin_client.post("/admin/blog/tag/", data | {"post": "yes"})
    assert not Tag.objects.exists()
    message = Message.objects.create(name="Sam", email="s@example.org", subject="-", body="-", submission=uuid4())
    archive = {"action": "archive", "_selected_action": str(message.pk), "select_across": "1", "index": "0"}
    admin_client.post("/admin/contact/message/", archive)
    assert events("action") == [
        ("action", f"“Delete selected tags”: tags {', '.join(keys)}"),
        ("action", "“Archive”: messages all"),
    ]
    admin_client.post("/admin/contact/message/", {"action": "archive", "index": "0"})
    assert len(events("action")) == 2  # nothing was selected


def test_importing_and_exporting_redirects_is_recorded(admin_client: Client) -> None:
    url = "/admin/redirects/redirect/import/"
    admin_client.post(url, {"text": "old,new\n/a/,/blog/\n"})
    assert events("imported") == []
    admin_client.post(url, {"text": "old,new\n/a/,/blog/\n", "_import": ""})
    admin_client.get("/admin/redirects/redirect/export/")
    assert events("imported", "exported") == [("imported", "redirects"), ("exported", "redirects")]


def test_the_worker_records_what_it_publishes() -> None:
    post = make_post(title="Knees")
    PendingEdit.objects.create(document=post, data={"title": "Hips"}, publish_at=timezone.now())
    publish_due_edits()
    assert events("published") == [("published", "post “Hips”, scheduled changes")]


def test_a_restore_and_commands_that_change_people_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    run_actions()
    monkeypatch.setenv("OWNER_PASSWORD", "correct horse battery staple")
    call_command("create_owner", "new@example.org", "--password-env", "OWNER_PASSWORD", verbosity=0)
    assert events("restored", "role") == [
        ("restored", "a backup, from the command line"),
        ("role", "new@example.org: owner, from the command line"),
    ]
