"""The models of the admin by app, as the templates of Django's admin want them.

Django's own list resolves two URLs of each model, on every page. They never change, so this one resolves them once.
"""

from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.text import capfirst


def build_apps(site: AdminSite, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
    """Return the apps by name, with the models that the user may open or add, in the order they are registered."""
    found: dict[str, dict[str, Any]] = {}
    for model, model_admin in site._registry.items():
        label = model._meta.app_label
        if app_label not in {None, label} or not model_admin.has_module_permission(request):
            continue
        perms = model_admin.get_model_perms(request)
        if any(perms.values()):
            found.setdefault(label, _app(label))["models"].append(_entry(model, perms))
    return sorted(found.values(), key=lambda app: str(app["name"]).lower())


def _app(label: str) -> dict[str, Any]:
    name, url = apps.get_app_config(label).verbose_name, _url("app_list", get_script_prefix(), label)
    return {"name": name, "app_label": label, "app_url": url, "has_module_perms": True, "models": []}


def _entry(model: Any, perms: dict[str, bool]) -> dict[str, Any]:
    name, prefix = f"{model._meta.app_label}_{model._meta.model_name}", get_script_prefix()
    entry = {
        "model": model,
        "name": capfirst(model._meta.verbose_name_plural),
        "object_name": model._meta.object_name,
        "perms": perms,
        "admin_url": None,
        "add_url": _url(f"{name}_add", prefix) if perms.get("add") else None,
    }
    if perms.get("change") or perms.get("view"):
        entry |= {"view_only": not perms.get("change"), "admin_url": _url(f"{name}_changelist", prefix)}
    return entry


@cache
def _url(name: str, prefix: str, *args: str) -> str | None:
    """Return the URL of a page of the admin below the path `prefix` of the site, None if there is no such page."""
    try:
        return reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return None
