"""Where readers write to the site."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from contact.forms import ContactForm
from guard.pages import public_form


@public_form
def contact(request: HttpRequest) -> HttpResponse:
    """The form. What it takes is stored before anybody is thanked; mail is the worker's affair."""
    form = ContactForm(request)
    if request.method == "POST":
        # The limit is counted and the row written together or not at all.
        with transaction.atomic():
            if form.is_valid():
                form.keep()
                response = redirect("contact:thanks")
                response.status_code = 303
                return response
    return render(request, "contact/contact.html", {"form": form}, status=form.status)


@public_form
def thanks(request: HttpRequest) -> HttpResponse:
    """What everybody sees in the end."""
    return render(request, "contact/thanks.html")
