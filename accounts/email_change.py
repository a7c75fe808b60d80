"""Changing the email address to sign in with: a link proves that the new one belongs to the person."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.models import NEW_ADDRESS_SALT, AccountEmail, AuditEvent, User
from accounts.pages import account_page
from public_forms.ratelimit import hit_key

# Links per hour and account.
LIMIT_PER_ACCOUNT = 5


class EmailForm(forms.Form):
    """Ask for a link that confirms a new email address."""

    email = forms.EmailField(label="New email address", max_length=254)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user = user

    def clean_email(self) -> str:
        """Return the address in lower case. Whether someone else has it is found out when the email is built."""
        email = str(self.cleaned_data["email"]).strip().lower()
        if email == self._user.email:
            raise ValidationError("This is your present email address.")
        if not hit_key(f"email link for {self._user.pk}", limit=LIMIT_PER_ACCOUNT, hourly=True):
            raise ValidationError("Too many requests. Look for the last email we sent, or wait.", code="limited")
        return email


def _change_email(request: HttpRequest) -> HttpResponse:
    """Send a link to the new address. The present one stays until it is opened."""
    assert isinstance(request.user, User)
    form = EmailForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        AccountEmail.objects.create(email=email, kind=AccountEmail.Kind.NEW_ADDRESS, user=request.user)
        messages.info(request, f"Open the link that we have sent to {email} to use this address.")
        return HttpResponseRedirect(reverse("mfa_index"))
    return TemplateResponse(request, "accounts/change_email.html", {"form": form})


def _confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Change the address of the person who asked for the link and is signed in."""
    assert isinstance(request.user, User)
    email = _new_address(token, request.user)
    if email and request.method == "POST":
        if _replace_address(request, request.user, email):
            messages.success(request, f"You now sign in as {email}.")
            return HttpResponseRedirect(reverse("mfa_index"))
        email = ""
    return TemplateResponse(request, "accounts/confirm_email.html", {"new_address": email})


def _new_address(token: str, user: User) -> str:
    """Return the address that a link confirms, or an empty text if it has expired or is another person's."""
    try:
        pk, old, new = signing.loads(token, salt=NEW_ADDRESS_SALT, max_age=settings.PASSWORD_RESET_TIMEOUT)
    except signing.BadSignature:
        return ""
    return str(new) if (pk, old) == (user.pk, user.email) else ""


def _replace_address(request: HttpRequest, user: User, email: str) -> bool:
    """Store the new address, unless it was taken or changed in the meantime. Tell the old one."""
    try:
        with transaction.atomic():
            if not User.objects.filter(pk=user.pk, email=user.email).update(email=email):
                return False
            detail = f"You now sign in with the email address {email}."
            AccountEmail.objects.create(email=user.email, kind=AccountEmail.Kind.NOTICE, user=user, detail=detail)
            kind = AuditEvent.Kind.EMAIL_CHANGED
            AuditEvent.objects.record(kind, request=request, user=user, subject=f"{user.email} to {email}")
    except IntegrityError:
        return False
    return True


change_email = account_page(login_required(reauthentication_required(_change_email)), "Change your email address")
confirm_email = account_page(login_required(_confirm_email), "Confirm your email address")
