"""Freeze the email of a sequence. Each version that was sent is a campaign, so that later changes don't affect it."""

from uuid import uuid4

from django.utils import timezone

from newsletter.models import Campaign, NewsletterSettings, SequenceEmail
from newsletter.models.campaigns import content_digest
from newsletter.rendering.messages import RenderedEmail, render_email_of
from richtext.problems import render_one

# Where a text could not be rendered, as the dashboard names it.
PLACE = "email sequences"


class Editions:
    """The campaigns with the current versions of emails, found or created when first needed."""

    def __init__(self, newsletter_settings: NewsletterSettings) -> None:
        self._settings = newsletter_settings
        self._found: dict[int, Campaign | None] = {}

    def get(self, email: SequenceEmail) -> Campaign | None:
        """Return the campaign with the current version of `email`; None if its text cannot be rendered."""
        if email.pk not in self._found:
            self._found[email.pk] = self._find_or_create(email)
        return self._found[email.pk]

    def is_broken(self, email: SequenceEmail) -> bool:
        """Return True if the text of `email` could not be rendered."""
        return self._found.get(email.pk, email) is None

    def _find_or_create(self, email: SequenceEmail) -> Campaign | None:
        latest = email.editions.order_by("-pk").first()
        draft = build_campaign(email)
        if latest:
            # The digest covers the placeholders of personal links, which contain this id.
            draft.public_id = latest.public_id
        rendered = self._render(email, draft)
        if rendered and latest and latest.frozen_sha256 != content_digest(*rendered):
            draft.public_id = uuid4()
            rendered, latest = self._render(email, draft), None
        if rendered is None:
            return None
        return latest or _freeze(draft, rendered)

    def _render(self, email: SequenceEmail, draft: Campaign) -> RenderedEmail | None:
        return render_one(email, PLACE, lambda: render_email_of(draft, self._settings), None)


def build_campaign(email: SequenceEmail) -> Campaign:
    """Return an unsaved campaign with the content of `email`, for rendering and checking it."""
    return Campaign(
        kind=Campaign.Kind.SEQUENCE,
        sequence_email=email,
        topic=email.sequence.topic,
        subject=email.subject,
        preheader=email.preheader,
        body=email.body,
        is_in_archive=False,
    )


def _freeze(campaign: Campaign, rendered: RenderedEmail) -> Campaign:
    """Save `campaign` with its content, without deliveries yet, so as if all had been sent."""
    now = timezone.now()
    campaign.status = Campaign.Status.SENT
    campaign.prepared_at = campaign.started_at = campaign.finished_at = now
    campaign.total = 0
    campaign.frozen_subject, campaign.frozen_html, campaign.frozen_text = rendered
    campaign.frozen_sha256 = content_digest(*rendered)
    campaign.save()
    return campaign
