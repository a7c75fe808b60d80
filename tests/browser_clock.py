"""The clock of a page in a browser, stopped."""

from datetime import datetime, timedelta

from playwright.sync_api import Page


def stop_clock(page: Page) -> None:
    """Stop the clock of `page`, so that only `run_for` moves it. An installed clock also runs with the real time."""
    start = datetime(2026, 1, 1)
    page.clock.install(time=start)
    page.clock.pause_at(start + timedelta(days=1))
