"""Authors decide on suggestions in the admin."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from feedback.models import HelpfulCount, Suggestion
from tests.factories import make_author, make_post
from tests.feedback.factories import make_suggestion, parse

QUEUE = "/admin/feedback/suggestion/"


@pytest.mark.django_db
def test_the_queue_lists_open_suggestions_and_escapes_them(admin_client: Client) -> None:
    post = make_post(title="Knee & hip")
    HelpfulCount.objects.add(post, True)
    row = make_suggestion(post, words="<script>x</script>", passage="<b>p</b>", source="https://example.org/a")
    done = make_suggestion(post, words="Long done", status=Suggestion.Status.DECLINED)
    for url in (QUEUE, f"{QUEUE}{row.pk}/change/"):
        page = admin_client.get(url).content.decode()
        assert "<script>x" not in page
        assert "<b>p</b>" not in page
        assert "Knee &amp; hip" in page
        assert "1 of 1 (100%)" in page
    assert 'href="https://example.org/a"' in page
    assert str(done) not in admin_client.get(f"{QUEUE}?show=open").content.decode()
    assert str(row) not in parse(admin_client.get(f"{QUEUE}?show=decided").content).text_content()


@pytest.mark.django_db
def test_the_post_form_shows_its_answers_and_links_to_its_suggestions(admin_client: Client) -> None:
    post, other = make_post(), make_post()
    HelpfulCount.objects.add(post, False)
    make_suggestion(post, words="About this")
    make_suggestion(other, words="About that")
    page = parse(admin_client.get(f"/admin/blog/post/{post.pk}/change/").content)
    assert "Found helpful: 0 of 1 (0%)" in page.text_content()
    (url,) = page.xpath("//a[text()='View suggestions']/@href")
    queue = admin_client.get(url).content.decode()
    assert "About this" in queue
    assert "About that" not in queue


@pytest.mark.django_db
def test_a_decision_sets_its_time_and_reopening_clears_it(admin_client: Client) -> None:
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
    ("action", "status", "is_open"),
    [("mark_in_review", "in review", True), ("accept", "accepted", False), ("decline", "declined", False)],
)
def test_actions_set_the_status_of_all_selected_suggestions(
    admin_client: Client, action: str, status: str, is_open: bool
) -> None:
    post = make_post()
    rows = [make_suggestion(post), make_suggestion(post, status="accepted")]
    admin_client.post(QUEUE, {"action": action, "_selected_action": [row.pk for row in rows]})
    assert set(Suggestion.objects.values_list("status", flat=True)) == {status}
    assert Suggestion.objects.undecided().count() == (2 if is_open else 0)


@pytest.mark.django_db
def test_a_decision_without_a_time_cannot_be_stored() -> None:
    make_suggestion(make_post())
    with pytest.raises(IntegrityError), transaction.atomic():
        Suggestion.objects.update(status="accepted")


@pytest.mark.django_db
def test_an_author_sees_and_decides_only_suggestions_about_their_own_posts() -> None:
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
def test_view_permission_does_not_allow_decisions() -> None:
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
def test_the_queue_has_a_constant_number_of_queries(admin_client: Client) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(QUEUE).status_code == 200
        return len(queries)

    make_suggestion(make_post())
    first = count_queries()
    for _ in range(5):
        make_suggestion(make_post())
    assert count_queries() == first


@pytest.mark.django_db
def test_the_worker_erases_personal_data_a_year_after_the_decision() -> None:
    post = make_post()
    personal_data = {"name": "Sam", "email": "sam@example.org"}
    old, recent, waiting = (
        make_suggestion(post, status=status, **personal_data) for status in ("declined", "accepted", "in review")
    )
    Suggestion.objects.filter(pk=old.pk).update(handled_at=timezone.now() - timedelta(days=366))
    Suggestion.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(days=800))
    call_command("worker", once=True)
    assert set(Suggestion.objects.exclude(email="").exclude(name="")) == {recent, waiting}
    old.refresh_from_db()
    assert (old.name, old.email, old.words) == ("", "", "Three sets.")
