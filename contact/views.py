"""The contact page and its thank-you page."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from contact.forms import ContactForm
from pages.models import Page
from pages.seo import page_meta
from public_forms.decorators import public_form


@public_form
def contact(request: HttpRequest) -> HttpResponse:
    """Show the contact form below the text of the page with the role “Contact”, and accept messages.

    A message is stored before the visitor is thanked. The worker emails it later.
    """
    form = ContactForm(request)
    if request.method == "POST":
        # Count toward the limit and store the message together or not at all.
        with transaction.atomic():
            if form.is_valid():
                form.save_message()
                response = redirect("contact:thanks")
                response.status_code = 303
                return response
    intro = Page.objects.published().select_related("featured_image").filter(role=Page.Role.CONTACT).first()
    meta = page_meta(intro) if intro and request.method != "POST" else None
    context = {"form": form, "intro": intro, "meta": meta}
    page = render(request, "contact/contact.html", context, status=form.status)
    # Only a page with text of its author is worth indexing.
    if meta and meta.is_indexed:
        page["X-Robots-Tag"] = "all"
    return page


@public_form
def thanks(request: HttpRequest) -> HttpResponse:
    """Thank the visitor."""
    return render(request, "contact/thanks.html")
