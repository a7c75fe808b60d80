"""Admin pages for consent texts and the suppression list."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from newsletter.models import ConsentText, Suppression
from outbox.headers import validate_deliverable
from privacy.email_addresses import hash_email
from public_forms.fields import EmailField


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin):
    """Add versions of the confirmation text. Versions that subscribers agreed to cannot be changed."""

    list_display = ("__str__", "text", "created_at")
    list_filter = ("key",)
    fields = ("text",)

    def has_change_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        """Return False: changing a text means adding a version."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        """Return False: the texts are proof of consent."""
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start with the current text."""
        return {"text": ConsentText.objects.current(ConsentText.Key.CONFIRM).text}

    def save_model(self, request: HttpRequest, obj: ConsentText, form: forms.ModelForm, change: bool) -> None:
        """Save the text as the next version for the confirmation page."""
        obj.key = ConsentText.Key.CONFIRM
        obj.version = ConsentText.objects.next_version(obj.key)
        super().save_model(request, obj, form, change)


class SuppressionForm(forms.ModelForm):
    """Block an email address by hand."""

    email = EmailField(
        label="Email address",
        validators=[validate_deliverable],
        help_text="This address will get no campaigns and no emails from the sign-up form, and cannot be imported. "
        "Only a hash is stored, which cannot be turned back into the address.",
    )

    class Meta:
        model = Suppression
        fields = ("email",)

    def clean_email(self) -> str:
        """Return the email address. Raise ValidationError if it is blocked already."""
        email: str = self.cleaned_data["email"]
        if Suppression.objects.for_email(email).filter(reason=Suppression.Reason.MANUAL).exists():
            raise forms.ValidationError("You have already blocked this email address.")
        return email


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin):
    """Look up, add and remove entries. The list stores hashes, so it can be searched but not browsed by address."""

    row_names = "entry,entries"
    list_display = ("reason", "suppressed_at")
    list_display_links = None
    search_fields = ("email_hash",)
    search_help_text = "Search for a complete email address"
    form = SuppressionForm

    def has_change_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        """Return False: entries can be added and removed, not changed."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        """Allow viewing with the view or the change permission."""
        return super().has_view_permission(request, obj) or super().has_change_permission(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        """Match only the complete email address."""
        return queryset.filter(email_hash=hash_email(search_term)), False

    def save_model(self, request: HttpRequest, obj: Suppression, form: forms.ModelForm, change: bool) -> None:
        """Add the entry, or change the reason of an existing one."""
        email_hash = hash_email(form.cleaned_data["email"])
        Suppression.objects.add(email_hash, Suppression.Reason.MANUAL)
        obj.pk = Suppression.objects.get(email_hash=email_hash).pk

    def log_addition(self, request: HttpRequest, obj: Suppression, message: Any) -> Any:
        """Do nothing: the admin's log is kept longer than the entry."""
