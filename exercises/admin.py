"""Exercises in the admin, and what the editor asks."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToManyField, Q, QuerySet, TextField
from django.forms import Field as FormField
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Author
from exercises import finder_admin  # noqa: F401 - registers body regions, conditions and goals
from exercises.models import Exercise, ExerciseImage
from exercises.widgets import ChipChoices
from images.admin import ImagePickerMixin
from images.renditions import thumbnail_url
from richtext.references import Reference
from siteinfo.autocomplete import AutocompleteMixin
from siteinfo.where_used import where_used

MAX_RESULTS = 20


class ExerciseImageInline(ImagePickerMixin, admin.TabularInline):  # type: ignore[type-arg]
    """The images of an exercise."""

    model = ExerciseImage
    extra = 1
    fields = ("image", "caption", "position")


@admin.register(Exercise)
class ExerciseAdmin(AutocompleteMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """Exercises, and the texts that show each."""

    change_form_template = "admin/exercises/exercise/change_form.html"
    list_display = ("thumbnail", "name", "dose", "regions", "used_in", "status")
    list_display_links = ("name",)
    list_filter = ("status", "body_regions", "conditions", "goals")
    search_fields = ("name__contains_folded", "goal__contains_folded", "steps__contains_folded")
    search_help_text = "Search names, goals and steps"
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("easier", "harder")
    inlines = (ExerciseImageInline,)
    formfield_overrides = {
        TextField: {"widget": forms.Textarea(attrs={"rows": 5, "cols": 80})},
        ManyToManyField: {"widget": ChipChoices},
    }
    fieldsets = (
        (None, {"fields": ("name", "slug", "goal", "steps", "equipment")}),
        (
            "Dose",
            {
                "fields": (
                    ("sets", "repetitions"),
                    ("hold_seconds", "rest_seconds"),
                    "sides",
                    ("times_per_day", "days_per_week"),
                )
            },
        ),
        ("Safety", {"fields": ("cautions", "stop_if")}),
        ("Easier and harder", {"fields": ("easier", "harder")}),
        ("Where does it hurt?", {"fields": ("body_regions", "conditions", "goals")}),
        ("Video", {"fields": ("video", "has_captions", "transcript"), "classes": ("collapse",)}),
        ("Publishing", {"fields": ("status", "author")}),
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the search for the editor."""
        view = self.admin_site.admin_view(self.find)
        return [path("find/", view, name="exercises_exercise_find"), *super().get_urls()]

    def find(self, request: HttpRequest) -> JsonResponse:
        """Return the exercises with the words in `q`, for the editor."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        exercises = Exercise.objects.all()
        for word in request.GET.get("q", "")[:200].split()[:8]:
            exercises = exercises.filter(Q(name__contains_folded=word) | Q(goal__contains_folded=word))
        rows = [
            {"id": each.pk, "name": each.name, "goal": each.goal, "is_draft": not each.is_published}
            for each in exercises[:MAX_RESULTS]
        ]
        return JsonResponse({"exercises": rows})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exercise]:
        """Load the images and regions of each exercise."""
        queryset: QuerySet[Exercise] = super().get_queryset(request)
        return queryset.prefetch_related("images__image", "body_regions")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Add to each exercise how many texts show it."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = list(changelist.result_list)
        pks = [exercise.pk for exercise in changelist.result_list]
        counts = Reference.objects.to_model(Exercise).from_content().filter(target_id__in=pks).source_counts()
        for exercise in changelist.result_list:
            exercise.reference_count = counts.get(exercise.pk, 0)
        return changelist

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start with the user as author, or with the site's first author."""
        author = Author.objects.filter(user_id=request.user.pk or 0).first() or Author.objects.first()
        return {"author": author, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Give short texts the width of long ones."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in {"goal", "equipment", "stop_if"}:
            field.widget.attrs["class"] = "vLargeTextField"
        return field

    @admin.display(description="image", empty_value="")
    def thumbnail(self, exercise: Exercise) -> SafeString | str:
        """Return a small rendition of the first image."""
        first = next(iter(exercise.images.all()), None)
        if first is None:
            return ""
        return format_html('<img class="thumb" src="{}" alt="" width="96" height="64">', thumbnail_url(first.image))

    @admin.display(description="dose")
    def dose(self, exercise: Exercise) -> str:
        """Return the dose in words."""
        return str(exercise.dose)

    @admin.display(description="body regions")
    def regions(self, exercise: Exercise) -> str:
        """Return the names of the body regions."""
        return ", ".join(region.name for region in exercise.body_regions.all()) or "None"

    @admin.display(description="used in")
    def used_in(self, exercise: Exercise) -> str:
        """Return the number of texts that show the exercise."""
        count = getattr(exercise, "reference_count", 0)
        return f"{count} text{'' if count == 1 else 's'}" if count else "no text"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show which texts show the exercise."""
        exercise = context["original"]
        if exercise:
            context["where_used"] = where_used(Reference.objects.to(exercise), request.user)
        return super().render_change_form(request, context, *args, **kwargs)
