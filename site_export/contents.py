"""What an export contains: every model of the site except those listed here, each with the reason."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Field, Model, Q

FORMAT_VERSION = 1

_DERIVED = "derived from the exported data, and made again by the import"
_MACHINE = "about the running processes of this installation"
_PRIVATE = "private messages, which only a backup contains"
_ACCOUNTS = "accounts with passwords and second factors; create them again with create_owner"
_DRAFTS = "drafts of changes, notes on them and the history of texts, which belong to accounts; finish them first"
_QUEUE = "emails that are waiting or were sent; importing them could send them twice"
# Apps and models that are left out, with the reason.
LEFT_OUT: dict[str, str] = {
    "search": _DERIVED,
    "pagecache": _DERIVED,
    "richtext.Reference": _DERIVED,
    "richtext.RenderingProblem": _MACHINE,
    "operations": _MACHINE,
    "backups": _MACHINE,
    "public_forms": _MACHINE,
    "site_export": _MACHINE,
    "indexnow": _MACHINE,
    "wordpress": "the record of an import from WordPress, needed only to import the same site again",
    "accounts.User": _ACCOUNTS,
    "accounts.AccountEmail": _QUEUE,
    "accounts.AuditEvent": "the record of who did what with these accounts",
    "publishing.Autosave": _DRAFTS,
    "publishing.PendingEdit": _DRAFTS,
    "publishing.Revision": _DRAFTS,
    "publishing.ReviewNote": _DRAFTS,
    "publishing.Submission": _DRAFTS,
    "contact.Message": _PRIVATE,
    "contact.Reply": _PRIVATE,
    "feedback.Suggestion": _PRIVATE,
    "affiliates.BrokenLinksEmail": _QUEUE,
    "newsletter.Delivery": _QUEUE,
    "newsletter.Enrollment": _QUEUE,
    "newsletter.WebhookEvent": _QUEUE,
    "newsletter.SendWindow": _QUEUE,
    "newsletter.SubscriberEmail": _QUEUE,
    "newsletter.TestEmail": _QUEUE,
}
# Fields that are left out: secrets, and what belongs to one installation. They get their defaults again.
LEFT_OUT_FIELDS = frozenset(
    {
        "blog.Post.preview_key",
        "pages.Page.preview_key",
        "images.Image.formats_hash",
        "instagram.InstagramSettings.access_token",
        "instagram.InstagramSettings.token_expires_at",
        "instagram.InstagramSettings.refresh_token_at",
        "instagram.InstagramSettings.is_token_rejected",
        "newsletter.ConsentEvent.token_suffix",
    }
)
# Rows that are exported, if not all. A scheduled campaign could be sent twice.
_ROWS = {"newsletter.Campaign": Q(status__in=("draft", "sent", "cancelled"))}


def exported_models() -> list[type[Model]]:
    """Return the models of an export, in the order of their names."""
    own = {config.label for config in apps.get_app_configs() if Path(config.path).parent == Path(settings.BASE_DIR)}
    models = (model for model in apps.get_models() if model._meta.app_label in own)
    return sorted((model for model in models if not is_left_out(model)), key=lambda model: model._meta.label)


def is_left_out(model: type[Model]) -> bool:
    """Return whether the export leaves out `model`."""
    return model._meta.label in LEFT_OUT or model._meta.app_label in LEFT_OUT


def exported_fields(model: type[Model]) -> list["Field[Any, Any]"]:
    """Return the fields of `model` that an export contains, the primary key first."""
    fields = [
        field for field in model._meta.concrete_fields if f"{model._meta.label}.{field.name}" not in LEFT_OUT_FIELDS
    ]
    # Rows that are not exported cannot be referred to. Content types are written by name.
    fields = [
        field
        for field in fields
        if not (field.related_model and _is_foreign(field.related_model)) or field.related_model is ContentType
    ]
    return sorted(fields, key=lambda field: not field.primary_key)


def exported_relations(model: type[Model]) -> list[Any]:
    """Return the many-to-many fields of `model` whose rows have no model that is exported."""
    fields: list[Any] = list(model._meta.many_to_many)
    return [field for field in fields if field.remote_field.through._meta.auto_created]


def rows_of(model: type[Model]) -> Any:
    """Return the rows of `model` that an export contains, in a stable order."""
    rows = model._base_manager.order_by("pk")
    condition = _ROWS.get(model._meta.label)
    return rows.filter(condition) if condition else rows


def has_all_rows(model: type[Model]) -> bool:
    """Return whether every row of `model` is exported."""
    return model._meta.label not in _ROWS


def _is_foreign(model: Any) -> bool:
    return is_left_out(model) or model not in set(exported_models())
