"""From a campaign whose time has come to one row for each mail, before the first of them goes out.

Everything here can be killed at any line and done again: what is frozen stays, what is written is not written twice.
"""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import CharField, DateTimeField, F, Max, QuerySet, Value
from django.db.models.functions import Cast, Concat, Replace
from django.utils import timezone

from newsletter.campaigns import automation
from newsletter.models import Campaign, Delivery, NewsletterSettings, Subscriber
from newsletter.rendering.messages import render_campaign

log = logging.getLogger(__name__)

# Each of these is one transaction, so that nobody else waits long to write.
SUBSCRIBERS_AT_ONCE = 5_000
_STATUS = Campaign.Status


def prepare_due() -> int:
    """Freeze and prepare the campaigns whose time has come; how many are being sent now.

    Among them those that go out by themselves. None without a postal address, which every mail has to show. What comes
    too late goes back to its author, and what is about something no longer public is cancelled, as is what was being
    prepared when the worker stopped for so long.
    """
    automation.plan()
    late = Campaign.objects.filter(not_after__lte=timezone.now())
    reason = "It could not begin in time, so nothing was sent."
    again = f"{reason} Schedule it again if it still holds."
    late.transition(_STATUS.SCHEDULED, _STATUS.DRAFT, pause_reason=again)
    late.transition(_STATUS.PREPARING, _STATUS.CANCELLED, pause_reason=reason)
    profile = NewsletterSettings.load()
    if not profile.postal_address.strip():
        return 0
    Campaign.objects.due().transition(_STATUS.SCHEDULED, _STATUS.PREPARING)
    automation.withdraw()
    begun = 0
    for campaign in Campaign.objects.filter(status=_STATUS.PREPARING):
        try:
            begun += prepare(campaign, profile)
        except Exception:
            # Whatever is wrong with one, it must hold up neither the others nor the mails of those that have begun.
            log.exception("Campaign %s cannot be prepared", campaign.pk)
    return begun


def prepare(campaign: Campaign, profile: NewsletterSettings) -> int:
    """Freeze what `campaign` says and write a row for everybody it goes to; 1 if it is being sent now, else 0."""
    if not campaign.frozen_sha256:
        # Once more: to prepare the campaign before this one can take minutes.
        automation.withdraw()
        mail = render_campaign(campaign, profile)
        Campaign.objects.filter(pk=campaign.pk).freeze(slug=campaign.copy_slug, **mail._asdict())
    last = Subscriber.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last, SUBSCRIBERS_AT_ONCE):
        with transaction.atomic():
            if not _locked(campaign).exists():
                return 0
            _write_rows(campaign, campaign.audience().filter(pk__gt=start, pk__lte=start + SUBSCRIBERS_AT_ONCE))
    with transaction.atomic():
        # Whoever holds the row counts; another worker that writes the same rows waits, and then finds it done.
        preparing = _locked(campaign)
        if not preparing.exists():
            return 0
        total = campaign.deliveries.count()
        log.info("Campaign %s is prepared: %s mails", campaign.pk, total)
        return Campaign.objects.filter(pk=campaign.pk).transition(
            _STATUS.PREPARING, _STATUS.SENDING, prepared_at=timezone.now(), total=total
        )


def _locked(campaign: Campaign) -> QuerySet[Campaign]:
    return Campaign.objects.select_for_update().filter(pk=campaign.pk, status=_STATUS.PREPARING)


def _write_rows(campaign: Campaign, readers: QuerySet[Subscriber]) -> None:
    """One row for each of `readers` that has none, in one statement."""
    host = urlsplit(settings.SITE_URL).hostname
    number = Replace(Cast("public_id", CharField()), Value("-"), Value(""))
    columns = {
        "campaign_id": Value(campaign.pk),
        "subscriber_id": F("pk"),
        "email_hash": F("email_hash"),
        "to_email": F("email"),
        "status": Value(Delivery.Status.PENDING.value),
        "attempt": Value(0),
        # The same in every attempt, so that receivers know a second copy.
        "message_id": Concat(Value(f"<{campaign.message_id_stem}."), number, Value(f"@{host}>")),
        "next_at": Value(timezone.now(), output_field=DateTimeField()),
        **dict.fromkeys(("owner", "provider_id", "code", "error"), Value("", output_field=CharField())),
    }
    # Names that no column of a subscriber has.
    chosen = readers.order_by().values(**{f"delivery_{name}": value for name, value in columns.items()})
    select, parameters = chosen.query.sql_with_params()
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    table = connection.ops.quote_name(Delivery._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) {select} ON CONFLICT DO NOTHING", parameters)
