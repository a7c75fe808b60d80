"""Unsaved texts on the desk: kept while they are typed, opened again, shown before they are saved."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, JsonResponse, QueryDict
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format

from publishing.forms import Opening
from publishing.models import Autosave
from siteinfo.urls import admin_url

# A working copy nobody came back for in this time has been given up.
KEEP_COPIES = timedelta(days=30)


class AutosaveAdmin(admin.ModelAdmin):
    """A ModelAdmin whose `form` is a AutosaveForm and whose rows have a `version` and `autosaves`."""

    # The field whose words name a new row.
    name_field = "title"

    # ---- For concrete admins ------------------------------------------------------------------------

    def new_draft(self, request: HttpRequest, name: str) -> Any:
        """A stored row for the first words of a new text, which is called `name` or has no name yet."""
        raise NotImplementedError

    def pending_edit(self, row: Any) -> Any:
        """The private changes to open instead of the saved text, if rows can have some."""
        return None

    # ---- Opening ------------------------------------------------------------------------------------

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        if request.method == "GET":
            form.opening = self._opening(request, obj)
        return form

    def _opening(self, request: HttpRequest, row: Any) -> Opening:
        return Opening(copy=self._copy(request, row), pending=self.pending_edit(row)) if row else Opening()

    def _copies(self, request: HttpRequest, document: Any) -> QuerySet[Autosave]:
        return document.autosaves.filter(user=request.user, updated_at__gt=timezone.now() - KEEP_COPIES)

    def _copy(self, request: HttpRequest, document: Any) -> Autosave | None:
        """The unsaved text to open: the one asked for, else the newest on today's version unless `?autosave=no`."""
        wanted = request.GET.get("autosave", "")
        copies = self._copies(request, document)
        if wanted == "no":
            return None
        if wanted:
            return copies.filter(key=_uuid(wanted) or uuid4()).first()
        return copies.filter(base_version=document.version).first()

    def autosave_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page says of unsaved texts: the one it was opened on, and the others."""
        copy = self._copy(request, row) if request.method == "GET" else None
        others = self._copies(request, row).exclude(pk=copy.pk if copy else 0)
        return {"restored_copy": copy, "other_copies": others.defer("data")}

    def delete_autosaves(self, request: HttpRequest, form: Any) -> None:
        """The form is saved: what was kept of it is needed no more."""
        keys = [form.cleaned_data.get("autosave_key"), form.cleaned_data.get("restored_from")]
        form.instance.autosaves.filter(user=request.user, key__in=[key for key in keys if key]).delete()

    # ---- Addresses ------------------------------------------------------------------------------------

    def _address(self, name: str, *args: Any) -> str:
        return admin_url(self.model, name, *args)

    def route(self, suffix: str, view: Any, name: str) -> URLPattern:
        """The pattern of a view of the desk, named as the admin names its own."""
        full_name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(suffix, self.admin_site.admin_view(view), name=full_name)

    def get_urls(self) -> list[URLPattern]:
        return [
            self.route("autosave/", self.autosave, "autosave_new"),
            self.route("<int:object_id>/autosave/", self.autosave, "autosave"),
            *super().get_urls(),
        ]

    # ---- Keeping ------------------------------------------------------------------------------------

    def _writable(self, request: HttpRequest, object_id: int) -> Any:
        document = self.get_object(request, str(object_id))
        if document is None:
            raise Http404
        if not self.has_change_permission(request, document):
            raise PermissionDenied
        return document

    def autosave(self, request: HttpRequest, object_id: int | None = None) -> JsonResponse:
        """Keep what the browser sends of an open form. Makes no revision and changes nothing readers see."""
        key = _uuid(request.POST.get("autosave_key", ""))
        if request.method != "POST" or key is None:
            return JsonResponse({"error": "Nothing to keep was sent."}, status=400)
        with transaction.atomic():
            if object_id is None:
                if not self.has_add_permission(request):
                    raise PermissionDenied
                document = self.new_draft(request, request.POST.get(self.name_field, "").strip()[:200])
            else:
                document = self._writable(request, object_id)
            base = request.POST.get("base_version", "")
            base_version = int(base) if base.isdecimal() and len(base) < 9 else document.version
            fields = {name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"}
            Autosave.objects.update_or_create(
                key=key,
                user_id=int(request.user.pk or 0),
                content_type=ContentType.objects.get_for_model(document),
                object_id=document.pk,
                defaults={"data": fields, "base_version": base_version},
            )
        return JsonResponse(
            {
                "id": document.pk,
                "saved_at": date_format(timezone.localtime(), "H:i"),
                "change_url": self._address("change", document.pk),
                "autosave_url": self._address("autosave", document.pk),
                "preview_url": f"{self._address('preview', document.pk)}?autosave={key}",
                "version": document.version,
                "is_stale": base_version != document.version,
            }
        )

    def autosaved_form(self, request: HttpRequest, row: Any) -> Any:
        """The form of `row` filled with the working copy that `?autosave=` names; None without one."""
        copy = self._copies(request, row).filter(key=_uuid(request.GET.get("autosave", "")) or uuid4()).first()
        if copy is None:
            return None
        data = QueryDict(mutable=True)
        for name, values in copy.data.items():
            data.setlist(name, values)
        data.pop("_publish", None)
        form: Any = super().get_form(request, row, change=True)
        return form(data, instance=row)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
