"""The review in a browser: a note on selected words, the way back to them, and what visitors see above the fold."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from audit.accessibility import violations
from blog.models import Post
from evidence.models import Source
from publishing.models import Review, ReviewNote
from richtext.sanitizer import sanitize
from tests.evidence.factories import cite, make_source
from tests.factories import make_author, make_image, make_page, make_post
from tests.publishing.reviews import make_review, make_reviewer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.any_database]

SELECT = """(text, [start, end]) => {
  const [first, last] = [text.querySelectorAll("p")[0], text.querySelectorAll("p")[2]]
  const range = document.createRange()
  range.setStart(first.firstChild, first.firstChild.data.indexOf(start))
  range.setEnd(last.firstChild, last.firstChild.data.indexOf(end) + end.length)
  const selection = text.ownerDocument.defaultView.getSelection()
  selection.removeAllRanges()
  selection.addRange(range)
}"""


def make_text(source: Source) -> Post:
    filler = "<p>Stairs ask a lot of a knee.</p>"
    body = f"<p>Knees get better{cite(source)} with time.</p>{filler}<p>Knees get better with steps.</p>{filler * 30}"
    return make_post(title="Knees", slug="knees", body=sanitize(body), author=make_author(competing_interests="None"))


def open_review(page: Page, post: Post) -> None:
    page.goto(f"/admin/blog/post/{post.pk}/review/")


def test_selected_words_become_the_passage_of_a_note_and_are_found_again(admin_page: Page) -> None:
    post = make_text(make_source())
    open_review(admin_page, post)
    text = admin_page.frame_locator("[data-review-text]").locator(".prose").first
    text.evaluate(SELECT, ["better", "with steps"])
    admin_page.get_by_role("button", name="Use the words selected in the text").click()
    admin_page.get_by_label("Note:").fill("Which steps?")
    admin_page.get_by_role("button", name="Save note").click()
    expect(admin_page.get_by_text("Your note was saved.")).to_be_visible()
    note = ReviewNote.objects.get()
    assert note.quote == "better with time. Stairs ask a lot of a knee. Knees get better with steps"
    assert note.before.strip() == "Knees get"
    admin_page.wait_for_load_state()  # with the text
    text.evaluate("text => text.ownerDocument.defaultView.getSelection().removeAllRanges()")
    admin_page.get_by_role("button", name="Show in the text").click()
    selected = text.evaluate("text => text.ownerDocument.defaultView.getSelection().toString()")
    expect(admin_page.frame_locator("[data-review-text]").get_by_role("link", name="Admin")).to_have_count(0)
    assert selected.startswith("better")  # followed by the number of the citation
    assert selected.split()[-1] == "steps"
    assert violations(admin_page) == []


def test_a_note_is_answered_and_resolved_and_the_text_approved(admin_page: Page) -> None:
    post, reviewer = make_text(make_source()), make_reviewer()
    ReviewNote.objects.create(document=post, text="Which study?", quote="Knees get better")
    open_review(admin_page, post)
    admin_page.get_by_label("Reply to this note").fill("This one.")
    admin_page.get_by_role("button", name="Reply").click()
    expect(admin_page.get_by_text("This one.")).to_be_visible()
    admin_page.get_by_role("button", name="Resolve").click()
    expect(admin_page.get_by_role("button", name="Reopen")).to_be_visible()
    admin_page.get_by_label("Approve").check()
    admin_page.get_by_label("Reviewer").select_option(label="Rowan Lee, PT, OCS")
    admin_page.get_by_text("Is it easy to understand and to act on?").click()
    expect(admin_page.get_by_text("Filled in: No TL;DR and no such heading.")).to_be_visible()
    admin_page.get_by_role("group", name="1. The purpose is clear from the start.").get_by_label(
        "Agree", exact=True
    ).check()
    assert violations(admin_page) == []
    admin_page.get_by_role("button", name="Save decision").click()
    expect(admin_page.get_by_text("Your review was saved.")).to_be_visible()
    review = Review.objects.get()
    assert (review.reviewer, review.outcome, review.pemat["1"]) == (reviewer, "approved", "agree")


@pytest.mark.parametrize("width", [390, 1280])
def test_who_reviewed_the_text_is_above_the_fold(page: Page, width: int) -> None:
    title = "A calm first week with low back pain, and what to leave alone"
    excerpt = "Yesterday you tied your shoes and your back said no. What to do from the first day to the seventh."
    post = make_post(title=title, slug="backs", excerpt=excerpt, featured_image=make_image(width=900, height=600))
    review = make_review(post, make_reviewer(), days_ago=400, due_on=timezone.localdate() - timedelta(days=1))
    post.changes.create(text="A new section about stairs.")
    Post.objects.update(updated_on=timezone.localdate())
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/backs/")
    line = page.get_by_text("Medically reviewed by")
    expect(line).to_be_in_viewport(ratio=1)
    expect(page.locator(f"time[datetime='{review.reviewed_on}']")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    line.get_by_role("link", name="Rowan Lee, PT, OCS").click()
    expect(page.get_by_role("heading", name="Reviewed by Rowan Lee")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_editorial_process_fits_and_is_accessible(page: Page, width: int) -> None:
    make_page(title="Editorial policy", slug="editorial-policy", role="editorial")
    make_review(make_text(make_source(evidence_level="review")))
    page.set_viewport_size({"width": width, "height": 844})
    page.goto("/editorial-policy/")
    expect(page.get_by_role("heading", name="In numbers")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
