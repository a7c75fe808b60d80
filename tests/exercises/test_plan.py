"""The visitor's plan: on their device, ordered, shared by a link, unknown to the site."""

import re

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from audit.accessibility import violations
from exercises.models import Exercise
from tests.exercises.factories import make_exercise

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.any_database]
PLAN = re.compile(r"Add to my plan|In my plan")


def make_three() -> list[Exercise]:
    return [make_exercise(name=name, slug=name.lower()) for name in ("Bridge", "Hinge", "Reach")]


def names(page: Page) -> list[str]:
    return [name or "" for name in page.locator(".plan-list .exercise-name").all_inner_texts()]


def collect(page: Page, *exercises: Exercise) -> None:
    for exercise in exercises:
        page.goto(exercise.get_absolute_url())
        page.get_by_role("button", name=PLAN).click()
        expect(page.get_by_role("button", name=PLAN)).to_have_attribute("aria-pressed", "true")


def test_a_plan_is_collected_ordered_by_keyboard_and_there_after_a_reload(page: Page) -> None:
    bridge, hinge, reach = make_three()
    collect(page, bridge, hinge, reach)
    page.get_by_role("link", name="Open my plan").click()
    expect(page.locator(".plan-list > li")).to_have_count(3)
    assert names(page) == ["Bridge", "Hinge", "Reach"]
    up = page.get_by_role("button", name="Move Reach up")
    up.press("Enter")
    assert names(page) == ["Bridge", "Reach", "Hinge"]
    expect(up).to_be_focused()
    expect(page.locator("[data-plan-status]")).to_have_text("Reach is now number 2.")
    up.press("Enter")
    expect(page.get_by_role("button", name="Move Reach down")).to_be_focused()
    page.reload()
    assert names(page) == ["Reach", "Bridge", "Hinge"]
    page.get_by_role("button", name="Remove Bridge").click()
    expect(page.get_by_role("button", name="Remove Hinge")).to_be_focused()
    page.reload()
    assert names(page) == ["Reach", "Hinge"]


def test_the_site_learns_nothing_about_a_plan(page: Page) -> None:
    bridge, hinge, _ = make_three()
    collect(page, bridge, hinge)
    page.goto("/my-plan/")
    page.wait_for_load_state("networkidle")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(f"{request.method} {request.url}"))
    page.get_by_role("button", name="Move Hinge up").click()
    page.get_by_role("button", name="Remove Bridge").click()
    page.get_by_role("button", name="Copy a link to this plan").click()
    assert requests == []
    assert page.context.cookies() == []
    response = Client().get("/my-plan/")
    assert not response.cookies
    assert "Bridge" in response.content.decode()


def test_a_shared_plan_is_shown_and_stored_only_when_the_visitor_says_so(page: Page) -> None:
    bridge, hinge, reach = make_three()
    page.goto(f"/my-plan/#{reach.pk}-{bridge.pk}-999999")
    assert names(page) == ["Reach", "Bridge"]
    expect(page.locator("[data-plan-status]")).to_have_text("One exercise is no longer on this site.")
    expect(page.get_by_text("Someone shared this plan with you.")).to_be_visible()
    assert page.evaluate("localStorage.getItem('plan')") is None
    expect(page.get_by_role("button", name="Remove Reach")).to_have_count(0)
    page.get_by_role("button", name="Make it my plan").click()
    expect(page.get_by_text("Someone shared this plan with you.")).to_be_hidden()
    assert page.evaluate("localStorage.getItem('plan')") == f"{reach.pk}-{bridge.pk}"
    page.goto(f"/my-plan/#{hinge.pk}")
    expect(page.locator(".plan-list .exercise-name")).to_have_text(["Hinge"])
    page.get_by_role("button", name="Show my own plan").click()
    assert names(page) == ["Reach", "Bridge"]


def test_more_than_five_exercises_get_advice_and_an_empty_plan_says_what_to_do(page: Page) -> None:
    exercises = [make_exercise() for _ in range(6)]
    page.goto("/my-plan/")
    expect(page.get_by_text("Your plan is empty.")).to_be_visible()
    page.goto(f"/my-plan/#{'-'.join(str(each.pk) for each in exercises[:5])}")
    expect(page.locator("[data-advice]")).to_be_hidden()
    page.goto(f"/my-plan/#{'-'.join(str(each.pk) for each in exercises)}")
    expect(page.locator("[data-advice]")).to_be_visible()


def test_nonsense_in_a_link_shows_an_empty_plan(page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    for fragment in ("%3Cscript%3E", "a-b", "1.5", "-" * 2000, "9" * 5000):
        page.goto("about:blank")
        page.goto(f"/my-plan/#{fragment}")
        expect(page.get_by_text("Your plan is empty.")).to_be_visible()
    assert errors == []


def test_print_shows_the_exercises_without_buttons(page: Page) -> None:
    bridge, *_ = make_three()
    page.goto(f"/my-plan/#{bridge.pk}")
    page.emulate_media(media="print")
    expect(page.get_by_text("Lift your hips.")).to_be_visible()
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("button", name="Do it with me")).to_be_hidden()


def test_accessibility_checks_find_nothing(page: Page) -> None:
    collect(page, *make_three()[:2])
    for path in ("/my-plan/", "/exercises/", "/exercises/bridge/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert violations(page) == [], path
