"""What readers fill in: an address to join with, and what they want once they have."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from newsletter.models import ConsentEvent, ConsentText, NewsletterSettings, Subscriber, Subscription, Topic
from newsletter.models.consent import FIRST_WORDS
from newsletter.subscribers.consent_log import facts_of
from newsletter.subscribers.email_addresses import email_key
from outbox.headers import validate_deliverable
from public_forms.fields import EmailField
from public_forms.forms import PublicForm
from public_forms.ratelimit import hit_key, is_exhausted

# What all sign-ups of an hour are counted under.
JOINS = "newsletter joins"


class JoinForm(PublicForm):
    """The one way onto the list, from every place where the form stands. What it answers tells nothing of who is on."""

    purpose = "join"
    daily_limit = 10
    PLACES = ("page", "sidebar", "footer", "post", "home")
    email = EmailField(
        label="E-mail address",
        validators=[validate_deliverable],
    )
    # Which of the forms it was. Part of the proof, and nothing depends on it.
    place = forms.CharField(required=False, widget=forms.HiddenInput, initial="page")

    def clean_place(self) -> str:
        """One of ours; anything else is the page's own form."""
        place: str = self.cleaned_data["place"]
        return place if place in self.PLACES else "page"

    def clean(self) -> dict[str, Any]:
        """As of all public forms; and in an hour all readers together sign up so often and no more."""
        cleaned = super().clean()
        if not self.errors and not self.is_spam:
            most = NewsletterSettings.load().joins_per_hour
            if not hit_key(JOINS, limit=most, hourly=True):
                self.status = 429
                raise ValidationError(
                    "Unusually many addresses were typed in here within the hour, so we rest a little, lest somebody"
                    " uses this form to flood strangers with mail. Please try again in an hour."
                )
        return cleaned

    def keep(self) -> None:
        """Have the mail sent that fits the address; nothing if it is spam. Takes the same steps for every address."""
        if self.is_spam:
            return
        email = self.cleaned_data["email"]
        subscriber, _ = Subscriber.objects.get_or_create(email_key=email_key(email), defaults={"email": email})
        text = ConsentText.objects.shown(ConsentText.Key.JOIN, FIRST_WORDS[ConsentText.Key.JOIN])
        subscriber.ask(form=self.cleaned_data["place"], text=text, **facts_of(self.request))


def joins_rest() -> bool:
    """Whether this hour's sign-ups are used up."""
    return is_exhausted(JOINS, limit=NewsletterSettings.load().joins_per_hour, hourly=True)


class PreferencesForm(forms.Form):
    """What somebody on the list gets, and whether they pause."""

    NEVER = "never"
    PAUSES = (("no", "No pause"), ("30", "For a month"), ("90", "For three months"), ("365", "For a year"))

    def __init__(self, data: Any, *, subscriber: Subscriber) -> None:
        super().__init__(data, auto_id="preferences-%s")
        self.subscriber = subscriber
        self.has = {row.topic_id: row for row in subscriber.subscriptions.all()}
        mine = Q(is_public=True) | Q(pk__in=[key for key, row in self.has.items() if row.is_wanted])
        self.topics = list(Topic.objects.filter(mine))
        for topic in self.topics:
            row = self.has.get(topic.pk)
            self.fields[f"topic-{topic.pk}"] = forms.ChoiceField(
                label=topic.name,
                help_text=topic.description,
                choices=[*Subscription.Cadence.choices, (self.NEVER, "Not at all")],
                initial=row.cadence if row and row.is_wanted else self.NEVER,
                widget=forms.RadioSelect,
            )
        pauses = list(self.PAUSES)
        if self.is_pausing:
            pauses.insert(0, ("keep", "As it is"))
        self.fields["pause"] = forms.ChoiceField(
            label="Pause all mail",
            choices=pauses,
            initial="keep" if self.is_pausing else "no",
        )

    @property
    def is_pausing(self) -> bool:
        """Whether mail rests now."""
        until = self.subscriber.paused_until
        return until is not None and until > timezone.now()

    def save(self, **facts: Any) -> None:
        """Keep what was chosen, and that it was."""
        words = []
        for topic in self.topics:
            choice = self.cleaned_data[f"topic-{topic.pk}"]
            values: dict[str, Any] = {"is_wanted": choice != self.NEVER}
            if values["is_wanted"]:
                values["cadence"] = choice
            Subscription.objects.update_or_create(subscriber=self.subscriber, topic=topic, defaults=values)
            words.append(f"{topic.slug}: {choice}")
        if (pause := self.cleaned_data["pause"]) != "keep":
            until = timezone.now() + timedelta(days=int(pause)) if pause != "no" else None
            Subscriber.objects.filter(pk=self.subscriber.pk).update(paused_until=until)
            words.append(f"pause: {pause}")
        note = ", ".join(words)[:500]
        ConsentEvent.objects.record(ConsentEvent.Kind.CHANGED, self.subscriber, note=note, **facts)
