"""Creating and editing campaigns in the admin."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from newsletter.campaigns import actions, templates
from newsletter.delivery.materialize import prepare_due_campaigns
from newsletter.models import Campaign, NewsletterSettings
from tests.factories import make_campaign, make_delivery, make_image, make_post
from tests.newsletter.campaigns.admin_pages import (
    LIST,
    TEXT,
    admin_path,
    form_data,
    get_page,
    make_draft,
    make_staff_client,
)

pytestmark = pytest.mark.django_db


def test_empty_list_explains_campaigns(admin_client: Client) -> None:
    page = get_page(admin_client, LIST)
    assert "No campaigns yet" in page
    assert "Write a campaign</a>" in page


def test_saved_draft_is_sanitized_and_not_sent(admin_client: Client) -> None:
    page = get_page(admin_client, f"{LIST}add/", form_data(body="<p onclick='x()'>Hello<script>x()</script></p>"))
    assert "Draft saved." in page
    campaign = Campaign.objects.get()
    assert (campaign.status, campaign.body, campaign.version) == ("draft", "<p>Hello</p>", 1)
    page = get_page(admin_client, admin_path(campaign), form_data(campaign, subject="Better words"))
    campaign.refresh_from_db()
    assert (campaign.subject, campaign.version) == ("Better words", 2)
    assert prepare_due_campaigns() == 0


def test_concurrent_edits_never_overwrite_each_other(admin_client: Client) -> None:
    campaign = make_draft()
    stale = form_data(campaign, subject="Mine")
    get_page(admin_client, admin_path(campaign), form_data(campaign, subject="Theirs"))
    page = get_page(admin_client, admin_path(campaign), stale)
    assert "saved this text, after you opened it" in page
    assert ">\nMine</textarea>" in page
    campaign.refresh_from_db()
    assert campaign.subject == "Theirs"
    get_page(admin_client, admin_path(campaign), stale | {"_overwrite": "2"})
    campaign.refresh_from_db()
    assert campaign.subject == "Mine"


def test_typed_text_is_autosaved(admin_client: Client) -> None:
    key = str(uuid4())
    typed = {"subject": "Typed", "body": "<p>Not saved</p>", "autosave_key": key}
    response_data = admin_client.post(f"{LIST}autosave/", typed).json()
    campaign = Campaign.objects.get()
    assert response_data["change_url"] == admin_path(campaign)
    assert (campaign.subject, campaign.body, campaign.status) == ("Typed", "", "draft")
    assert "Not saved" in get_page(admin_client, admin_path(campaign))
    assert "Not saved" in get_page(admin_client, response_data["preview_url"])
    assert "Not saved" not in get_page(admin_client, admin_path(campaign, "preview"))
    get_page(admin_client, admin_path(campaign), form_data(campaign, autosave_key=key))
    assert not campaign.autosaves.exists()


def test_campaign_can_start_from_a_post(admin_client: Client) -> None:
    post = make_post(title="Knees", excerpt="About knees.", body="<p>All of it.</p>", featured_image=make_image())
    make_post(title="Hidden", status="draft", published_at=None)
    page = get_page(admin_client, f"{LIST}from-post/")
    assert f"{LIST}add/?post={post.pk}" in page
    assert "Hidden" not in page
    assert "No published post has" in get_page(admin_client, f"{LIST}from-post/?q=elbow")
    initial = admin_client.get(f"{LIST}add/?post={post.pk}").context["adminform"].form.initial
    assert (initial["subject"], initial["preheader"], initial["post"]) == ("Knees", "About knees.", post.pk)
    assert f'data-image="{post.featured_image_id}"' in initial["body"]
    # Email programs show the subject outside of the email, so its text starts with the title.
    assert initial["body"].startswith(f'<h2><a href="http://testserver/{post.slug}/">Knees</a></h2>')
    assert f"/{post.slug}/" in initial["body"]
    assert "All of it" not in initial["body"]
    full_text = admin_client.get(f"{LIST}add/?post={post.pk}&full").context["adminform"].form.initial
    assert full_text["body"] == f'<h2><a href="http://testserver/{post.slug}/">Knees</a></h2><p>All of it.</p>'
    assert not Campaign.objects.exists()
    # The post's admin page links to the campaign and back.
    page = get_page(admin_client, f"/admin/blog/post/{post.pk}/change/")
    assert "Email this post to subscribers" in page
    make_draft(subject="About knees", post=post)
    assert "In the newsletter" in get_page(admin_client, f"/admin/blog/post/{post.pk}/change/")


def test_campaign_can_start_from_all_posts_since_the_last_one(admin_client: Client) -> None:
    now = timezone.now()
    make_campaign(status="sent", started_at=now - timedelta(days=3))
    make_post(title="Old", published_at=now - timedelta(days=4))
    for number in (1, 2):
        make_post(title=f"New {number}", published_at=now - timedelta(days=number))
    fields = templates.from_new_posts()
    assert fields["subject"] == "New 1"
    assert fields["preheader"] == "And New 2"
    assert fields["body"].index("New 1") < fields["body"].index("New 2")
    assert "Old" not in fields["body"]
    make_campaign(status="sent", started_at=now)
    assert "No posts were published since" in get_page(admin_client, f"{LIST}add/?new")


def test_changes_after_sending_started_become_a_new_draft(admin_client: Client) -> None:
    campaign = make_campaign(status="preparing", subject="Started")
    page = get_page(admin_client, admin_path(campaign), form_data(campaign, subject="Too late"))
    assert "your changes were saved as a new draft" in page
    campaign.refresh_from_db()
    late = Campaign.objects.get(subject="Too late")
    assert (campaign.subject, late.status) == ("Started", "draft")
    # Invalid changes are not lost either.
    page = get_page(admin_client, admin_path(campaign), form_data(campaign, subject="", body="<p>Still here</p>"))
    assert "Still here" in page
    assert "has already started sending" in page


def test_autosave_after_sending_started_is_rejected(admin_client: Client) -> None:
    campaign = make_campaign(status="preparing")
    response_data = admin_client.post(
        admin_path(campaign, "autosave"), {"subject": "Late", "autosave_key": str(uuid4())}
    )
    assert response_data.status_code == 409
    assert "This campaign is now “preparing”" in response_data.json()["error"]
    assert not campaign.autosaves.exists()


def test_image_of_a_campaign_is_in_use(admin_client: Client) -> None:
    image = make_image()
    campaign = make_draft(body=f'<figure><img data-image="{image.pk}"></figure>')
    assert admin_path(campaign) in get_page(admin_client, f"/admin/images/image/{image.pk}/change/")
    campaign.body = TEXT
    campaign.save(update_fields=["body"])
    assert not campaign.outgoing_references.exists()


def test_duplicate_is_a_new_draft_and_only_drafts_can_be_deleted(admin_client: Client) -> None:
    sent = make_campaign(status="sent", kind="digest", subject="Again", started_at=timezone.now())
    page = get_page(admin_client, admin_path(sent, "action"), {"duplicate": "1"})
    copy = Campaign.objects.get(status="draft")
    assert "saved as a new draft" in page
    assert (copy.subject, copy.body, copy.kind) == ("Again", sent.body, "manual")
    assert admin_client.post(admin_path(sent, "delete"), {"post": "yes"}).status_code == 403
    assert admin_client.post(admin_path(copy, "delete"), {"post": "yes"}).status_code == 302
    assert list(Campaign.objects.all()) == [sent]


def test_post_of_an_automatic_campaign_cannot_be_changed(admin_client: Client) -> None:
    one, other = (make_draft(kind="post", post=make_post()) for _ in range(2))
    get_page(admin_client, admin_path(one), form_data(one, post=other.post_id))
    was = one.post_id
    one.refresh_from_db()
    assert (one.subject, one.post_id) == ("Other words", was)


def test_draft_post_is_visible_only_with_permission_to_view_posts() -> None:
    post = make_post(status="draft", published_at=None, body="<p>Not for you.</p>")
    address = f"{LIST}add/?post={post.pk}&full"
    rights = ("view_campaign", "add_campaign", "change_campaign")
    assert "Not for you" not in get_page(make_staff_client(*rights), address)
    User.objects.filter(email="writer@example.com").delete()
    assert "Not for you" in get_page(make_staff_client(*rights, "view_post"), address)


def test_changes_after_scheduling_by_someone_else_become_a_new_draft(ready: NewsletterSettings) -> None:
    client = make_staff_client("view_campaign", "add_campaign", "change_campaign")
    campaign = make_draft(subject="Approved")
    typed = form_data(campaign, subject="Typed later", autosave_key=str(uuid4()))
    assert actions.schedule(campaign, timezone.now() + timedelta(hours=1))
    response_data = client.post(f"{LIST}{campaign.pk}/autosave/", typed)
    assert (response_data.status_code, "now “scheduled”" in response_data.json()["error"]) == (409, True)
    assert "your changes were saved as a new draft" in get_page(client, admin_path(campaign), typed)
    assert list(Campaign.objects.order_by("pk").values_list("subject", "status")) == [
        ("Approved", "scheduled"),
        ("Typed later", "draft"),
    ]


def test_scheduled_campaign_can_be_edited_while_it_passes_the_checks(
    admin_client: Client, ready: NewsletterSettings
) -> None:
    campaign = make_draft(
        status="scheduled",
        scheduled_at=timezone.now() + timedelta(days=1),
        not_after=timezone.now() + timedelta(days=2),
    )
    page = get_page(admin_client, admin_path(campaign), form_data(campaign, body=""))
    assert "The text is empty" in page
    assert "Your changes are not saved yet" in page
    assert "will still be sent at the scheduled time" in get_page(
        admin_client, admin_path(campaign), form_data(campaign, subject="Corrected")
    )
    campaign.refresh_from_db()
    assert (campaign.subject, campaign.body, campaign.status) == ("Corrected", TEXT, "scheduled")


def test_automatic_campaign_can_get_another_subject_but_no_other_post(
    admin_client: Client, ready: NewsletterSettings
) -> None:
    post, other = make_post(), make_post()
    times = {"scheduled_at": timezone.now() + timedelta(hours=1), "not_after": None}
    campaign = make_draft(kind="post", post=post, body="", status="scheduled", **times)
    assert "The text is empty" not in get_page(admin_client, admin_path(campaign))
    page = get_page(
        admin_client, admin_path(campaign), form_data(campaign, body="", subject="Corrected", post=other.pk)
    )
    assert "will still be sent at the scheduled time" in page
    campaign.refresh_from_db()
    assert (campaign.subject, campaign.body, campaign.post) == ("Corrected", "", post)


def test_list_shows_status_and_number_of_sent_emails(admin_client: Client) -> None:
    campaign = make_campaign(status="sent", subject="Sent one", total=2, finished_at=timezone.now())
    make_delivery(campaign=campaign, status="sent")
    make_delivery(campaign=campaign, status="failed")
    make_draft(subject="Draft one")
    page = get_page(admin_client, LIST)
    assert "1 of 2" in page
    assert 'state--published">Sent<' in page
    page = get_page(admin_client, f"{LIST}?status__exact=draft")
    assert ("Draft one" in page, "Sent one" in page) == (True, False)
