"""All that is kept about one person, as they may ask for it (GDPR, articles 15 and 20)."""

from typing import Any

from newsletter.models import Subscriber


def everything_about(subscriber: Subscriber) -> dict[str, Any]:
    """The person, what they want, what they agreed to, what was mailed. For JSON."""
    row = subscriber
    events = row.consent_events.select_related("text")
    return {
        "address": {
            "email": row.email,
            "name": row.name,
            "language": row.locale,
            "status": row.status,
            "status_since": row.status_at,
            "first_seen": row.created_at,
            "confirmed": row.confirmed_at,
            "pauses_until": row.paused_until,
            "tracking_allowed": row.tracking_consent_at,
        },
        "topics": [
            {"topic": each.topic.name, "wanted": each.is_wanted, "pace": each.cadence, "changed": each.changed_at}
            for each in row.subscriptions.select_related("topic")
        ],
        "log": [
            {
                "what": event.get_kind_display(),
                "at": event.at,
                "form": event.form,
                "page": event.page,
                "address_in_the_net": event.ip,
                "browser": event.agent,
                "words": event.text.text if event.text else "",
                "note": event.note,
            }
            for event in events
        ],
        "mails": [
            *({"mail": mail.get_kind_display(), "sent": mail.sent_at} for mail in row.mails.all()),
            *(
                {"mail": each.campaign.frozen_subject or each.campaign.subject, "sent": each.sent_at}
                for each in row.deliveries.select_related("campaign").defer("campaign__body", "campaign__frozen_html")
            ),
        ],
    }
