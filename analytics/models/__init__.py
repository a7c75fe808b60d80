"""Counters per day."""

from analytics.models.daily_count import DailyCount, DailyCountQuerySet
from analytics.models.page_counts import (
    DIRECT,
    OTHER,
    AppliedBatch,
    CountedPage,
    DailyVisitor,
    HostCount,
    PageCount,
    SearchCount,
    VitalCount,
)
from analytics.models.search_console import SearchConsolePage, SearchConsoleReport
from analytics.models.weekly_email import WeeklyEmail, WeeklyEmailSetting

__all__ = [
    "DIRECT",
    "OTHER",
    "AppliedBatch",
    "CountedPage",
    "DailyCount",
    "DailyCountQuerySet",
    "DailyVisitor",
    "HostCount",
    "PageCount",
    "SearchConsolePage",
    "SearchConsoleReport",
    "SearchCount",
    "VitalCount",
    "WeeklyEmail",
    "WeeklyEmailSetting",
]
