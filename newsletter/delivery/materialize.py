"""Freeze the content of due campaigns and create one delivery per subscriber before the first email is sent.

A worker may be killed at any point here: frozen content is never changed, and existing deliveries are not duplicated.
"""

import logging
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, transaction
from django.db.models import CharField, DateTimeField, F, Max, QuerySet, Value
from django.db.models.functions import Cast, Concat, Replace
from django.utils import timezone

from newsletter.models import Campaign, Delivery, NewsletterSettings, Subscriber
from newsletter.rendering.messages import RenderingError, render_campaign

log = logging.getLogger(__name__)

# Each chunk is one transaction, short enough not to block other writers.
SUBSCRIBERS_PER_TRANSACTION = 5_000
_STATUS = Campaign.Status


def prepare_due_campaigns() -> int:
    """Prepare the campaigns that are due and return the number that can be sent now.

    None without a postal address, which every email must show. A campaign that missed its time becomes a draft again,
    or is cancelled if its preparation had begun. Automatic campaigns about content that is no longer public are
    cancelled.
    """
    _withdraw_late_campaigns()
    newsletter_settings = NewsletterSettings.load()
    if not newsletter_settings.postal_address.strip():
        return 0
    Campaign.objects.due().transition(_STATUS.SCHEDULED, _STATUS.PREPARING)
    Campaign.objects.cancel_hidden()
    prepared = 0
    for campaign in Campaign.objects.filter(status=_STATUS.PREPARING):
        try:
            prepared += prepare_campaign(campaign, newsletter_settings)
        except Exception:
            # A problem with one campaign must not stop the others.
            log.exception("Campaign %s cannot be prepared", campaign.pk)
    return prepared


def _withdraw_late_campaigns() -> None:
    late = Campaign.objects.filter(not_after__lte=timezone.now())
    reason = "It could not start on time, so nothing was sent."
    draft_reason = f"{reason} Schedule it again if it is still relevant."
    late.transition(_STATUS.SCHEDULED, _STATUS.DRAFT, pause_reason=draft_reason)
    late.transition(_STATUS.PREPARING, _STATUS.CANCELLED, pause_reason=reason)


def prepare_campaign(campaign: Campaign, newsletter_settings: NewsletterSettings) -> bool:
    """Freeze `campaign` and create its deliveries. Return True if this worker changed its status to sending."""
    if not campaign.frozen_sha256:
        # Check again: preparing the previous campaign may have taken minutes.
        Campaign.objects.cancel_hidden()
        rows = Campaign.objects.filter(pk=campaign.pk)
        try:
            email = render_campaign(campaign, newsletter_settings)
        except RenderingError as error:
            reason = f"Its text cannot be rendered ({error}), so nothing was sent. Simplify the text, "
            reason += "check the preview and schedule it again."
            rows.filter(frozen_sha256="").transition(_STATUS.PREPARING, _STATUS.DRAFT, pause_reason=reason)
            return False
        rows.freeze(slug=campaign.build_slug(), subject=email.subject, html=email.html, text=email.text)
    last_pk = Subscriber.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last_pk, SUBSCRIBERS_PER_TRANSACTION):
        with transaction.atomic():
            if not _lock(campaign).exists():
                return False
            end = start + SUBSCRIBERS_PER_TRANSACTION
            _create_deliveries(campaign, campaign.audience().filter(pk__gt=start, pk__lte=end))
    with transaction.atomic():
        # Another worker creating the same deliveries waits for this lock and then finds the campaign prepared.
        if not _lock(campaign).exists():
            return False
        total = campaign.deliveries.count()
        log.info("Campaign %s is prepared: %s emails", campaign.pk, total)
        rows = Campaign.objects.filter(pk=campaign.pk)
        return bool(rows.transition(_STATUS.PREPARING, _STATUS.SENDING, prepared_at=timezone.now(), total=total))


def _lock(campaign: Campaign) -> QuerySet[Campaign]:
    return Campaign.objects.select_for_update().filter(pk=campaign.pk, status=_STATUS.PREPARING)


def _create_deliveries(campaign: Campaign, subscribers: QuerySet[Subscriber]) -> None:
    """Create the missing deliveries to `subscribers` with a single INSERT ... SELECT."""
    host = urlsplit(settings.SITE_URL).hostname
    subscriber_hex = Replace(Cast("public_id", CharField()), Value("-"), Value(""))
    columns = {
        "campaign_id": Value(campaign.pk),
        "subscriber_id": F("pk"),
        "email_hash": F("email_hash"),
        "to_email": F("email"),
        "status": Value(Delivery.Status.PENDING.value),
        "attempt": Value(0),
        # The same for every attempt, so that mail servers recognize a second copy.
        "message_id": Concat(Value(f"<{campaign.message_id_prefix}."), subscriber_hex, Value(f"@{host}>")),
        "next_at": Value(timezone.now(), output_field=DateTimeField()),
        **dict.fromkeys(("owner", "provider_id", "code", "error"), Value("", output_field=CharField())),
    }
    # Prefixed, because annotations must not have the name of a subscriber's field.
    selected = subscribers.order_by().values(**{f"delivery_{name}": value for name, value in columns.items()})
    select, parameters = selected.query.sql_with_params()
    names = ", ".join(connection.ops.quote_name(name) for name in columns)
    table = connection.ops.quote_name(Delivery._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({names}) {select} ON CONFLICT DO NOTHING", parameters)
