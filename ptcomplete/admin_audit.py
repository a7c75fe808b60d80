"""Record in the audit log what the admin does to many rows at once, which Django's own log leaves out."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import model_format_dict
from django.http import HttpRequest, HttpResponse

from accounts.models import AuditEvent, User

_Kind = AuditEvent.Kind
# Pages that act when a POST succeeds, and what they do.
_POSTS = {"redirects_redirect_import": (_Kind.IMPORTED, "redirects")}
_DOWNLOADS = {"redirects_redirect_export": (_Kind.EXPORTED, "redirects")}
# Rows that an event names.
_MAX_KEYS = 20


def audited(site: AdminSite, view: Callable[..., Any]) -> Callable[..., Any]:
    """Return `view`, recording what it did if it succeeded."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        if event := _describe(site, request, response):
            kind, subject = event
            user = request.user
            assert isinstance(user, User)
            AuditEvent.objects.record(kind, request=request, user=user, subject=subject)
        return response

    return wrapper


def _describe(site: AdminSite, request: HttpRequest, response: HttpResponse) -> tuple[str, str] | None:
    """Return kind and subject of what was done, if anything."""
    name = (request.resolver_match.url_name or "") if request.resolver_match else ""
    if request.method == "GET":
        return _DOWNLOADS.get(name) if response.status_code == 200 else None
    # A page with status 200 asks for a confirmation or names a mistake.
    if request.method != "POST" or response.status_code != 302:
        return None
    has_rows = request.POST.get("select_across") == "1" or ACTION_CHECKBOX_NAME in request.POST
    if name.endswith("_changelist") and request.POST.get("action") and has_rows:
        return _Kind.ACTION, _describe_action(site, request, name.removesuffix("_changelist"))
    return _POSTS.get(name)


def _describe_action(site: AdminSite, request: HttpRequest, model_name: str) -> str:
    """Return the label of the action and its rows. Names are left out: they may be personal data."""
    labels = {f"{model._meta.app_label}_{model._meta.model_name}": model for model in site._registry}
    model = labels[model_name]
    action = request.POST["action"]
    actions = site._registry[model].get_actions(request) or {}
    chosen = actions.get(action)
    label = chosen.description if chosen else action
    if request.POST.get("select_across") == "1":
        rows = "all"
    else:
        keys = request.POST.getlist(ACTION_CHECKBOX_NAME)
        rows = ", ".join(keys[:_MAX_KEYS]) + (f" and {len(keys) - _MAX_KEYS} more" if len(keys) > _MAX_KEYS else "")
    label = str(label) % model_format_dict(model)
    return f"“{label.rstrip(' …')}”: {model._meta.verbose_name_plural} {rows}"
