"""Actions that set the kind, or the body regions and the like, of many posts at once."""

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import AuditEvent, User
from blog.admin.content import ContentAdmin
from blog.models import Post, PostTemplate
from exercises.models import BodyRegion, Condition, FinderEntry, Goal
from exercises.widgets import ChipChoices
from publishing.models import PendingEdit

# Takes the value of a field of a snapshot and returns the new one.
type ChangeValue = Callable[[Any], Any]


class KindForm(forms.Form):
    """Which kind the posts get."""

    kind = forms.ModelChoiceField(
        PostTemplate.objects.defer("body"),
        required=False,
        label="Kind of post",
        empty_label="No kind",
        help_text="It decides which blocks the checklist asks for, and may choose the disclaimer. Texts stay as they "
        "are.",
    )


class FinderForm(forms.Form):
    """Which body regions, conditions and goals are added or removed."""

    change = forms.ChoiceField(
        label="What to do",
        choices=[("add", "Add those below to the posts"), ("remove", "Remove those below from the posts")],
        initial="add",
        widget=forms.RadioSelect,
    )
    body_regions = forms.ModelMultipleChoiceField(BodyRegion.objects.all(), required=False, widget=ChipChoices)
    conditions = forms.ModelMultipleChoiceField(Condition.objects.all(), required=False, widget=ChipChoices)
    goals = forms.ModelMultipleChoiceField(Goal.objects.all(), required=False, widget=ChipChoices)

    def clean(self) -> dict[str, Any]:
        """Require a choice."""
        cleaned = super().clean() or {}
        if not any(cleaned.get(model.field_name) for model in (BodyRegion, Condition, Goal)):
            raise forms.ValidationError("Choose at least one body region, condition or goal.")
        return cleaned


class BulkEditAdmin(ContentAdmin):
    """The actions of the list of posts that ask for a choice on a separate page."""

    @admin.action(description="Set kind …", permissions=["change"])
    def set_kind(self, request: HttpRequest, queryset: QuerySet[Post]) -> HttpResponse | None:
        """Ask for a kind, and give it to the selected posts."""
        form = KindForm(request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, queryset, "set_kind", "Set the kind of posts", form)
        kind: PostTemplate | None = form.cleaned_data["kind"]

        def change(pks: list[int]) -> dict[str, ChangeValue]:
            Post.objects.filter(pk__in=pks).update(template=kind)
            return {"template": lambda _: kind and kind.pk}

        outcome = f"of the kind “{kind}”" if kind else "without a kind"
        self.change_posts(request, queryset, change, f"now {outcome}")
        return None

    @admin.action(description="Set body regions, conditions and goals …", permissions=["change"])
    def set_finder_entries(self, request: HttpRequest, queryset: QuerySet[Post]) -> HttpResponse | None:
        """Ask for body regions, conditions and goals, and add them to the selected posts or remove them."""
        form = FinderForm(request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, queryset, "set_finder_entries", "Set body regions, conditions and goals", form)
        is_added = form.cleaned_data["change"] == "add"
        chosen = {model: list(form.cleaned_data[model.field_name]) for model in (BodyRegion, Condition, Goal)}

        def change(pks: list[int]) -> dict[str, ChangeValue]:
            return {
                model.field_name: _assign(model, pks, {entry.pk for entry in entries}, is_added=is_added)
                for model, entries in chosen.items()
            }

        names = ", ".join(str(entry) for entries in chosen.values() for entry in entries)
        self.change_posts(request, queryset, change, f"{'now with' if is_added else 'now without'} {names}")
        return None

    def _ask(
        self, request: HttpRequest, queryset: QuerySet[Post], action: str, title: str, form: forms.Form
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "posts": list(self.changeable(request, queryset).values("pk", "title")),
            "action": action,
            "form": form,
        }
        return TemplateResponse(request, "admin/blog/post/bulk_edit.html", context)

    def change_posts(
        self,
        request: HttpRequest,
        queryset: QuerySet[Post],
        change: Callable[[list[int]], dict[str, ChangeValue]],
        outcome: str,
    ) -> None:
        """Change the posts that the user may change, in one transaction, and say how many.

        `change` returns how it changes values of a snapshot, because unpublished changes would undo it otherwise.
        """
        pks = list(self.changeable(request, queryset).order_by("pk").values_list("pk", flat=True))
        with transaction.atomic():
            # In the order of publishing an edit, which would deadlock otherwise.
            edits = list(_pending_edits(pks).select_for_update())
            list(Post.objects.filter(pk__in=pks).order_by("pk").only("pk").select_for_update())
            values = change(pks)
            for edit in edits:
                changed = {name: value(edit.content[name]) for name, value in values.items() if name in edit.content}
                edit.data |= changed
                edit.save(update_fields=["data", "updated_at"])
            # A new version, so that saving a form opened earlier is a conflict and does not undo the change.
            Post.objects.filter(pk__in=pks).update(version=F("version") + 1, modified_at=timezone.now())
            if pks:
                subject, user = f"{len(pks)} posts, {outcome}", cast(User, request.user)
                AuditEvent.objects.record(AuditEvent.Kind.CHANGED, request=request, user=user, subject=subject)
        if pks:
            self._report_count(request, len(pks), outcome)
        else:
            self.message_user(request, "You may change none of the selected posts.", messages.WARNING)


def _pending_edits(post_pks: list[int]) -> QuerySet[PendingEdit]:
    content_type = ContentType.objects.get_for_model(Post)
    return PendingEdit.objects.filter(content_type=content_type, object_id__in=post_pks).order_by("pk")


def _assign(model: type[FinderEntry], post_pks: list[int], pks: set[int], *, is_added: bool) -> ChangeValue:
    """Add entries of `model` to the posts, or remove them. Return how that changes the value of a snapshot."""
    column = f"{model._meta.model_name}_id"
    through: Any = Post._meta.get_field(model.field_name).remote_field.through  # type: ignore[union-attr]
    if is_added:
        rows = [through(**{"post_id": post_pk, column: pk}) for post_pk in post_pks for pk in pks]
        through.objects.bulk_create(rows, ignore_conflicts=True)
        return lambda old: sorted({*old, *pks})
    through.objects.filter(**{"post__in": post_pks, f"{column}__in": pks}).delete()
    return lambda old: sorted({*old} - pks)
