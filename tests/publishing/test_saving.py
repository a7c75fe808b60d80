"""What a save may and may not do: publish only when asked, accept unfinished drafts, and leave no autosaves behind."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.checklist import active_checks
from blog.models import Post
from newsletter.models import Campaign
from publishing.models import Autosave, PendingEdit
from tests.blog.post_form import post_form_data
from tests.factories import make_author, make_post

pytestmark = pytest.mark.django_db


def url(post: Post, name: str = "change") -> str:
    return reverse(f"admin:blog_post_{name}", args=[post.pk])


def make_scheduled() -> Post:
    return make_post(status=Post.Status.PUBLISHED, published_at=timezone.now() + timedelta(days=3))


def at(moment: datetime | None) -> dict[str, str]:
    """Return the form's fields for a time of publication."""
    local = timezone.localtime(moment) if moment else None
    return {
        "published_at_0": f"{local:%Y-%m-%d}" if local else "",
        "published_at_1": f"{local:%H:%M}" if local else "",
    }


# ---- Save never publishes by accident ------------------------------------------------------------


@pytest.mark.parametrize("moment", [None, timezone.now() - timedelta(hours=2)])
def test_saving_a_scheduled_post_without_a_later_date_is_refused(admin_client: Client, moment: datetime | None) -> None:
    post = make_scheduled()
    response = admin_client.post(url(post), post_form_data(post, **at(moment)))
    assert response.status_code == 200
    assert "published_at" in response.context["adminform"].form.errors
    post.refresh_from_db()
    assert post.is_scheduled


def test_saving_a_public_post_never_takes_it_offline(admin_client: Client) -> None:
    post = make_post()
    later = timezone.now() + timedelta(days=1)
    response = admin_client.post(url(post), post_form_data(post, **at(later)))
    assert "change it to draft" in response.text
    post.refresh_from_db()
    assert post.is_published


def test_a_scheduled_post_is_rescheduled_and_published_on_request(admin_client: Client) -> None:
    post = make_scheduled()
    later = timezone.now() + timedelta(days=9)
    admin_client.post(url(post), post_form_data(post, **at(later)))
    post.refresh_from_db()
    assert post.published_at is not None
    assert post.published_at > timezone.now() + timedelta(days=8)
    data = post_form_data(post, **at(None), _publish="")
    del data["_save"]
    admin_client.post(url(post), data)
    post.refresh_from_db()
    assert post.is_published


# ---- Unfinished drafts ---------------------------------------------------------------------------


def test_a_draft_is_saved_without_a_title_and_gets_its_url_with_one(admin_client: Client) -> None:
    make_author()
    admin_client.post(reverse("admin:blog_post_add"), post_form_data(title="", body="<p>Words.</p>"))
    post = Post.objects.get()
    assert (str(post), post.status_label, post.plain_text()) == ("Untitled", "Draft", "Words.")
    form = admin_client.get(url(post)).context["adminform"].form
    assert (form["title"].value(), form["slug"].value()) == ("", "")
    admin_client.post(url(post), post_form_data(post, title="Hips\nat work", slug=""))
    post.refresh_from_db()
    assert (post.title, post.slug) == ("Hips at work", "hips-at-work")


def test_nothing_is_published_without_a_title(admin_client: Client) -> None:
    make_author()
    response = admin_client.post(reverse("admin:blog_post_add"), post_form_data(title=" ", _publish=""))
    assert "Write a title before you publish." in response.text
    assert not Post.objects.exists()


def test_the_next_new_post_is_empty_after_a_refused_one(admin_client: Client) -> None:
    make_author()
    add = reverse("admin:blog_post_add")
    data = post_form_data(title="", body="<p>Words.</p>", autosave_key=str(uuid4()), _publish="")
    assert "Words." in admin_client.post(add, data).text
    form = admin_client.get(add).context["adminform"].form
    assert (form["title"].value() or "", form["body"].value() or "") == ("", "")


def test_a_campaign_is_saved_without_a_subject(admin_client: Client) -> None:
    data = {"subject": "", "preheader": "", "body": "<p>Words.</p>", "_save": ""}
    admin_client.post(reverse("admin:newsletter_campaign_add"), data)
    assert Campaign.objects.get().subject == "Untitled"


# ---- Autosaves -----------------------------------------------------------------------------------


def autosave(client: Client, post: Post, body: str, **fields: str) -> str:
    """Autosave `body` from a newly opened form, and return the key of the form."""
    key = str(uuid4())
    data = post_form_data(post, body=body, autosave_key=key, **fields)
    assert client.post(url(post, "autosave"), data).status_code == 200
    return key


def test_reopening_a_text_leaves_one_autosave(admin_client: Client) -> None:
    post = make_post()
    key = autosave(admin_client, post, "<p>1</p>")
    for number in range(2, 5):
        key = autosave(admin_client, post, f"<p>{number}</p>", restored_from=key)
    assert Autosave.objects.get().data["body"] == ["<p>4</p>"]


