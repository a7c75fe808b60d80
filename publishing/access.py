"""Who may open, change and publish a document in the admin.

Users with the permission to change all documents of a type may change each; users who may only add, their own.
What was released, now or for a later time, may be changed only with the permission to publish, because every change
of it is a publication.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from accounts.models import AuditEvent, User
from publishing.models import Document

# Fields that decide when visitors see a document, and that it was updated.
PUBLISH_FIELDS = frozenset({"published_at", "change_text", "is_correction", "publish_changes_at"})


class DocumentAccessAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Permissions for an admin of documents."""

    def record_publication(self, request: HttpRequest, document: Document) -> None:
        """Record in the audit log that the user published the document."""
        assert isinstance(request.user, User)  # the admin requires a user
        subject = f"{self.opts.verbose_name} “{document}”"
        AuditEvent.objects.record(AuditEvent.Kind.PUBLISHED, request=request, user=request.user, subject=subject)

    def may_change_all(self, request: HttpRequest) -> bool:
        """Return whether the user may change the documents of everyone."""
        return super().has_change_permission(request)

    def may_see_all(self, request: HttpRequest) -> bool:
        """Return whether the user may open the documents of everyone."""
        return super().has_view_permission(request)

    def _is_own(self, request: HttpRequest, document: Document) -> bool:
        """Return whether the saved document belongs to the user, who may add documents."""
        lookup = self.model.owner_lookup
        if not (lookup and self.has_add_permission(request)):
            return False
        return bool(self.model._default_manager.filter(pk=document.pk, **{lookup: request.user.pk}).exists())

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may publish what they may change."""
        return request.user.has_perm(f"{self.opts.app_label}.publish_{self.opts.model_name}")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow opening all documents, or the user's own."""
        if self.may_see_all(request):
            return True
        if obj is None:
            return bool(self.model.owner_lookup) and self.has_add_permission(request)
        return self._is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow changing all documents or the user's own; released ones only with the permission to publish."""
        if obj is None:
            may_change_own = bool(self.model.owner_lookup) and self.has_add_permission(request)
            return self.may_change_all(request) or may_change_own
        if not (self.may_change_all(request) or self._is_own(request, obj)):
            return False
        return obj.status == Document.Status.DRAFT or self.has_publish_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the documents that the user may open."""
        queryset: Any = super().get_queryset(request)
        readable: QuerySet[Any] = queryset.readable_by(request.user)
        return readable

    def changeable(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the documents among those selected in the list that the user may change."""
        if not self.has_publish_permission(request):
            queryset = queryset.filter(status=Document.Status.DRAFT)
        if not self.may_change_all(request):
            queryset = queryset.filter(**{self.model.owner_lookup: request.user.pk})
        return queryset

    def get_readable(self, request: HttpRequest, object_id: int) -> Any:
        """Return the document. Raises Http404 or PermissionDenied if the user cannot open it."""
        document = self.get_object(request, str(object_id))
        if document is None:
            raise Http404
        if not self.has_view_permission(request, document):
            raise PermissionDenied
        return document

    def hidden_fields(self, request: HttpRequest) -> frozenset[str]:
        """Return the fields that the user may not set."""
        return frozenset() if self.has_publish_permission(request) else PUBLISH_FIELDS
