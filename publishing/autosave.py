"""Autosaves in the admin: stored while the author types, restored when the form opens, and shown in previews."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format

from publishing.forms import FormSource
from publishing.models import Autosave, LastSave
from siteinfo.urls import admin_url

# Older autosaves are not offered any more.
MAX_AGE = timedelta(days=30)
MAX_VERSION_DIGITS = 8


class AutosaveAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A ModelAdmin with autosaves. Its `form` is an AutosaveForm, and its model has `version` and `autosaves`."""

    # The field that names a new row.
    name_field = "title"
    # Views that show a row with the content of an autosave.
    autosave_views: tuple[str, ...] = ("preview",)

    # ---- For subclasses -----------------------------------------------------------------------------

    def new_draft(self, request: HttpRequest, name: str) -> Any:
        """Create and return the row for the first autosave of a new text. `name` may be empty."""
        raise NotImplementedError

    def pending_edit(self, row: Any) -> Any:
        """Return the pending edit that the form opens on instead of the saved row, if there is one."""
        return None

    # ---- Opening the form ---------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Open the form on the newest autosave or on the pending edit."""
        form: Any = super().get_form(request, obj, change, **kwargs)
        if request.method == "GET" and obj is not None:
            form.source = self.form_source(request, obj)
        return form

    def form_source(self, request: HttpRequest, row: Any) -> FormSource:
        """Return what the form of `row` opens on. Both the form and the page around it ask, and one reads it."""
        source: FormSource | None = getattr(request, "form_source", None)
        if source is None:
            autosaves = list(self._autosaves(request, row).defer("data"))
            opened = self._autosave_to_open(request, row, autosaves) if request.method == "GET" else None
            others = [autosave for autosave in autosaves if autosave != opened]
            source = FormSource(opened, self.pending_edit(row), others)
            request.form_source = source  # type: ignore[attr-defined]
        return source

    def _autosaves(self, request: HttpRequest, row: Any) -> QuerySet[Autosave]:
        recent = {"user": request.user, "updated_at__gt": timezone.now() - MAX_AGE}
        autosaves: QuerySet[Autosave] = row.autosaves.filter(**recent)
        return autosaves

    def _autosave_to_open(self, request: HttpRequest, row: Any, autosaves: list[Autosave]) -> Autosave | None:
        """Return the autosave named by `?autosave=`, or else the newest one of the current version, with its text.

        `?autosave=no` opens the saved row.
        """
        key = request.GET.get("autosave", "")
        if key == "no":
            return None
        if key:
            found = [autosave for autosave in autosaves if autosave.key == _parse_uuid(key)]
        else:
            found = [autosave for autosave in autosaves if autosave.base_version == row.version]
        # Another tab may have replaced it in the meantime.
        return Autosave.objects.filter(pk=found[0].pk).first() if found else None

    def autosave_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return the template context: the autosave the form was opened on, and the others."""
        source = self.form_source(request, row)
        return {"restored_autosave": source.autosave, "other_autosaves": source.other_autosaves}

    def delete_autosaves(self, request: HttpRequest, form: Any) -> None:
        """Delete the autosaves of a form that has been saved, and remember its key."""
        if key := form.cleaned_data.get("autosave_key"):
            LastSave.record(form.instance, key)
        keys = [form.cleaned_data.get("autosave_key"), form.cleaned_data.get("restored_from")]
        form.instance.autosaves.filter(user=request.user, key__in=[key for key in keys if key]).delete()

    # ---- URLs ---------------------------------------------------------------------------------------

    def _url(self, name: str, *args: Any) -> str:
        return admin_url(self.model, name, *args)

    def route(self, suffix: str, view: Any, name: str) -> URLPattern:
        """Return the URL pattern of an admin view, named as the admin names its own."""
        full_name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        pattern: URLPattern = path(suffix, self.admin_site.admin_view(view), name=full_name)
        return pattern

    def get_urls(self) -> list[URLPattern]:
        """Add the autosave views."""
        return [
            self.route("autosave/", self.autosave, "autosave_new"),
            self.route("<int:object_id>/autosave/", self.autosave, "autosave"),
            self.route("<int:object_id>/autosave/discard/", self.discard_autosave, "discard_autosave"),
            *super().get_urls(),
        ]

    # ---- Saving -------------------------------------------------------------------------------------

    def _get_editable(self, request: HttpRequest, object_id: int) -> Any:
        """Return the row. Raises Http404 or PermissionDenied if the user cannot change it."""
        row = self.get_object(request, str(object_id))
        if row is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def autosave(self, request: HttpRequest, object_id: int | None = None) -> JsonResponse:
        """Store the fields of an open form. Creates no revision and changes nothing that visitors see."""
        self._check_autosave_permission(request, object_id)
        key = _parse_uuid(request.POST.get("autosave_key", ""))
        if request.method != "POST" or key is None:
            return JsonResponse({"error": "There was nothing to save."}, status=400)
        try:
            return self._store_autosave(request, object_id, key)
        except IntegrityError:
            # Another request with the same key has just created the row: the page was left while it was saved.
            return self._store_autosave(request, object_id, key)

    def _store_autosave(self, request: HttpRequest, object_id: int | None, key: UUID) -> JsonResponse:
        with transaction.atomic():
            row = self._get_or_create_row(request, object_id, key)
            if Autosave.objects.filter(key=key).exclude(**self._owner(request, row)).exists():
                error = "This text is stored with another document. Copy it and reload this page."
                return JsonResponse({"error": error}, status=409)
            version = request.POST.get("base_version", "")
            is_valid = version.isascii() and version.isdecimal() and len(version) <= MAX_VERSION_DIGITS
            base_version = int(version) if is_valid else row.version
            fields = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
            Autosave.objects.update_or_create(
                key=key,
                **self._owner(request, row),
                defaults={"data": fields, "base_version": base_version},
            )
            self._delete_superseded(request, row, key)
        return JsonResponse(
            {
                "saved_at": date_format(timezone.localtime(), "g:i A"),
                "change_url": self._url("change", row.pk),
                "autosave_url": self._url("autosave", row.pk),
                **{f"{view}_url": f"{self._url(view, row.pk)}?autosave={key}" for view in self.autosave_views},
                "version": row.version,
                "is_stale": base_version != row.version and not LastSave.is_by(key, row, row.version),
            }
        )

    def _check_autosave_permission(self, request: HttpRequest, object_id: int | None) -> None:
        """Raise Http404 or PermissionDenied if the user may not change the row, or add one."""
        if object_id is not None:
            self._get_editable(request, object_id)
        elif not self.has_add_permission(request):
            raise PermissionDenied

    @staticmethod
    def _owner(request: HttpRequest, row: Any) -> dict[str, Any]:
        content_type = ContentType.objects.get_for_model(row)
        return {"user_id": int(request.user.pk or 0), "content_type": content_type, "object_id": row.pk}

    def _get_or_create_row(self, request: HttpRequest, object_id: int | None, key: UUID) -> Any:
        if object_id is not None:
            return self._get_editable(request, object_id)
        content_type = ContentType.objects.get_for_model(self.model)
        earlier = Autosave.objects.filter(key=key, user_id=int(request.user.pk or 0), content_type=content_type)
        if object_ids := list(earlier.values_list("object_id", flat=True)):
            # The page was reloaded before it learned that its first autosave had created the row.
            return self._get_editable(request, object_ids[0])
        return self.new_draft(request, request.POST.get(self.name_field, "").strip()[:200])

    def _delete_superseded(self, request: HttpRequest, row: Any, key: UUID) -> None:
        """Delete the autosave that the form was opened on: what was just stored under `key` contains its text."""
        restored_from = _parse_uuid(request.POST.get("restored_from", ""))
        if restored_from and restored_from != key:
            row.autosaves.filter(user=request.user, key=restored_from).delete()

    def discard_autosave(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Delete the user's autosave that the posted field `discard` names, and open the saved text."""
        row = self._get_editable(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        key = _parse_uuid(request.POST.get("discard", ""))
        if key:
            row.autosaves.filter(user=request.user, key=key).delete()
            self.message_user(request, "The unsaved text was discarded.", messages.SUCCESS)
        return HttpResponseRedirect(self._url("change", row.pk) + "?autosave=no")

    def autosaved_form(self, request: HttpRequest, row: Any) -> Any:
        """Return the form of `row` filled with the autosave that `?autosave=` names, or None without one."""
        key = _parse_uuid(request.GET.get("autosave", "")) or uuid4()
        autosave = self._autosaves(request, row).filter(key=key).first()
        if autosave is None:
            return None
        data = QueryDict(mutable=True)
        for name, values in autosave.content.items():
            data.setlist(name, values)
        data.pop("_publish", None)
        form: Any = super().get_form(request, row, change=True)
        return form(data, instance=row)


def _parse_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
