"""Cards: one record shown by many texts, on pages, in feeds and in emails."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from blog.models import Post, Snippet
from exercises.models import Exercise
from images.models import Video
from richtext.embeds import RenderTarget
from richtext.rendering import render, render_all
from richtext.sanitizer import sanitize
from tests.evidence.factories import set_disclaimer
from tests.exercises.factories import embed, make_exercise
from tests.factories import make_image, make_page, make_post
from tests.structured_data import nodes_by_id

pytestmark = pytest.mark.django_db
ATTACK = "</script><script>alert(1)</script>"


def test_changing_an_exercise_changes_every_post_and_the_feed(admin_client: Client, client: Client) -> None:
    exercise = make_exercise(name="Bridge")
    body = sanitize(f"<p>Text.</p>{embed(exercise)}")
    assert 'data-embed="exercise"' in body
    for slug in ("first", "second"):
        make_post(slug=slug, body=body)
    for path in ("/first/", "/second/", "/feed/", "/exercises/", exercise.get_absolute_url()):
        assert "Bridge" in client.get(path).content.decode(), path
    Exercise.objects.update(name="Hip lift")
    for path in ("/first/", "/second/", "/feed/", "/exercises/", exercise.get_absolute_url()):
        page = client.get(path).content.decode()
        assert "Hip lift" in page, path
        assert "Bridge" not in page.replace("bridge", ""), path


def test_a_card_shows_the_dose_the_steps_in_order_and_when_to_stop() -> None:
    easier, harder = make_exercise(name="Small bridge"), make_exercise(name="One leg", status="draft")
    exercise = make_exercise(
        name="Bridge", easier=easier, harder=harder, sides="each", images=(make_image(alt="Hips up"),)
    )
    card: Any = html.fromstring(render(embed(exercise)))
    assert card.get("aria-label") == "Exercise: Bridge"
    assert [step.text_content() for step in card.xpath("//ol/li")] == exercise.step_list
    words = " ".join(card.text_content().split())
    assert "sets on each side 3" in words
    assert "repetitions 10" in words
    assert "hold 5 s" in words
    assert "Once a day, every day" in words
    assert "Stop if the pain shoots down your leg." in words
    assert card.xpath("//img/@alt") == ["Hips up"]
    assert card.xpath(f"//a[@href='{easier.get_absolute_url()}']")
    assert "One leg" not in words


def test_the_page_of_an_exercise_shows_the_default_disclaimer(client: Client) -> None:
    set_disclaimer("Words for everyone.")
    page = client.get(make_exercise().get_absolute_url()).content.decode()
    assert page.count("Words for everyone.") == 1


@pytest.mark.parametrize("target", [RenderTarget.FEED, RenderTarget.EMAIL])
def test_feeds_and_emails_get_a_plain_card(target: RenderTarget) -> None:
    exercise = make_exercise(name="Bridge", images=(make_image(alt="Hips up"),))
    card: Any = html.fromstring(render(embed(exercise), target))
    assert not card.xpath("//script | //button | //section | //svg")
    assert card.xpath("//img/@alt") == ["Hips up"]
    assert card.xpath("//img/@src")[0].startswith("http://testserver/")
    assert card.xpath("//a/@href") == [f"http://testserver{exercise.get_absolute_url()}"]
    assert "3 sets of 10 repetitions" in card.text_content()


def test_visitors_see_no_draft() -> None:
    exercise = make_exercise(status="draft", name="Secret")
    make_post(slug="stairs", body=f"<p>x</p>{embed(exercise)}")
    client = Client()
    assert client.get(exercise.get_absolute_url()).status_code == 404
    for path in ("/stairs/", "/exercises/", "/search/?q=secret", "/sitemap-exercises.xml"):
        assert "Secret" not in client.get(path).content.decode()
    assert "Secret" in render(embed(exercise), RenderTarget.EDITOR)


def test_no_text_of_an_exercise_becomes_markup() -> None:
    texts = ("name", "goal", "steps", "equipment", "cautions", "stop_if", "transcript")
    video = Video.objects.create(provider="vimeo", key="12345678", title=ATTACK)
    fields: dict[str, Any] = {name: f"{name} {ATTACK}"[:110] for name in texts}
    make_exercise(**fields, slug="x", video=video)
    exercise = Exercise.objects.get()
    make_post(slug="stairs", body=f"<p>x</p>{embed(exercise)}")
    for path in ("/stairs/", "/exercises/x/", "/exercises/", "/search/?q=goal"):
        page: Any = html.fromstring(Client().get(path).content)
        scripts = page.xpath("//script[not(@src)][not(@type='application/ld+json')]")
        assert not scripts, path
    for target in RenderTarget:
        assert "<script>alert" not in render(embed(exercise), target)


def test_structured_data_of_posts_and_pages_equals_the_card() -> None:
    first, second = make_exercise(slug="one"), make_exercise(slug="two", equipment="")
    snippet = Snippet.objects.create(name="S", body=sanitize(embed(first)))
    body = sanitize(f'<p>A</p>{embed(second)}<div data-embed="snippet" data-id="{snippet.pk}"></div>')
    make_post(slug="stairs", body=body)
    make_page(slug="method", body=body)
    for path in ("/stairs/", "/method/"):
        tree: Any = html.fromstring(Client().get(path).content)
        nodes = nodes_by_id(tree)
        parts = [nodes[part["@id"]] for part in nodes[f"http://testserver{path}"]["hasPart"]]
        assert [part["@type"] for part in parts] == ["ExercisePlan", "ExercisePlan"]
        assert [part["name"] for part in parts] == [second.name, first.name]
        for part, card in zip(parts, tree.xpath("//section[starts-with(@class, 'exercise')]"), strict=True):
            words = " ".join(card.text_content().split())
            assert part["repetitions"] == 10
            assert part["description"] in words
            assert part["activityFrequency"].capitalize() in words
            shown = [item.text_content() for item in card.xpath(".//ol/li")]
            assert [step["text"] for step in part["hasPart"]["step"]] == shown
            assert [step["position"] for step in part["hasPart"]["step"]] == [1, 2, 3]


def test_the_page_of_an_exercise_names_the_texts_that_show_it_and_its_author() -> None:
    exercise = make_exercise(images=(make_image(),))
    make_post(slug="stairs", title="On stairs", body=embed(exercise))
    make_post(slug="draft", title="Not yet", body=embed(exercise), status=Post.Status.DRAFT, published_at=None)
    tree: Any = html.fromstring(Client().get(exercise.get_absolute_url()).content)
    assert tree.xpath("//section[@aria-labelledby='used-in']//a/@href") == ["/stairs/"]
    assert "Not yet" not in tree.text_content()
    nodes = nodes_by_id(tree)
    url = f"http://testserver{exercise.get_absolute_url()}"
    assert nodes[url]["mainEntity"] == {"@id": f"{url}#exercise"}
    assert nodes[nodes[f"{url}#exercise"]["author"]["@id"]]["name"] == exercise.author.name
    assert json.dumps(nodes).count('"@type": "HowTo"') == 1


def test_search_and_the_sitemap_know_exercises() -> None:
    exercise = make_exercise(name="Heel drop", slug="heel-drop")
    assert exercise.get_absolute_url() in Client().get("/search/?q=heel").content.decode()
    assert "http://testserver/exercises/heel-drop/" in Client().get("/sitemap-exercises.xml").content.decode()
    assert "http://testserver/exercises/" in Client().get("/sitemap-pages.xml").content.decode()


def test_cards_take_the_same_number_of_queries_however_many(django_assert_num_queries: Any) -> None:
    easier = make_exercise()
    exercises = [make_exercise(images=(make_image(), make_image()), easier=easier) for _ in range(6)]
    # Three of exercises, one of the glossary.
    with django_assert_num_queries(4):
        render(embed(exercises[0]))
    with django_assert_num_queries(4):
        render_all([embed(*exercises[:3]), embed(*exercises[3:])], RenderTarget.PAGE)


def test_the_editor_finds_exercises_by_words(admin_client: Client) -> None:
    make_exercise(name="Bridge", goal="Hips for stairs")
    draft = make_exercise(name="Côte stretch", goal="Ribs", status="draft")
    url = reverse("admin:exercises_exercise_find")
    assert [row["name"] for row in admin_client.get(url).json()["exercises"]] == ["Bridge", "Côte stretch"]
    found = admin_client.get(url, {"q": "cote ribs"}).json()["exercises"]
    assert found == [{"id": draft.pk, "name": "Côte stretch", "goal": "Ribs", "is_draft": True}]
    assert admin_client.get(url, {"q": "nothing"}).json() == {"exercises": []}
