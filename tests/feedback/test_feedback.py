"""Readers say whether a post helped and what they would change; the desk decides."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from lxml.html import HtmlElement
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audit.accessibility import violations_in_both_themes
from blog.models import Post
from feedback.models import HelpfulCount, Suggestion
from public_forms.forms import issue_token
from tests.factories import make_author, make_post

# Not the newsletter's “Send me the letter”.
SEND = re.compile("^Send(?! me)")
QUEUE = "/admin/feedback/suggestion/"
OWN = {"origin": "http://testserver"}


def tree(content: bytes) -> HtmlElement:
    page: HtmlElement = html.fromstring(content)
    return page


def send(client: Client, path: str = "/feedback/knee/", **changes: str) -> Any:
    """What the site answers to a form filled in within a minute, `changes` apart."""
    data = {"words": "Three sets, not two.", "token": issue_token("feedback", age=60)} | changes
    return client.post(path, data, headers=OWN)


def answer(client: Client, word: str = "yes", **extra: Any) -> Any:
    """What the site answers to a press on Yes or No below the post."""
    return client.post("/feedback/knee/helpful/", {"answer": word}, **({"headers": OWN} | extra))


def make_suggestion(post: Post, **overrides: Any) -> Suggestion:
    """A correction that waits."""
    fields = {"kind": "correction", "words": "Three sets.", "submission": uuid4()}
    return Suggestion.objects.create(post=post, **fields | overrides)


def counted() -> list[tuple[int, int]]:
    return list(HelpfulCount.objects.values_list("yes", "no"))


# ---- Suggestions ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_suggestion_becomes_one_row_of_the_queue(client: Client) -> None:
    post = make_post(slug="knee")
    response = send(
        client,
        passage="Two sets",
        source="example.org/study",
        name="Sam",
        email="sam@example.org",
        note="x",
        status="x",
    )
    assert (response.status_code, response["Location"]) == (303, "/feedback/knee/thanks/")
    row = Suggestion.objects.get()
    assert (row.post, row.kind, row.status, row.handled_at) == (post, "correction", "new", None)
    assert (row.passage, row.words, row.note) == ("Two sets", "Three sets, not two.", "")
    assert (row.source, row.name, row.email) == ("https://example.org/study", "Sam", "sam@example.org")
    assert list(Suggestion.objects.undecided()) == [row]
    assert not response.cookies
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.django_db
def test_what_was_missing_comes_into_the_same_queue(client: Client) -> None:
    make_post(slug="knee")
    assert send(client, "/feedback/knee/missing/")["Location"] == "/feedback/knee/thanks/"
    assert Suggestion.objects.get().kind == Suggestion.Kind.MISSING


@pytest.mark.django_db
def test_a_double_press_is_one_suggestion(client: Client) -> None:
    make_post(slug="knee")
    token = issue_token("feedback", age=60)
    for _ in range(2):
        assert send(client, token=token).status_code == 303
    assert Suggestion.objects.count() == 1
    assert send(client, token=token, words="And slower.").status_code == 303
    assert Suggestion.objects.count() == 2


@pytest.mark.django_db
def test_spam_is_thanked_like_a_person_and_not_kept(client: Client) -> None:
    make_post(slug="knee")
    spam, real = send(client, homepage="https://pills.example.com"), send(client)
    assert (spam.status_code, spam["Location"]) == (real.status_code, real["Location"])
    assert Suggestion.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("age", [0, 25 * 3600])
def test_too_fast_or_too_late_keeps_the_words_and_one_more_press_sends_them(client: Client, age: int) -> None:
    make_post(slug="knee")
    response = send(client, token=issue_token("feedback", age=age), passage="<b>Two</b>")
    assert Suggestion.objects.count() == 0
    form = tree(response.content).xpath("//form[@class='form']")[0]
    assert form.fields["words"].strip() == "Three sets, not two."
    assert form.fields["passage"].strip() == "<b>Two</b>"
    client.post("/feedback/knee/", {name: value or "" for name, value in form.fields.items()}, headers=OWN)
    assert Suggestion.objects.get().passage == "<b>Two</b>"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/feedback/knee/", "/feedback/knee/missing/"])
def test_a_form_sent_from_another_site_keeps_nothing_but_shows_the_words(client: Client, path: str) -> None:
    make_post(slug="knee")
    data = {"words": "Three sets.", "token": issue_token("feedback", age=60)}
    response = client.post(path, data, headers={"origin": "https://example.com"})
    assert response.status_code == 403
    assert "Three sets." in response.content.decode()
    assert Suggestion.objects.count() == 0


@pytest.mark.django_db
def test_an_incomplete_form_says_what_is_missing_where(client: Client) -> None:
    make_post(slug="knee")
    page = tree(send(client, words=" ", email="sam@", name="Sam").content)
    assert page.findtext(".//title").startswith("Error: ")
    assert "2 fields" not in page.xpath("//*[@role='alert']")[0].text_content()
    wrong = page.xpath("//*[@aria-invalid]")
    assert [field.name for field in wrong] == ["words", "email"]
    for field in wrong:
        explained = [page.get_element_by_id(name) for name in field.get("aria-describedby").split()]
        assert any("errorlist" in each.get("class") for each in explained)
    assert page.xpath("//input[@name='name']/@value") == ["Sam"]
    assert Suggestion.objects.count() == 0


@pytest.mark.django_db
def test_after_twenty_in_a_day_a_reader_is_asked_to_come_back(client: Client) -> None:
    make_post(slug="knee")
    for number in range(20):
        assert send(client, words=f"Number {number}").status_code == 303
    response = send(client, words="Number 20")
    assert response.status_code == 429
    assert "Number 20" in response.content.decode()
    assert Suggestion.objects.count() == 20


@pytest.mark.django_db
@pytest.mark.parametrize("passage", ["Bend <b>slowly</b> & stop.", "a\x00b\u202ec", "x" * 5000])
def test_the_address_of_the_form_fills_in_the_passage(client: Client, passage: str) -> None:
    make_post(slug="knee")
    response = client.get("/feedback/knee/", {"passage": passage})
    shown = tree(response.content).xpath("//textarea[@name='passage']")[0].text.strip()
    assert shown == passage.replace("\x00", "").replace("\u202e", "")[:1000]


# ---- Was this helpful? --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_answer_counts_for_its_post_and_day(client: Client) -> None:
    post = make_post(slug="knee")
    assert answer(client)["Location"] == "/feedback/knee/thanks/"
    response = answer(client, "no", REMOTE_ADDR="192.0.2.2")
    assert (response.status_code, response["Location"]) == (303, "/feedback/knee/missing/")
    assert not response.cookies
    assert counted() == [(1, 1)]
    assert str(HelpfulCount.objects.for_post(post)) == "1 of 2 (50 %)"
    assert str(HelpfulCount.objects.for_post(make_post())) == "No answers yet"


@pytest.mark.django_db
def test_a_second_answer_of_a_day_is_thanked_and_not_counted(client: Client) -> None:
    make_post(slug="knee")
    assert answer(client).status_code == answer(client, "no").status_code == 303
    assert counted() == [(1, 0)]


@pytest.mark.django_db
def test_a_robot_that_answers_everything_stops_counting(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback.views.DAILY_ANSWER_LIMIT", 2)
    for number in range(4):
        slug = make_post(slug=f"post-{number}-of-four").slug
        assert client.post(f"/feedback/{slug}/helpful/", {"answer": "yes"}, headers=OWN).status_code == 303
    assert counted() == [(1, 0), (1, 0)]


@pytest.mark.django_db
@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}])
def test_an_answer_from_elsewhere_is_asked_for_again(client: Client, headers: dict[str, str]) -> None:
    make_post(slug="knee")
    response = answer(client, headers=headers)
    assert response.status_code == 403
    assert tree(response.content).xpath("//form[@class='answers']//button/@value") == ["yes", "no"]
    assert counted() == []


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["", "maybe", "\x00"])
def test_what_is_no_answer_shows_the_question(client: Client, word: str) -> None:
    make_post(slug="knee")
    assert "Was this helpful?" in answer(client, word).content.decode()
    assert counted() == []


@pytest.mark.django_db(transaction=True)
def test_answers_are_counted_exactly_when_many_come_at_once() -> None:
    make_post(slug="knee")

    def come(number: int) -> int:
        try:
            # Every reader twice.
            return answer(Client(), REMOTE_ADDR=f"192.0.2.{number // 2}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert set(threads.map(come, range(30))) == {303}
    assert counted() == [(15, 0)]


# ---- The pages ----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "helpful/", "missing/", "thanks/"])
@pytest.mark.parametrize("kind", ["draft", "scheduled", "in the trash", "unknown"])
def test_what_is_not_public_has_no_feedback(client: Client, kind: str, page: str) -> None:
    case: dict[str, dict[str, Any]] = {
        "draft": {"status": Post.Status.DRAFT, "published_at": None},
        "scheduled": {"published_at": timezone.now() + timedelta(days=1)},
        "in the trash": {"trashed_at": timezone.now()},
        "unknown": {"slug": "ankle", "title": "Ankle"},
    }
    make_post(**{"slug": "knee", "title": "A secret title"} | case[kind])
    for response in (client.get(f"/feedback/knee/{page}"), send(client, f"/feedback/knee/{page}", answer="yes")):
        assert response.status_code == 404
        assert "secret" not in response.content.decode()
    assert Suggestion.objects.count() == HelpfulCount.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "helpful/", "missing/", "thanks/"])
def test_a_page_is_for_this_reader_alone(client: Client, page: str) -> None:
    make_post(slug="knee", title="<i>Knee</i>")
    client.get("/")  # what is made once for all readers
    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"/feedback/knee/{page}")
    assert len(queries) <= 8
    assert not [query for query in queries if not query["sql"].startswith("SELECT")]
    shown = tree(response.content)
    assert response["X-Robots-Tag"] == shown.xpath("//meta[@name='robots']/@content")[0] == "noindex"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert len(shown.findall(".//h1")) == 1
    assert not shown.xpath("//main//i | //style | //@style | //script[not(@src)] | //link[@rel='canonical']")
    ids = shown.xpath("//@id")
    named = {name for names in shown.xpath("//@aria-labelledby | //@aria-describedby") for name in names.split()}
    assert len(ids) == len(set(ids))
    assert named | {address[1:] for address in shown.xpath("//a/@href") if address[0] == "#"} <= set(ids)


@pytest.mark.django_db
def test_a_post_asks_its_readers_and_a_draft_nobody(admin_client: Client) -> None:
    make_post(slug="knee")
    make_post(slug="draft", status=Post.Status.DRAFT, published_at=None)
    page = tree(admin_client.get("/knee/").content)
    assert page.xpath("//form[@class='answers']/@action") == ["/feedback/knee/helpful/"]
    assert page.xpath("//*[@id='helpful']//a/@href") == ["/feedback/knee/"]
    assert b"helpful" not in admin_client.get("/draft/").content


# ---- The queue ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_queue_shows_what_waits_and_escapes_it(admin_client: Client) -> None:
    post = make_post(title="Knee & hip")
    HelpfulCount.objects.add(post, True)
    row = make_suggestion(post, words="<script>x</script>", passage="<b>p</b>", source="https://example.org/a")
    done = make_suggestion(post, words="Long done", status=Suggestion.Status.DECLINED)
    for address in (QUEUE, f"{QUEUE}{row.pk}/change/"):
        page = admin_client.get(address).content.decode()
        assert "<script>x" not in page
        assert "<b>p</b>" not in page
        assert "Knee &amp; hip" in page
        assert "1 of 1 (100 %)" in page
    assert 'href="https://example.org/a"' in page
    assert str(done) not in admin_client.get(f"{QUEUE}?show=open").content.decode()
    assert str(row) not in tree(admin_client.get(f"{QUEUE}?show=decided").content).text_content()


@pytest.mark.django_db
def test_the_form_of_a_post_shows_its_answers_and_leads_to_its_suggestions(admin_client: Client) -> None:
    post, other = make_post(), make_post()
    HelpfulCount.objects.add(post, False)
    make_suggestion(post, words="About this")
    make_suggestion(other, words="About that")
    page = tree(admin_client.get(f"/admin/blog/post/{post.pk}/change/").content)
    assert "Found helpful: 0 of 1 (0 %)" in page.text_content()
    (address,) = page.xpath("//a[text()='View suggestions']/@href")
    queue = admin_client.get(address).content.decode()
    assert "About this" in queue
    assert "About that" not in queue


@pytest.mark.django_db
def test_a_decision_gets_its_time_and_loses_it_when_taken_back(admin_client: Client) -> None:
    row = make_suggestion(make_post(), name="Sam")

    def decide(status: str) -> Suggestion:
        response = admin_client.post(f"{QUEUE}{row.pk}/change/", {"status": status, "note": "Checked.", "name": "Eve"})
        assert response.status_code == 302
        return Suggestion.objects.get()

    assert (decided := decide("accepted")).handled_at
    assert (decided.note, decided.name) == ("Checked.", "Sam")
    assert decide("declined").handled_at == decided.handled_at
    assert decide("in review").handled_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("action", "status", "waits"),
    [("mark_in_review", "in review", True), ("accept", "accepted", False), ("decline", "declined", False)],
)
def test_many_are_decided_at_once(admin_client: Client, action: str, status: str, waits: bool) -> None:
    post = make_post()
    rows = [make_suggestion(post), make_suggestion(post, status="accepted")]
    admin_client.post(QUEUE, {"action": action, "_selected_action": [row.pk for row in rows]})
    assert set(Suggestion.objects.values_list("status", flat=True)) == {status}
    assert Suggestion.objects.undecided().count() == (2 if waits else 0)


@pytest.mark.django_db
def test_a_decision_without_a_time_cannot_be_stored() -> None:
    make_suggestion(make_post())
    with pytest.raises(IntegrityError), transaction.atomic():
        Suggestion.objects.update(status="accepted")


@pytest.mark.django_db
def test_an_author_decides_about_own_posts_and_sees_no_others() -> None:
    user = User.objects.create_user("sam@example.com", "a password for tests", is_staff=True)
    client = Client()
    client.force_login(user)
    assert client.get(QUEUE).status_code == 403
    own = make_suggestion(make_post(author=make_author(user=user)), words="About my own")
    other = make_suggestion(make_post(author=make_author()), words="About another")
    page = client.get(QUEUE).content.decode()
    assert "About my own" in page
    assert "About another" not in page
    data = {"action": "accept", "_selected_action": [own.pk, other.pk]}
    client.post(QUEUE, data)
    client.post(f"{QUEUE}{other.pk}/change/", {"status": "accepted"})
    assert list(Suggestion.objects.undecided()) == [other]


@pytest.mark.django_db
def test_who_may_only_look_changes_nothing() -> None:
    user = User.objects.create_user("eve@example.com", "a password for tests", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_suggestion"))
    client = Client()
    client.force_login(user)
    row = make_suggestion(make_post())
    assert str(row) in client.get(QUEUE).content.decode()
    assert client.post(f"{QUEUE}{row.pk}/change/", {"status": "accepted"}).status_code == 403
    client.post(QUEUE, {"action": "accept", "_selected_action": [row.pk]})
    assert Suggestion.objects.undecided().count() == 1


@pytest.mark.django_db
def test_the_queue_costs_the_same_for_many(admin_client: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(QUEUE).status_code == 200
        return len(queries)

    make_suggestion(make_post())
    first = cost()
    for _ in range(5):
        make_suggestion(make_post())
    assert cost() == first


@pytest.mark.django_db
def test_the_worker_erases_names_a_year_after_the_decision() -> None:
    post = make_post()
    person = {"name": "Sam", "email": "sam@example.org"}
    old, recent, waiting = (
        make_suggestion(post, status=state, **person) for state in ("declined", "accepted", "in review")
    )
    Suggestion.objects.filter(pk=old.pk).update(handled_at=timezone.now() - timedelta(days=366))
    Suggestion.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(days=800))
    call_command("worker", once=True)
    assert set(Suggestion.objects.exclude(email="").exclude(name="")) == {recent, waiting}
    old.refresh_from_db()
    assert (old.name, old.email, old.words) == ("", "", "Three sets.")


# ---- In a browser -------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_reader_answers_in_place_and_says_what_was_missing(page: Page) -> None:
    make_post(slug="knee")
    page.goto("/knee/")
    page.get_by_role("button", name="No").click()
    box = page.get_by_label("What was missing?")
    box.wait_for()
    assert page.evaluate("document.activeElement.textContent").startswith("If you like")
    page.get_by_role("button", name=SEND).click()
    page.get_by_text("Enter what was missing").wait_for()
    assert page.evaluate("document.activeElement.name") == "words"
    box.fill("Pictures.")
    page.get_by_role("button", name=SEND).click()
    page.get_by_text("better for the next reader").wait_for()
    assert page.url.endswith("/knee/")
    assert counted() == [(0, 1)]
    assert Suggestion.objects.get().words == "Pictures."
    assert page.context.cookies() == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_selected_words_lead_to_a_form_that_holds_them(page: Page) -> None:
    make_post(slug="knee", body="<p>Bend it slowly.</p>")
    page.goto("/knee/")
    button = page.locator(".quote-button")
    assert not button.is_visible()
    page.get_by_text("Bend it slowly.").select_text()
    button.click()
    assert page.get_by_label("Which passage?").input_value() == "Bend it slowly."


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_all_of_it_works_without_javascript(page: Page, browser: Browser, live_server: LiveServer) -> None:
    make_post(slug="knee")
    context = browser.new_context(base_url=live_server.url, java_script_enabled=False)
    plain = context.new_page()
    plain.goto("/knee/")
    plain.get_by_role("button", name="No").click()
    plain.get_by_label("What was missing?").fill("Pictures.")
    plain.wait_for_timeout(2_100)  # as long as a person needs at least
    plain.get_by_role("button", name=SEND).click()
    plain.get_by_text("better for the next reader").wait_for()
    plain.goto("/knee/")
    plain.get_by_role("link", name="Suggest a correction").click()
    plain.get_by_label("Which passage?").fill("Two sets")
    plain.get_by_label("What should change?").fill("Three sets.")
    plain.get_by_role("button", name=SEND).click()  # within two seconds: refused once, the words kept
    if plain.get_by_role("alert").is_visible():
        plain.get_by_role("button", name=SEND).click()
    plain.get_by_text("better for the next reader").wait_for()
    assert context.cookies() == []
    context.close()
    assert counted() == [(0, 1)]
    assert set(Suggestion.objects.values_list("words", flat=True)) == {"Pictures.", "Three sets."}


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_form_is_open_to_everybody(page: Page) -> None:
    make_post(slug="knee")
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto("/feedback/knee/?passage=Two")
    assert violations_in_both_themes(page) == []
    page.get_by_label("Your email address").fill("sam@")
    page.get_by_role("button", name=SEND).click()
    page.get_by_role("alert").wait_for()
    assert violations_in_both_themes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
