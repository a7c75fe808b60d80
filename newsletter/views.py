"""Public pages: subscribe, confirm, unsubscribe, change preferences, export and erase personal data.

A GET never changes anything, because email security scanners follow every link and some run scripts. Every action is a
POST from a plain button. Pages with a token need no same-origin check or cookie: the token is the proof.
"""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from newsletter.forms import PreferencesForm, SignupForm
from newsletter.models import Campaign, ConsentEvent, ConsentText, Subscriber
from newsletter.subscribers.consent_log import request_metadata
from newsletter.tokens import TokenPurpose
from privacy.collecting import collect_personal_data
from privacy.people import Person
from public_forms.decorators import public_form

# Enough of a token to recognize it in the consent log, too little to use it.
TOKEN_SUFFIX_LENGTH = 12


@public_form
def subscribe(request: HttpRequest) -> HttpResponse:
    """Show the sign-up form and process all of the site's sign-up forms."""
    form = SignupForm(request)
    if request.method == "POST":
        # Rate limit counters and rows are saved together or not at all.
        with transaction.atomic():
            if form.is_valid():
                form.save()
                response = redirect("newsletter:check_your_inbox")
                response.status_code = 303
                return response
    context = {"form": form, "has_archive": Campaign.objects.in_archive().exists()}
    return render(request, "newsletter/subscribe.html", context, status=form.status)


@public_form
def check_your_inbox(request: HttpRequest) -> HttpResponse:
    """Ask everyone to check their inbox, whether they were subscribed, blocked or unknown."""
    return render(request, "newsletter/check_your_inbox.html")


@public_form
def sample_link(request: HttpRequest) -> HttpResponse:
    """Explain that a personal link in a test email does nothing."""
    return render(request, "newsletter/sample_link.html")


type TokenView = Callable[[HttpRequest, str], HttpResponse]


def token_page(view: TokenView) -> TokenView:
    """Decorate a view with a token in its URL: not cached, no Referer, and a POST runs in one transaction."""

    @public_form
    @wraps(view)
    def wrapper(request: HttpRequest, token: str) -> HttpResponse:
        with transaction.atomic() if request.method == "POST" else nullcontext():
            response = view(request, token)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return wrapper


def _get_subscriber(request: HttpRequest, token: str, purpose: TokenPurpose) -> Subscriber | None:
    """Return the subscriber of `token`, if any. A POST locks the row, so that a double click acts once."""
    subscribers = Subscriber.objects.select_for_update() if request.method == "POST" else Subscriber.objects.all()
    return subscribers.from_token(token, purpose)


def _link_expired(request: HttpRequest) -> HttpResponse:
    """Show the same page for a forged, expired or used token."""
    return render(request, "newsletter/link_expired.html", {"form": SignupForm(request)}, status=404)


@token_page
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for consent and activate the subscriber."""
    if not (subscriber := _get_subscriber(request, token, TokenPurpose.CONFIRM)):
        return _link_expired(request)
    if request.method == "POST":
        pk = request.POST.get("consent_text", "")
        subscriber.confirm(
            consent_text=ConsentText.objects.get_submitted(ConsentText.Key.CONFIRM, pk),
            token_suffix=token[-TOKEN_SUFFIX_LENGTH:],
            **request_metadata(request),
        )
    if subscriber.status == Subscriber.Status.ACTIVE:
        preferences_url = subscriber.build_url(TokenPurpose.PREFERENCES)
        gifts = subscriber.transactional_emails.unsent_gifts()
        return render(request, "newsletter/confirmed.html", {"preferences_url": preferences_url, "gifts": gifts})
    context = {
        "subscriber": subscriber,
        "consent_text": ConsentText.objects.current(ConsentText.Key.CONFIRM),
        "gifts": subscriber.transactional_emails.promised_gifts(),
    }
    return render(request, "newsletter/confirm.html", context)


@token_page
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Unsubscribe, by button or by a mail client's one-click request (RFC 8058).

    The page is the same for every token, so that it reveals nothing and no link is ever dead.
    """
    if request.method != "POST":
        return render(request, "newsletter/unsubscribe.html")
    if subscriber := _get_subscriber(request, token, TokenPurpose.UNSUBSCRIBE):
        is_one_click = request.POST.get("List-Unsubscribe") == "One-Click"
        subscriber.unsubscribe(form="one click" if is_one_click else "page", **request_metadata(request))
    return render(request, "newsletter/unsubscribed.html")


@token_page
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Let a subscriber change topics and cadence, pause, unsubscribe, and export or erase personal data."""
    if not (subscriber := _get_subscriber(request, token, TokenPurpose.PREFERENCES)):
        return _link_expired(request)
    is_active, is_saved = subscriber.status == Subscriber.Status.ACTIVE, False
    form = PreferencesForm(request.POST or None, subscriber=subscriber)
    if request.method == "POST" and is_active and form.is_valid():
        form.save(**request_metadata(request))
        subscriber.refresh_from_db()
        form, is_saved = PreferencesForm(None, subscriber=subscriber), True
    context = {
        "form": form,
        "is_active": is_active,
        "is_saved": is_saved,
        "subscriber": subscriber,
        "token": token,
        "unsubscribe_token": TokenPurpose.UNSUBSCRIBE.make_token(subscriber.public_id, subscriber.token_version),
    }
    return render(request, "newsletter/preferences.html", context)


@token_page
@require_POST
def export_data(request: HttpRequest, token: str) -> HttpResponse:
    """Download what the newsletter stores as a JSON file.

    Not what other apps store: anyone could have entered this email address into their forms.
    """
    if not (subscriber := _get_subscriber(request, token, TokenPurpose.PREFERENCES)):
        return _link_expired(request)
    ConsentEvent.objects.record(ConsentEvent.Kind.EXPORTED, subscriber, **request_metadata(request))
    data = collect_personal_data(Person(subscriber.email), apps={"newsletter"})
    response = JsonResponse(data, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="newsletter-my-data.json"'
    return response


@token_page
@require_POST
def erase_data(request: HttpRequest, token: str) -> HttpResponse:
    """Erase all personal data, except for a hash that prevents the address from being added again."""
    if not (subscriber := _get_subscriber(request, token, TokenPurpose.PREFERENCES)):
        return _link_expired(request)
    subscriber.erase()
    return render(request, "newsletter/erased.html")
