"""The admin's page about the personal data of one person. For owners only.

The email address is posted, so that it is in no URL, history or log.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.privacy_requests import Requester, erase, export, export_as_page
from privacy.collecting import holdings
from privacy.mentions import find_mentions
from privacy.people import Person
from privacy.registry import ErasureError

type View = Callable[[HttpRequest], HttpResponse]


class PersonForm(forms.Form):
    """Ask for the email address of a person."""

    email = forms.EmailField(
        label="Email address",
        max_length=254,
        widget=forms.EmailInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="Capital letters and other spellings of the same address make no difference.",
    )

    @property
    def person(self) -> Person:
        """The person with this address."""
        return Person(self.cleaned_data["email"])


def owners_only(view: View) -> View:
    """Decorate a view that only owners may use."""

    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        if not getattr(request.user, "is_superuser", False):
            raise PermissionDenied
        return view(request)

    return wrapper


def with_person(view: Callable[[HttpRequest, Person], HttpResponse]) -> View:
    """Decorate a view that needs a posted email address. Without one, show the form."""

    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        form = PersonForm(request.POST)
        if request.method != "POST" or not form.is_valid():
            return HttpResponseRedirect(reverse("admin:personal_data"))
        return view(request, form.person)

    return wrapper


@owners_only
def personal_data(request: HttpRequest) -> HttpResponse:
    """Find what is stored about a person."""
    form = PersonForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context |= _held(form.person)
    return _render(request, "personal_data", "Personal data", context)


@owners_only
@with_person
@reauthentication_required
def export_personal_data(request: HttpRequest, person: Person) -> HttpResponse:
    """Download everything stored about a person, as JSON or as a page."""
    requester = Requester(request)
    if request.POST.get("format") == "html":
        response = HttpResponse(export_as_page(person, requester))
        name = "personal-data.html"
    else:
        response = JsonResponse(export(person, requester), json_dumps_params={"indent": 2, "ensure_ascii": False})
        name = "personal-data.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@owners_only
@with_person
@reauthentication_required
def erase_personal_data(request: HttpRequest, person: Person) -> HttpResponse:
    """Ask for confirmation, then erase everything stored about a person."""
    if "confirm" not in request.POST:
        return _render(request, "erase_personal_data", "Erase this person’s data?", _held(person))
    if person.matches(request.user.get_username()):
        messages.error(request, "This is your own account. Ask another owner to erase it.")
        return HttpResponseRedirect(reverse("admin:personal_data"))
    try:
        erased = erase(person, Requester(request))
    except ErasureError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:personal_data"))
    context = {"person": person, "erased": erased, "mentions": find_mentions(person)}
    return _render(request, "personal_data_erased", "The data is erased", context)


def _held(person: Person) -> dict[str, Any]:
    return {"person": person, "holdings": list(holdings(person))}


def _render(request: HttpRequest, template: str, title: str, context: dict[str, Any]) -> HttpResponse:
    page = {**admin.site.each_context(request), "title": title, **context}
    return render(request, f"admin/accounts/{template}.html", page)
