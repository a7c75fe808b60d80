"""What the weekly email says. Apps above register sections, each with links to what can be done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from analytics.reports import visits
from analytics.reports.scope import Scope, documents_of, last_days, may_see_reports
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

MAX_ITEMS = 5


class Item(NamedTuple):
    """A line, and the URL where something can be done about it."""

    text: str
    url: str


@dataclass(frozen=True)
class Section:
    """A heading with its items. `is_task`: something waits for the reader."""

    title: str
    items: list[Item]
    is_task: bool = True
    more_url: str = ""  # where the rest is, if there are more than MAX_ITEMS

    @property
    def shown(self) -> list[Item]:
        """Return the first items, with absolute URLs."""
        return [Item(item.text, absolute_url(item.url)) for item in self.items[:MAX_ITEMS]]

    @property
    def hidden_count(self) -> int:
        """Return the number of items that are not shown."""
        return max(0, len(self.items) - MAX_ITEMS)


class Message(NamedTuple):
    """Subject and text of an email."""

    subject: str
    body: str


# Returns None, or a section without items, if there is nothing to say. The scope holds the user, and the last week.
type Builder = Callable[[Scope], Section | None]
_builders: list[tuple[int, Builder]] = []


def register(build: Builder, *, order: int) -> None:
    """Add a section. Those with a lower `order` come first. Call this in `AppConfig.ready`."""
    _builders.append((order, build))
    _builders.sort(key=lambda pair: pair[0])


def build_message(user: User, monday: date) -> Message | None:
    """Return the email about the week before `monday`, or None if there is nothing to say."""
    if not may_see_reports(user):
        return None
    scope = Scope(user, last_days(7, monday - timedelta(days=1)), documents_of(user))
    sections = [section for _, build in _builders if (section := build(scope)) and section.items]
    if not sections:
        return None
    tasks = sum(len(section.items) for section in sections if section.is_task)
    site = SiteInfo.load().name
    subject = f"{site}: {tasks} thing{'' if tasks == 1 else 's'} to do this week" if tasks else f"{site}: your week"
    views, *_ = visits.totals(scope)
    context = {
        "name": user.get_short_name(),
        "site": site,
        "views": views,
        "is_whole_site": scope.is_whole_site,
        "period": scope.period,
        "sections": sections,
        "reports_url": absolute_url(reverse("admin:analytics")),
        "settings_url": absolute_url(reverse("admin:analytics_weekly_email")),
    }
    return Message(subject, render_to_string("analytics/email/weekly.txt", context))
