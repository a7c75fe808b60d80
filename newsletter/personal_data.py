"""What the newsletter stores about people."""

from django.db.models import Q, QuerySet

from newsletter.models import (
    AnnouncedPost,
    Campaign,
    ConsentEvent,
    ConsentText,
    Delivery,
    Enrollment,
    NewsletterSettings,
    SendWindow,
    Sequence,
    SequenceEmail,
    Subscriber,
    SubscriberEmail,
    Subscription,
    Suppression,
    TestEmail,
    Topic,
    WebhookEvent,
)
from newsletter.models.consent import CONSENT_RECORD_LIFETIME, DELETE_IP_AFTER, TRUNCATE_IP_AFTER
from newsletter.models.deliveries import EMAIL_RETENTION
from newsletter.models.subscribers import CONFIRMATION_LIFETIME
from newsletter.models.test_emails import TEST_EMAIL_RETENTION
from privacy.people import Person
from privacy.registry import PersonalData, Retention, register

CATEGORY = "Newsletter"
_SEND = "To send you the newsletter that you asked for."
_PROVE = "To prove that you agreed to get the newsletter."
_YOU = "You, through the sign-up form and the links in our emails, or a list that you joined elsewhere."
_BOTH = ("mail", "backups")
_QUEUE = "id message_uuid sent_at attempts next_attempt_at last_error"


def _subscribers(person: Person) -> QuerySet[Subscriber]:
    return Subscriber.objects.filter(Q(normalized_email=person.normalized) | Q(email_hash=person.email_hash))


def _erase_subscribers(rows: QuerySet[Subscriber]) -> None:
    # Locked, so that a delivery that is being created for a subscriber waits and then finds that they are gone.
    for subscriber in rows.select_for_update():
        subscriber.erase()


def _suppress(person: Person) -> None:
    """Make sure that no import adds the address, even of someone who never subscribed."""
    Suppression.objects.add(person.email_hash, Suppression.Reason.ERASED)


def _keep(rows: object) -> None:
    """Change nothing."""


