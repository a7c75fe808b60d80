"""The sign-up form and the preferences form."""

from datetime import timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from blog.gifts import Gift, gift_of
from blog.models import Post
from newsletter.models import ConsentEvent, ConsentText, NewsletterSettings, Subscriber, Subscription, Topic
from newsletter.models.consent import DEFAULT_TEXTS
from newsletter.subscribers.consent_log import request_metadata
from newsletter.subscribers.sources import is_path, page_of_form, source_fields
from outbox.headers import validate_deliverable
from plaintext.numbers import parse_pk
from public_forms.fields import EmailField
from public_forms.forms import PublicForm
from public_forms.ratelimit import hit_key, is_exhausted

# Rate limit key for all sign-ups within an hour.
SIGNUP_RATE_KEY = "newsletter sign-ups"


class SignupForm(PublicForm):
    """Ask for an email address. The response is the same for everyone, so it does not reveal who is subscribed."""

    purpose = "signup"
    daily_limit = 10
    LOCATIONS = ("page", "sidebar", "footer", "post", "text", "home")
    email = EmailField(label="Email address", validators=[validate_deliverable])
    # Which form on the site was used, in which post, and the page that it was first sent from: if there was a mistake,
    # it is sent again from another one. All three are recorded as part of the proof of consent.
    location = forms.CharField(required=False, widget=forms.HiddenInput, initial="page")
    post = forms.CharField(required=False, widget=forms.HiddenInput)
    page = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(request, **kwargs)
        if self.is_bound and "page" not in self.data:
            data = request.POST.copy()
            data["page"] = page_of_form(request)
            self.data = data

    def clean_location(self) -> str:
        """Return the location, or "page" for an unknown one."""
        location: str = self.cleaned_data["location"]
        return location if location in self.LOCATIONS else "page"

    def clean_page(self) -> str:
        """Return the path of the page, or "" for one that no page has."""
        path: str = self.cleaned_data["page"]
        return path if is_path(path) else ""

    @cached_property
    def source_post(self) -> Post | None:
        """The public post that the form is in."""
        pk = parse_pk(self.data.get("post", "")) if self.is_bound else None
        return Post.objects.published().filter(pk=pk).first() if pk else None

    @cached_property
    def gift(self) -> Gift | None:
        """What the form promises."""
        return gift_of(self.source_post) if self.source_post else None

    def clean(self) -> dict[str, Any]:
        """Run the checks of public forms and limit the sign-ups of all visitors per hour."""
        cleaned = super().clean()
        if not self.errors and not self.is_spam:
            limit = NewsletterSettings.load().max_signups_per_hour
            if not hit_key(SIGNUP_RATE_KEY, limit=limit, hourly=True):
                self.status = 429
                raise ValidationError(
                    "We received unusually many sign-ups in the last hour and paused the form, so that nobody can use"
                    " it to flood strangers with email. Please try again in an hour."
                )
        return cleaned

    def save(self) -> None:
        """Queue the email that fits the subscriber's status. Do nothing for spam."""
        if self.is_spam:
            return
        subscriber = Subscriber.objects.get_or_add(self.cleaned_data["email"])
        key = ConsentText.Key.GIFT if self.gift else ConsentText.Key.SIGNUP
        fields = request_metadata(self.request) | source_fields(self.cleaned_data["page"], self.source_post)
        subscriber.request_confirmation(
            self.source_post if self.gift else None,
            form=self.cleaned_data["location"],
            consent_text=ConsentText.objects.get_or_create_version(key, DEFAULT_TEXTS[key]),
            **fields,
        )


def is_signup_paused() -> bool:
    """Return True if this hour's sign-ups are used up."""
    return is_exhausted(SIGNUP_RATE_KEY, limit=NewsletterSettings.load().max_signups_per_hour, hourly=True)


class PreferencesForm(forms.Form):
    """Let a subscriber choose a cadence for each topic, or pause all emails."""

    NEVER = "never"
    KEEP_PAUSE = "keep"
    NO_PAUSE = "no"
    # Keys are numbers of days.
    PAUSES = ((NO_PAUSE, "Don't pause"), ("30", "For a month"), ("90", "For three months"), ("365", "For a year"))

    def __init__(self, data: Any, *, subscriber: Subscriber) -> None:
        super().__init__(data, auto_id="preferences-%s")
        self.subscriber = subscriber
        subscriptions = {subscription.topic_id: subscription for subscription in subscriber.subscriptions.all()}
        self.topics = list(self._visible_topics(subscriptions))
        for topic in self.topics:
            self.fields[self._field_name(topic)] = self._topic_field(topic, subscriptions.get(topic.pk))
        self.fields["pause"] = self._pause_field()

    @staticmethod
    def _visible_topics(subscriptions: dict[int, Subscription]) -> QuerySet[Topic]:
        """Return the public topics and those that the subscriber already gets."""
        subscribed = [topic_id for topic_id, row in subscriptions.items() if row.is_subscribed]
        return Topic.objects.filter(Q(is_public=True) | Q(pk__in=subscribed))

    @staticmethod
    def _field_name(topic: Topic) -> str:
        return f"topic-{topic.pk}"

    def _topic_field(self, topic: Topic, subscription: Subscription | None) -> forms.ChoiceField:
        is_subscribed = subscription is not None and subscription.is_subscribed
        return forms.ChoiceField(
            label=topic.name,
            help_text=topic.description,
            choices=[*Subscription.Cadence.choices, (self.NEVER, "Never")],
            initial=subscription.cadence if subscription and is_subscribed else self.NEVER,
            widget=forms.RadioSelect,
        )

    def _pause_field(self) -> forms.ChoiceField:
        choices = list(self.PAUSES)
        if self.is_paused:
            choices.insert(0, (self.KEEP_PAUSE, "Keep the current pause"))
        initial = self.KEEP_PAUSE if self.is_paused else self.NO_PAUSE
        return forms.ChoiceField(label="Pause all emails", choices=choices, initial=initial)

    @property
    def is_paused(self) -> bool:
        """Return True if the subscriber has paused emails."""
        until = self.subscriber.paused_until
        return until is not None and until > timezone.now()

    def save(self, **event_fields: Any) -> None:
        """Store the choices and add them to the consent log."""
        choices = [self._save_topic(topic) for topic in self.topics]
        if (pause := self.cleaned_data["pause"]) != self.KEEP_PAUSE:
            until = None if pause == self.NO_PAUSE else timezone.now() + timedelta(days=int(pause))
            Subscriber.objects.filter(pk=self.subscriber.pk).update(paused_until=until)
            choices.append(f"pause: {pause}")
        note = ", ".join(choices)[:500]
        ConsentEvent.objects.record(ConsentEvent.Kind.CHANGED, self.subscriber, note=note, **event_fields)

    def _save_topic(self, topic: Topic) -> str:
        """Store the cadence of `topic` and return the choice for the consent log."""
        choice = self.cleaned_data[self._field_name(topic)]
        values: dict[str, Any] = {"is_subscribed": choice != self.NEVER}
        if values["is_subscribed"]:
            values["cadence"] = choice
        Subscription.objects.update_or_create(subscriber=self.subscriber, topic=topic, defaults=values)
        return f"{topic.slug}: {choice}"