def test_forms_that_were_opened_independently_keep_their_autosaves(admin_client: Client) -> None:
    post = make_post()
    autosave(admin_client, post, "<p>1</p>")
    autosave(admin_client, post, "<p>2</p>")
    assert Autosave.objects.count() == 2


def test_unsaved_text_is_discarded_for_good(admin_client: Client) -> None:
    post = make_post(body="<p>Saved.</p>")
    other, key = autosave(admin_client, post, "<p>Other.</p>"), autosave(admin_client, post, "<p>Unsaved.</p>")
    page = admin_client.post(url(post, "discard_autosave"), {"discard": key}, follow=True).text
    assert "The unsaved text was discarded." in page
    assert str(Autosave.objects.get().key) == other


def test_repeating_the_first_autosave_of_a_new_text_creates_one_draft(admin_client: Client) -> None:
    make_author()
    data = post_form_data(title="New", autosave_key=str(uuid4()))
    answers = [admin_client.post(reverse("admin:blog_post_autosave_new"), data).json() for _ in range(2)]
    assert answers[0]["change_url"] == answers[1]["change_url"]
    assert Post.objects.count() == 1


@pytest.mark.parametrize("is_public", [False, True])
def test_a_text_moved_to_trash_has_no_unsaved_text_and_loses_none(admin_client: Client, is_public: bool) -> None:
    status = Post.Status.PUBLISHED if is_public else Post.Status.DRAFT
    post = make_post(body="<p>Saved.</p>", status=status)
    key = autosave(admin_client, post, "<p>Typed.</p>")
    data = post_form_data(post, body="<p>Typed.</p>", autosave_key=key, _trash="")
    del data["_save"]
    admin_client.post(url(post), data)
    post.refresh_from_db()
    assert post.status_label == "Trash"
    assert not Autosave.objects.exists()
    page = admin_client.post(url(post), {"_restore": ""}, follow=True).text
    assert "Restored your unsaved text" not in page
    assert "Typed." in page
    post.refresh_from_db()
    assert post.plain_text() == ("Saved." if is_public else "Typed.")
    assert PendingEdit.objects.exists() is is_public


@pytest.mark.any_database
def test_a_repeated_save_conflicts_with_saves_of_others_only(admin_client: Client) -> None:
    post = make_post(body="<p>Old.</p>", status=Post.Status.DRAFT)
    mine = post_form_data(post, body="<p>Mine.</p>", autosave_key=str(uuid4()))
    for body in ("<p>Mine.</p>", "<p>Mine again.</p>"):
        admin_client.post(url(post), mine | {"body": body})
        post.refresh_from_db()
        assert post.body == body
    answer = admin_client.post(url(post, "autosave"), mine)
    assert answer.json()["is_stale"] is False
    theirs = post_form_data(post, body="<p>Theirs.</p>", autosave_key=str(uuid4()))
    admin_client.post(url(post), theirs)
    assert "saved this text" in admin_client.post(url(post), mine).text
    post.refresh_from_db()
    assert post.body == "<p>Theirs.</p>"
    # A change outside of a form counts as one of others, too.
    Post.objects.update(version=post.version + 1)
    assert "saved this text" in admin_client.post(url(post), theirs).text


# ---- Sessions ------------------------------------------------------------------------------------


def test_a_form_with_an_old_token_gets_a_page_that_says_what_to_do() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"csrfmiddlewaretoken": "x" * 32})
    assert response.status_code == 403
    assert "reload the page and send the form again" in response.text


# ---- Before publishing ---------------------------------------------------------------------------


def test_the_checks_show_the_text_that_was_just_autosaved(admin_client: Client) -> None:
    post = make_post(status=Post.Status.DRAFT, body='<p><a href="#">here</a></p>', excerpt="")
    key = autosave(admin_client, post, "<p>Fine.</p>", excerpt="Written.")
    saved = admin_client.get(url(post, "checks") + "?publish").text
    typed = admin_client.get(f"{url(post, 'checks')}?autosave={key}&publish").text
    assert "Add a URL to the link" in saved
    assert "Write an excerpt" in saved
    assert "Add a URL to the link" not in typed
    assert "Write an excerpt" not in typed
    assert "Needed before publishing" not in typed
    assert f"of {len(active_checks())} to do" in typed


def test_checks_while_typing_do_not_ask_about_publishing(admin_client: Client) -> None:
    page = admin_client.get(url(make_post(status=Post.Status.DRAFT), "checks")).text
    assert "publish-facts" not in page
    assert "Checklist" in page


@pytest.mark.parametrize(("words", "is_shown"), [(99, False), (100, True)])
def test_the_grade_of_a_short_text_is_hidden(admin_client: Client, words: int, is_shown: bool) -> None:
    post = make_post(status=Post.Status.DRAFT, body=f"<p>{'word ' * words}.</p>")
    page = admin_client.get(url(post, "checks")).text
    assert ("Reading level: grade" in page) is is_shown
    assert "passive of 1 sentence" in page
