"""What visitors and search engines read about reviews, competing interests and AI."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from affiliates.models import Program
from blog.checklist import findings
from publishing.models import Review, ReviewSettings
from tests.accounts.staff import sign_in
from tests.affiliates.factories import make_link
from tests.blog.post_form import post_form_data
from tests.example_site import get_page
from tests.factories import make_author, make_page, make_post
from tests.publishing.reviews import make_review, make_reviewer
from tests.structured_data import node_of_type, nodes_by_id

pytestmark = pytest.mark.django_db


def test_the_page_names_reviewer_and_day_and_so_does_its_structured_data(client: Client) -> None:
    post = make_post(slug="knees")
    review = make_review(post)
    page = get_page(client, "/knees/")
    (line,) = page.find_class("trust-lines-review")
    assert "Medically reviewed by Rowan Lee, PT, OCS on" in " ".join(line.text_content().split())
    (day,) = line.xpath(".//time/@datetime")
    assert day == str(review.reviewed_on)
    node = node_of_type(page, "MedicalWebPage")
    assert node["lastReviewed"] == day
    reviewer = nodes_by_id(page)[node["reviewedBy"]["@id"]]
    assert (reviewer["@type"], reviewer["name"], reviewer["honorificSuffix"]) == ("Person", "Rowan Lee", "PT, OCS")
    assert reviewer["url"].endswith(line.xpath(".//a/@href")[0])
    assert "lastReviewed" not in node_of_type(page, "BlogPosting")


def test_a_text_without_a_public_review_says_nothing(client: Client) -> None:
    post = make_post(slug="knees")
    make_review(post, outcome="changes", due_on=None)
    Review.objects.create(document=post, outcome="approved")
    page = get_page(client, "/knees/")
    assert not page.find_class("trust-lines")
    assert "Medically reviewed" not in page.text_content()
    assert node_of_type(page, "WebPage")


def test_the_newest_review_counts_and_reaches_visitors_at_once(client: Client) -> None:
    post = make_post(slug="knees")
    assert "Medically reviewed" not in client.get("/knees/").content.decode()
    make_review(post, days_ago=400)
    assert "Rowan Lee" in client.get("/knees/").content.decode()
    make_review(post, make_reviewer(name="Noor Ali", slug="noor"), days_ago=2)
    html = client.get("/knees/").content.decode()
    assert "Noor Ali" in html
    assert "Rowan Lee" not in html


def test_visitors_see_a_notice_from_the_day_after_the_review_was_due(client: Client) -> None:
    post = make_post(slug="knees")
    review = make_review(post, days_ago=400, due_on=timezone.localdate())
    ReviewSettings.objects.create(overdue_notice="Ask <someone>.")
    assert not get_page(client, "/knees/").find_class("overdue-notice")
    review.due_on = timezone.localdate() - timedelta(days=1)
    review.save()
    (notice,) = get_page(client, "/knees/").find_class("overdue-notice")
    assert notice.text_content() == "Ask <someone>."


def test_pages_with_a_review_are_medical_web_pages(client: Client) -> None:
    page = make_page(slug="knees")
    make_review(page)
    found = get_page(client, "/knees/")
    assert node_of_type(found, "MedicalWebPage")["reviewedBy"]["@id"] in nodes_by_id(found)
    assert found.find_class("trust-lines-review")


# ---- Competing interests ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("interests", "shown"),
    [("None", "none declared"), ("none.", "none declared"), ("Gives paid talks.", "Gives paid talks."), ("", None)],
)
def test_the_competing_interests_of_the_author_stand_by_the_byline(
    client: Client, interests: str, shown: str | None
) -> None:
    make_post(slug="knees", author=make_author(competing_interests=interests))
    lines = get_page(client, "/knees/").xpath("//*[@class='trust-lines']/li")
    assert [" ".join(line.text_content().split()) for line in lines] == (
        [f"Competing interests of the author: {shown}"] if shown else []
    )


def test_no_interests_and_paid_links_contradict_each_other() -> None:
    link = make_link(Program.objects.amazon())
    paid = f'<p><a href="/go/{link.slug}/">A roller</a></p>'
    author = make_author(competing_interests="None")

    def has_finding(body: str) -> bool:
        post = make_post(author=author, body=body)
        return "interests" in {finding.check.id for finding in findings(post.snapshot())}

    assert has_finding(paid)
    assert not has_finding("<p>A roller</p>")
    author.competing_interests = "I earn a commission from links."
    author.save()
    assert not has_finding(paid)


# ---- AI ----------------------------------------------------------------------------------------------


def test_a_text_drafted_by_ai_is_labeled_with_the_person_who_answers_for_it(client: Client) -> None:
    post = make_post(slug="knees", origin="drafted", author=make_author(name="Ann", credentials="PT"))
    (line,) = get_page(client, "/knees/").xpath("//*[@class='trust-lines']/li")
    assert " ".join(line.text_content().split()) == (
        "Drafted by AI, and not medically reviewed yet. Ann, PT is responsible for it."
    )
    make_review(post)
    text = " ".join(get_page(client, "/knees/").find_class("trust-lines")[0].text_content().split())
    assert "Drafted by AI. Ann, PT is responsible for it." in text
    post.origin, post.responsible = "assisted", make_author(name="Ben")
    post.save()
    text = " ".join(get_page(client, "/knees/").find_class("trust-lines")[0].text_content().split())
    assert "Written with the help of AI. Ben is responsible for it." in text


def test_the_site_can_require_a_review_of_ai_drafts() -> None:
    ReviewSettings.objects.create(ai_drafts="block")
    client = sign_in(User.objects.create_superuser("owner@example.com"))
    post = make_post(status="draft", published_at=None, origin="drafted")
    url = f"/admin/blog/post/{post.pk}/change/"
    data = post_form_data(post, origin="drafted", author=str(post.author_id), _publish="")
    assert "A reviewer has to approve it before you publish it." in client.post(url, data).content.decode()
    post.refresh_from_db()
    assert post.status == "draft"
    make_review(post)
    assert client.post(url, data).status_code == 302
    post.refresh_from_db()
    assert (post.status, post.origin) == ("published", "drafted")


def test_an_ai_draft_that_is_public_can_be_improved_after_the_rule_has_changed() -> None:
    post = make_post(origin="drafted")
    ReviewSettings.objects.create(ai_drafts="block")
    assert not [error for error in post.publish_errors(post.snapshot()) if error.field == "origin"]
    other = make_post(origin="assisted")
    errors = other.publish_errors(other.snapshot() | {"origin": "drafted"})
    assert [error.field for error in errors] == ["origin"]


def test_a_page_with_ai_needs_a_responsible_person() -> None:
    page = make_page(status="draft", published_at=None, origin="assisted")
    assert [error.field for error in page.publish_errors(page.snapshot())] == ["responsible"]
    page.responsible = make_author()
    assert page.publish_errors(page.snapshot()) == []
