"""Do it with me, in a browser with a fake clock."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from audit.accessibility import violations
from tests.browser_clock import stop_clock
from tests.exercises.factories import embed, make_exercise
from tests.factories import make_image, make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def open_guide(page: Page, **overrides: Any) -> Locator:
    """Open the guide of an exercise in a post, with a stopped clock."""
    fields: dict[str, Any] = {"name": "Bridge", "steps": "Lie down.\nLift your hips.", "sets": 2, "repetitions": 2}
    exercise = make_exercise(**fields | {"images": (make_image(),)} | overrides)
    make_post(slug="stairs", body=f"<h2>Now you</h2>{embed(exercise)}")
    stop_clock(page)
    page.goto("/stairs/")
    page.get_by_role("button", name="Do it with me").click()
    return page.get_by_role("dialog", name="Bridge")


def test_the_steps_come_one_at_a_time(page: Page) -> None:
    dialog = open_guide(page)
    expect(dialog).to_contain_text("Step 1 of 2")
    expect(dialog.locator(".guide-text")).to_have_text("Lie down.")
    expect(dialog.get_by_role("button", name="Back")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(dialog.locator(".guide-text")).to_have_text("Lift your hips.")
    page.keyboard.press("ArrowLeft")
    expect(dialog.locator(".guide-text")).to_have_text("Lie down.")
    expect(dialog).to_contain_text("Stop if the pain shoots down your leg.")


def test_the_timer_counts_hold_times_repetitions_times_sets(page: Page) -> None:
    dialog = open_guide(page, hold_seconds=5, rest_seconds=30)
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    phase, seconds = dialog.locator(".guide-phase"), dialog.locator(".guide-seconds")
    expect(phase).to_have_text("Get ready")
    expect(seconds).to_have_text("5")
    held = 0
    places: list[str] = []
    # 5 ready, two sets of 5 hold, 2 relax, 5 hold, and 30 rest between them.
    for _ in range(5 + 12 + 30 + 12 + 1):
        if phase.inner_text() == "Hold":
            held += 1
            places.append(dialog.locator(".guide-place").inner_text())
        page.clock.run_for(1000)
    assert held == 2 * 2 * 5
    assert list(dict.fromkeys(places)) == [
        "Repetition 1 of 2, Set 1 of 2",
        "Repetition 2 of 2, Set 1 of 2",
        "Repetition 1 of 2, Set 2 of 2",
        "Repetition 2 of 2, Set 2 of 2",
    ]
    expect(phase).to_have_text("Done")
    expect(dialog.locator("[aria-live=polite]")).to_have_text("You did 2 sets.")


def test_the_space_bar_pauses_and_continues(page: Page) -> None:
    dialog = open_guide(page, hold_seconds=5)
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    page.clock.run_for(2000)
    expect(dialog.locator(".guide-seconds")).to_have_text("3")
    page.keyboard.press("Space")
    expect(dialog.locator("[aria-live=polite]")).to_have_text("Paused")
    expect(dialog.locator(".guide-phase")).to_have_text("Get ready, paused")
    page.clock.run_for(60_000)
    expect(dialog.locator(".guide-seconds")).to_have_text("3")
    page.keyboard.press("Space")
    page.clock.run_for(3000)
    expect(dialog.locator(".guide-phase")).to_have_text("Hold")
    expect(dialog.locator("[aria-live=polite]")).to_have_text("Hold, 5 seconds. Repetition 1 of 2, Set 1 of 2")


def test_without_a_hold_the_visitor_says_when_a_set_is_done(page: Page) -> None:
    dialog = open_guide(page, hold_seconds=0, sides="each", sets=1)
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    page.clock.run_for(5000)
    expect(dialog.locator(".guide-text")).to_have_text("2 repetitions")
    expect(dialog.locator(".guide-place")).to_have_text("Set 1 of 1, First side")
    page.clock.run_for(100_000)
    dialog.get_by_role("button", name="Set done").click()
    expect(dialog.locator(".guide-phase")).to_have_text("Other side")
    page.clock.run_for(5400)
    expect(dialog.locator(".guide-phase")).to_have_text("Repeat")
    page.keyboard.press("Space")
    expect(dialog.locator(".guide-text")).to_have_text("You did 1 set on each side.")


def test_the_screen_stays_on_while_the_guide_is_open(page: Page) -> None:
    page.add_init_script("""
        window.locks = []
        const request = async (kind) => { locks.push(kind); return { release: async () => locks.push("released") } }
        Object.defineProperty(navigator, "wakeLock", { value: { request } })
    """)
    dialog = open_guide(page)
    page.wait_for_function("locks.join() === 'screen'")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Do it with me")).to_be_focused()
    page.wait_for_function("locks.join() === 'screen,released'")


def test_a_browser_that_refuses_to_keep_the_screen_on_gets_the_guide(page: Page) -> None:
    page.add_init_script("""
        const request = async () => { throw new DOMException("", "NotAllowedError") }
        Object.defineProperty(navigator, "wakeLock", { value: { request } })
    """)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.message))
    expect(open_guide(page)).to_be_visible()
    page.keyboard.press("Escape")
    assert errors == []


def test_the_guide_works_offline_once_the_page_is_open(page: Page) -> None:
    fields: dict[str, Any] = {"name": "Bridge", "steps": "Lie down.", "sets": 1, "repetitions": 1}
    make_post(slug="stairs", body=embed(make_exercise(**fields, images=(make_image(),))))
    stop_clock(page)
    page.goto("/stairs/")
    page.get_by_role("button", name="Do it with me").wait_for()
    page.locator(".exercise-pics img").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    # The view of the page is counted a moment after it is shown.
    with page.expect_request("**/count-page/**"):
        page.clock.run_for(1_000)
    page.context.set_offline(True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.get_by_role("button", name="Do it with me").click()
    page.keyboard.press("Space")
    page.clock.run_for(11_000)
    expect(page.get_by_role("dialog").locator(".guide-phase")).to_have_text("Done")
    assert [url for url in requests if "/media/" not in url] == []


def test_sound_is_off_until_the_visitor_turns_it_on(page: Page) -> None:
    dialog = open_guide(page)
    sound = dialog.get_by_role("button", name="Sound")
    expect(sound).to_have_attribute("aria-pressed", "false")
    sound.press("Space")
    expect(sound).to_have_attribute("aria-pressed", "true")
    expect(dialog).to_contain_text("Step 1 of 2")


def test_without_scripts_the_card_has_no_buttons(page: Page) -> None:
    exercise = make_exercise()
    context = page.context.browser.new_context(java_script_enabled=False)  # type: ignore[union-attr]
    plain = context.new_page()
    make_post(slug="stairs", body=embed(exercise))
    page.goto("/stairs/")
    plain.goto(page.url)
    expect(plain.get_by_role("region", name=exercise.name)).to_contain_text("Lift your hips.")
    expect(plain.get_by_role("button", name="Do it with me")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessibility_checks_find_nothing(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    dialog = open_guide(page)
    page.clock.resume()  # axe needs timers
    assert violations(page) == []
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    page.clock.run_for(6000)
    expect(dialog.locator(".guide-phase")).to_have_text("Hold")
    assert violations(page) == []
