"""Counts per day store no personal data. The codes of visitors are deleted the next day."""

from datetime import timedelta

from accounts.personal_data import users_of
from analytics import models
from analytics.counting import delete_old_visitors
from analytics.weekly_delivery import delete_old_weekly_emails
from privacy.registry import PersonalData, Retention, register

register.add(
    PersonalData(
        model=models.DailyVisitor,
        title="Visitors of today",
        category="Visits",
        fields={
            "visitor": "a code made from your IP address and browser, which changes every day",
            "page": "the pages you opened today",
        },
        other_fields="id day views",
        purpose="To count how many people read a page, without cookies.",
        source="Your browser, when you open a page.",
        # The code of today's key cannot be computed without the IP address, and it is gone tomorrow.
        find=lambda person: models.DailyVisitor.objects.none(),
        erase=lambda rows: rows.delete(),
        erasing="Deleted the next day. Nobody can tell which rows are whose.",
        retention=(
            Retention("the day of your visit", timedelta(days=1), delete_old_visitors, "visitors of past days"),
        ),
    )
)
register.add(
    PersonalData(
        model=models.WeeklyEmail,
        title="Weekly emails",
        fields={"user": "who gets the email", "subject": "its subject", "body": "its text"},
        other_fields="id message_uuid monday sent_at attempts next_attempt_at last_error",
        purpose="To tell the people who write what waits for them, once a week.",
        source="The texts and the visits of the site.",
        find=lambda person: models.WeeklyEmail.objects.filter(user__in=users_of(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        retention=(
            Retention("the week of the email", timedelta(days=28), delete_old_weekly_emails, "old weekly emails"),
        ),
    )
)
register.add(
    PersonalData(
        model=models.WeeklyEmailSetting,
        title="Settings of weekly emails",
        fields={"user": "who set it"},
        other_fields="id is_on",
        purpose="To send the weekly email only to those who want it.",
        source="The person.",
        find=lambda person: models.WeeklyEmailSetting.objects.filter(user__in=users_of(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="as long as the account exists",
    )
)
_COUNTS = "Counts per day, without anything about visitors. Deleted after ANALYTICS_DAYS."
register.add_impersonal(models.CountedPage, "path kind", "The URLs of public pages.")
register.add_impersonal(models.PageCount, "", _COUNTS)
register.add_impersonal(models.HostCount, "host", _COUNTS)
register.add_impersonal(models.VitalCount, "kind metric", _COUNTS)
register.add_impersonal(
    models.SearchCount,
    "words",
    "Counts searches per day, apart from everything else about the visit. Words that look like an email address or a"
    " phone number are not stored.",
)
register.add_impersonal(models.AppliedBatch, "name", "Names of files that have been counted.")
register.add_impersonal(models.SearchConsoleReport, "", "The days of a report of Google Search Console.")
register.add_impersonal(models.SearchConsolePage, "url kind", "Clicks per URL, as Google reports them.")
