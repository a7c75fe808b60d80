"""Setting a password with a link sent by email: after an invitation, or when it was forgotten."""

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override

from accounts.models import AccountEmail, AuditEvent, User
from public_forms.ratelimit import client_network, hit_key

# Requests per hour.
LIMIT_PER_NETWORK = 10
LIMIT_PER_ACCOUNT = 3


@csp_override(settings.ADMIN_CSP)
@never_cache
def request_password(request: HttpRequest) -> HttpResponse:
    """Send a link to set a new password. The response is the same whether or not the account exists."""
    form = PasswordResetForm(request.POST or None)
    context: dict[str, Any] = {**admin.site.each_context(request), "title": "Set a new password", "form": form}
    if request.method != "POST" or not form.is_valid():
        return render(request, "accounts/request_password.html", context)
    email = form.cleaned_data["email"].strip().lower()
    limits = {
        f"password link for {client_network(request)}": LIMIT_PER_NETWORK,
        f"password link for {email}": LIMIT_PER_ACCOUNT,
    }
    if not all(hit_key(key, limit=limit, hourly=True) for key, limit in limits.items()):
        form.add_error(
            None, "Too many requests, so no link was sent. Look for the last email we sent you, or wait an hour."
        )
        return render(request, "accounts/request_password.html", context, status=429)
    # Whether there is such a user is found out when the email is built, so that the answer takes the same time.
    AccountEmail.objects.create(email=email, kind=AccountEmail.Kind.RESET)
    return HttpResponseRedirect(reverse("password_link_sent"))


@csp_override(settings.ADMIN_CSP)
@never_cache
def password_link_sent(request: HttpRequest) -> HttpResponse:
    """Confirm that a link was sent, if there is an account."""
    context = {**admin.site.each_context(request), "title": "Check your inbox"}
    return render(request, "accounts/password_link_sent.html", context)


class SetPasswordView(PasswordResetConfirmView):
    """Set the password with a link from an email, and sign in. A link works once and for three days.

    It replaces the password only: a person with a second factor confirms with it.
    """

    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("admin:index")
    title = "Set your password"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what every admin page shows."""
        context: dict[str, Any] = {**admin.site.each_context(self.request), **super().get_context_data(**kwargs)}
        return context

    def form_valid(self, form: Any) -> HttpResponse:
        """Set the password, record it and continue as after signing in with it, unless the link was just used."""
        token = self.request.session.get(INTERNAL_RESET_SESSION_TOKEN)
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=form.user.pk)
            self.validlink = self.token_generator.check_token(user, token)
            if not self.validlink:
                return self.render_to_response(self.get_context_data())
            super().form_valid(form)
            AuditEvent.objects.record(AuditEvent.Kind.PASSWORD, request=self.request, user=user, subject=user.email)
        response: HttpResponse = perform_password_login(self.request, {}, Login(user=form.user))
        return response


set_password = csp_override(settings.ADMIN_CSP)(SetPasswordView.as_view())
