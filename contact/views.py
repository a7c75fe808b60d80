"""Where readers write to the site."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from contact.forms import ContactForm
from pages.models import Page
from pages.seo import of_page
from pages.standing import standing_of
from public_forms.decorators import public_form


@public_form
def contact(request: HttpRequest) -> HttpResponse:
    """The form, below the words of the page with the part “Contact”.

    What it takes is stored before anybody is thanked; mail is the worker's affair.
    """
    form = ContactForm(request)
    if request.method == "POST":
        # The limit is counted and the row written together or not at all.
        with transaction.atomic():
            if form.is_valid():
                form.keep()
                response = redirect("contact:thanks")
                response.status_code = 303
                return response
    known = standing_of(request).by_role.get(Page.Role.CONTACT)
    intro = Page.objects.select_related("featured_image").filter(pk=known.pk).first() if known else None
    meta = of_page(intro) if intro and request.method != "POST" else None
    context = {"form": form, "intro": intro, "meta": meta}
    page = render(request, "contact/contact.html", context, status=form.status)
    # A page in its author's words is one that search engines may show.
    if meta and meta.is_indexed:
        page["X-Robots-Tag"] = "all"
    return page


@public_form
def thanks(request: HttpRequest) -> HttpResponse:
    """What everybody sees in the end."""
    return render(request, "contact/thanks.html")
