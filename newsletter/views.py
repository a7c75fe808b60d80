"""Where readers join, confirm, choose, leave, and see or erase what is kept about them.

A GET changes nothing: scanners of mail providers follow every link, and some run scripts. All that acts is a POST by a
plain button. Pages with a token need no proof of where the form stood: the token is the proof, and no cookie is.
"""

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from newsletter.forms import JoinForm, PreferencesForm
from newsletter.models import Campaign, ConsentEvent, ConsentText, Subscriber
from newsletter.subscribers.consent_log import facts_of
from newsletter.subscribers.personal_data import everything_about
from newsletter.subscribers.tokens import Purpose
from public_forms.decorators import public_form


@public_form
def join(request: HttpRequest) -> HttpResponse:
    """The form on a page of its own, where all the others lead when something is to be said."""
    form = JoinForm(request)
    if request.method == "POST":
        # The limits are counted and the rows written together or not at all.
        with transaction.atomic():
            if form.is_valid():
                form.keep()
                response = redirect("newsletter:sent")
                response.status_code = 303
                return response
    context = {"form": form, "has_letters": Campaign.objects.in_archive().exists()}
    return render(request, "newsletter/join.html", context, status=form.status)


@public_form
def sent(request: HttpRequest) -> HttpResponse:
    """What everybody sees who has joined, or was on the list, or may not be mailed."""
    return render(request, "newsletter/sent.html")


@public_form
def sample(request: HttpRequest) -> HttpResponse:
    """Where the links of a test lead that are each reader's own in a real mail. Nothing is done here."""
    return render(request, "newsletter/sample.html")


type TokenView = Callable[[HttpRequest, str], HttpResponse]


def token_page(view: TokenView) -> TokenView:
    """A page whose address holds a token: kept by nobody, and told to nobody. What a POST does is done whole."""

    @public_form
    @wraps(view)
    def private(request: HttpRequest, token: str) -> HttpResponse:
        with transaction.atomic() if request.method == "POST" else nullcontext():
            response = view(request, token)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return private


def _holder(request: HttpRequest, token: str, purpose: Purpose) -> Subscriber | None:
    """Whose token it is, if anybody's; locked for a POST, so that two presses follow one another."""
    people = Subscriber.objects.select_for_update() if request.method == "POST" else Subscriber.objects.all()
    return people.holding(token, purpose)


def _worthless(request: HttpRequest) -> HttpResponse:
    """What a link says that is forged, too old or used up: all the same."""
    return render(request, "newsletter/worthless.html", {"form": JoinForm(request)}, status=404)


@token_page
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The question, and the button that answers it."""
    if not (subscriber := _holder(request, token, Purpose.CONFIRM)):
        return _worthless(request)
    if request.method == "POST":
        text = ConsentText.objects.said(ConsentText.Key.CONFIRM, request.POST.get("words", ""))
        subscriber.confirm(text=text, token_id=token[-12:], **facts_of(request))
    if subscriber.status == Subscriber.Status.ACTIVE:
        link = subscriber.link(Purpose.PREFERENCES)
        return render(request, "newsletter/confirmed.html", {"preferences_link": link})
    words = ConsentText.objects.current(ConsentText.Key.CONFIRM)
    return render(request, "newsletter/confirm.html", {"subscriber": subscriber, "words": words})


@token_page
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The button to leave; and where mail programs post to for their readers (RFC 8058).

    The same for every token, known or not: nobody learns anything from it, and no link is ever dead.
    """
    if request.method != "POST":
        return render(request, "newsletter/unsubscribe.html")
    if subscriber := _holder(request, token, Purpose.UNSUBSCRIBE):
        one_click = request.POST.get("List-Unsubscribe") == "One-Click"
        subscriber.unsubscribe(form="one click" if one_click else "page", **facts_of(request))
    return render(request, "newsletter/unsubscribed.html")


@token_page
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody gets; and what is kept about them, to take or to erase."""
    if not (subscriber := _holder(request, token, Purpose.PREFERENCES)):
        return _worthless(request)
    context = {"subscriber": subscriber, "token": token, "is_active": subscriber.status == Subscriber.Status.ACTIVE}
    form = PreferencesForm(request.POST or None, subscriber=subscriber)
    if request.method == "POST" and context["is_active"] and form.is_valid():
        form.save(**facts_of(request))
        subscriber.refresh_from_db()
        form, context["is_saved"] = PreferencesForm(None, subscriber=subscriber), True
    leave = Purpose.UNSUBSCRIBE.token(subscriber.public_id, subscriber.token_epoch)
    return render(request, "newsletter/preferences.html", context | {"form": form, "leave": leave})


@token_page
@require_POST
def export(request: HttpRequest, token: str) -> HttpResponse:
    """All that is kept about the person, as a file."""
    if not (subscriber := _holder(request, token, Purpose.PREFERENCES)):
        return _worthless(request)
    ConsentEvent.objects.record(ConsentEvent.Kind.EXPORTED, subscriber, **facts_of(request))
    response = JsonResponse(everything_about(subscriber), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="newsletter-my-data.json"'
    return response


@token_page
@require_POST
def erase(request: HttpRequest, token: str) -> HttpResponse:
    """All that is kept about the person goes, but for a hash that keeps them from being added again."""
    if not (subscriber := _holder(request, token, Purpose.PREFERENCES)):
        return _worthless(request)
    subscriber.erase()
    return render(request, "newsletter/erased.html")
