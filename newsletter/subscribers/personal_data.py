"""Export all personal data of a subscriber (GDPR, articles 15 and 20)."""

from typing import Any

from newsletter.models import Subscriber


def collect_personal_data(subscriber: Subscriber) -> dict[str, Any]:
    """Return everything stored about `subscriber` as JSON-serializable data."""
    return {
        "subscriber": {
            "email": subscriber.email,
            "name": subscriber.name,
            "language": subscriber.language_code,
            "status": subscriber.status,
            "status_changed_at": subscriber.status_changed_at,
            "created_at": subscriber.created_at,
            "confirmed_at": subscriber.confirmed_at,
            "paused_until": subscriber.paused_until,
            "tracking_consent_at": subscriber.tracking_consent_at,
        },
        "subscriptions": _subscriptions(subscriber),
        "consent_log": _consent_log(subscriber),
        "emails": _emails(subscriber),
    }


def _subscriptions(subscriber: Subscriber) -> list[dict[str, Any]]:
    return [
        {
            "topic": subscription.topic.name,
            "is_subscribed": subscription.is_subscribed,
            "cadence": subscription.cadence,
            "updated_at": subscription.updated_at,
        }
        for subscription in subscriber.subscriptions.select_related("topic")
    ]


def _consent_log(subscriber: Subscriber) -> list[dict[str, Any]]:
    return [
        {
            "event": event.get_kind_display(),
            "timestamp": event.occurred_at,
            "form": event.form,
            "page": event.page_path,
            "ip_address": event.ip_address,
            "browser": event.user_agent,
            "consent_text": event.consent_text.text if event.consent_text else "",
            "note": event.note,
        }
        for event in subscriber.consent_events.select_related("consent_text")
    ]


def _emails(subscriber: Subscriber) -> list[dict[str, Any]]:
    transactional = [
        {"email": email.get_kind_display(), "sent_at": email.sent_at} for email in subscriber.transactional_emails.all()
    ]
    deliveries = subscriber.deliveries.select_related("campaign").defer("campaign__body", "campaign__frozen_html")
    campaigns = [
        {"email": delivery.campaign.frozen_subject or delivery.campaign.subject, "sent_at": delivery.sent_at}
        for delivery in deliveries
    ]
    return [*transactional, *campaigns]