register.add(
    PersonalData(
        model=Subscriber,
        title="Newsletter subscription",
        category=CATEGORY,
        fields={
            "email": "your email address",
            "normalized_email": "your email address in small letters",
            "name": "your name, if an imported list contained it",
            "language_code": "your language",
            "status": "whether you are subscribed",
            "paused_until": "a pause you asked for",
            "topics": "the topics you chose",
            "tracking_consent_at": "whether you agreed to be counted",
            "email_hash": "a code made from your email address",
            "public_id": "a number in the links of your emails",
        },
        other_fields="id status_changed_at confirmation_requested_at confirmed_at soft_bounce_count last_soft_bounce_on"
        " token_version created_at",
        secrets="email_hash public_id",
        purpose=_SEND,
        source=_YOU,
        find=_subscribers,
        erase=_erase_subscribers,
        after_erasing=_suppress,
        erasing="Deleted. A keyed hash remains on the suppression list.",
        retention=(
            Retention(
                "you sign up, if you do not confirm your address",
                CONFIRMATION_LIFETIME,
                Subscriber.objects.delete_expired,
                "unconfirmed and former subscribers",
            ),
            Retention(
                "you unsubscribe",
                CONSENT_RECORD_LIFETIME,
                Subscriber.objects.delete_expired,
                "unconfirmed and former subscribers",
            ),
        ),
        recipients=_BOTH,
    )
)
register.add(
    PersonalData(
        model=Subscription,
        title="Newsletter topics",
        category=CATEGORY,
        fields={
            "topic": "the topics you chose",
            "is_subscribed": "your choice",
            "cadence": "how often you want emails",
        },
        other_fields="id subscriber updated_at",
        purpose=_SEND,
        source=_YOU,
        find=lambda person: Subscription.objects.filter(subscriber__in=_subscribers(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="as long as your subscription",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=Enrollment,
        title="Email series",
        category=CATEGORY,
        fields={
            "sequence": "which series of emails you get",
            "last_email": "the last email of it that we sent",
            "status": "whether more emails follow",
        },
        other_fields="id subscriber started_at next_at ended_at",
        purpose="To send you the emails of a series in order, each once.",
        source="Our website, when you confirm your email address.",
        find=lambda person: Enrollment.objects.filter(subscriber__in=_subscribers(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="as long as your subscription",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=ConsentEvent,
        title="Newsletter consent log",
        category=CATEGORY,
        fields={
            "kind": "what you did: sign up, confirm, change, unsubscribe",
            "ip_address": "your IP address at that moment",
            "user_agent": "your browser",
            "page_path": "the page with the form",
            "document_kind": "whether that page is a post or another page",
            "document_id": "the number of that post or page",
            "form": "the form",
            "consent_text": "the words you agreed to",
            "note": "the choices you made, or the origin of an imported list",
            "email_hash": "a code made from your email address",
            "token_suffix": "a part of the link you used",
        },
        other_fields="id occurred_at subscriber is_ip_truncated",
        secrets="email_hash token_suffix",
        shown={"consent_text": lambda consent_text: consent_text.text},
        mentions="note",
        purpose=_PROVE,
        source="Your browser, when you use a form or a link of the newsletter.",
        find=lambda person: ConsentEvent.objects.filter(
            Q(email_hash=person.email_hash) | Q(subscriber__in=_subscribers(person))
        ),
        erase=lambda rows: ConsentEvent.objects.filter(pk__in=rows.values("pk")).anonymize(),
        erasing="Kept without IP address, browser and page, as proof of consent and of the erasure.",
        retention=(
            Retention(
                "it was stored",
                TRUNCATE_IP_AFTER,
                ConsentEvent.objects.truncate_ip_addresses,
                "IP addresses in the consent log",
                what="the last part of the IP address",
            ),
            Retention(
                "it was stored",
                DELETE_IP_AFTER,
                ConsentEvent.objects.truncate_ip_addresses,
                "IP addresses in the consent log",
                what="the rest of it and the browser",
            ),
            Retention(
                "the last event of a former subscriber",
                CONSENT_RECORD_LIFETIME,
                ConsentEvent.objects.delete_expired,
                "expired consent records",
                what="everything",
            ),
        ),
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=Delivery,
        title="Newsletter deliveries",
        category=CATEGORY,
        fields={
            "to_email": "your email address",
            "email_hash": "a code made from it",
            "campaign": "which email we sent",
            "status": "whether it was sent",
            "error": "what your mail server answered",
            "sent_at": "when it was sent, delivered or returned",
            "message_id": "the number of the email",
            "provider_id": "its number at our email service",
        },
        other_fields="id subscriber sequence_email attempt owner lease_until next_at code delivered_at bounced_at"
        " complained_at",
        secrets="email_hash message_id provider_id",
        mentions="error",
        purpose="To send every email once, and to answer questions about a delivery.",
        source="Our mail server, when it sends the newsletter. We do not record whether you open an email.",
        find=lambda person: Delivery.objects.filter(
            Q(email_hash=person.email_hash) | Q(subscriber__in=_subscribers(person))
        ),
        erase=lambda rows: Delivery.objects.filter(pk__in=rows.values("pk")).forget_person(),
        erasing="Anonymized: the email address is deleted, and emails that wait are not sent.",
        retention=(
            Retention(
                "the end of a campaign",
                EMAIL_RETENTION,
                Delivery.objects.forget_old_addresses,
                "email addresses of old deliveries",
                what="your email address",
            ),
        ),
        recipients=_BOTH,
    )
)
register.add(
    PersonalData(
        model=SubscriberEmail,
        title="Emails about a subscription",
        category=CATEGORY,
        fields={
            "kind": "which email we sent, such as the one to confirm",
            "subscriber": "to which subscription",
            "gift_post": "the post with the download that you asked for",
        },
        other_fields=f"{_QUEUE} created_at",
        mentions="last_error",
        purpose="To confirm your address and to send you the links you ask for.",
        source="Our mail server.",
        find=lambda person: SubscriberEmail.objects.filter(subscriber__in=_subscribers(person)),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        period="as long as your subscription",
        recipients=_BOTH,
    )
)
register.add(
    PersonalData(
        model=Suppression,
        title="Suppression list",
        category=CATEGORY,
        fields={"email_hash": "a code made from your email address", "reason": "why we do not write to you"},
        other_fields="id suppressed_at",
        secrets="email_hash",
        purpose="To never write to you again after you unsubscribe or ask us to erase your data.",
        source="You, when you unsubscribe, or your mail server, when it rejects our emails.",
        find=lambda person: Suppression.objects.filter(email_hash=person.email_hash),
        erase=_keep,
        erasing="Kept: the code cannot be turned back into the address, and without it an import could add you again.",
        period="until you subscribe again",
        recipients=("backups",),
    )
)
register.add(
    PersonalData(
        model=TestEmail,
        title="Test emails",
        fields={"to_email": "the recipient of the test"},
        other_fields=f"{_QUEUE} campaign sequence_email created_at subject html text",
        mentions="last_error",
        purpose="To look at an email before it is sent.",
        source="Someone who edits campaigns.",
        find=lambda person: person.rows(TestEmail.objects.all(), "to_email"),
        erase=lambda rows: rows.delete(),
        erasing="Deleted.",
        retention=(Retention("the test", TEST_EMAIL_RETENTION, TestEmail.objects.delete_expired, "old test emails"),),
        recipients=_BOTH,
    )
)
register.add_impersonal(WebhookEvent, "provider event_id kind delivery", "Numbers of events at the email service.")
register.add_impersonal(ConsentText, "text", "Published content.")
register.add_impersonal(Topic, "name slug description", "Published content.")
register.add_impersonal(
    Campaign,
    "subject preheader slug pause_reason frozen_sha256 frozen_subject body frozen_html frozen_text",
    "Published content, without the links of single subscribers.",
)
register.add_impersonal(Sequence, "name pause_reason", "Describes a series of emails.")
register.add_impersonal(SequenceEmail, "subject preheader body", "Published content.")
register.add_impersonal(AnnouncedPost, "", "Records that a post was announced.")
register.add_impersonal(
    NewsletterSettings,
    "from_name from_email reply_to postal_address list_id imprint_url welcome_text",
    "Published details of the sender.",
)
register.add_impersonal(SendWindow, "", "Counts emails.")
