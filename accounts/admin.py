"""Admin pages of users, groups and authors."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import Author, ProfileLink, Qualification, User
from images.admin import ImagePickerMixin
from richtext.forms import RichTextField

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """Edit groups of users with the same permissions."""

    def get_form(self, request: HttpRequest, obj: Group | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Add help texts to Django's form."""
        help_texts = {"name": "Such as “Guest authors”.", "permissions": "What all users in this group may do."}
        return super().get_form(request, obj, change, **{**kwargs, "help_texts": help_texts})


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Edit users, who sign in with their email address."""

    ordering = ("email",)
    list_display = ("email", "name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "joined_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)

    def get_form(self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Call superusers owners."""
        labels = {"is_superuser": "Owner: may do everything"}
        help_texts = {"is_superuser": "Has all permissions without assigning them."}
        texts = {"labels": labels, "help_texts": help_texts}
        return super().get_form(request, obj, change=change, **{**texts, **kwargs})


class AuthorForm(forms.ModelForm):
    """Edit an author's profile, with the rich text editor for the long bio."""

    long_bio = RichTextField(label="About you", required=False, help_text="Shown on the author page.")

    class Meta:
        model = Author
        exclude = ()  # noqa: DJ006 - the admin's fieldsets choose


class QualificationInline(admin.TabularInline):
    """Edit the author's qualifications."""

    model = Qualification
    extra = 0


class ProfileLinkInline(admin.TabularInline):
    """Edit the author's profile links."""

    model = ProfileLink
    extra = 0


@admin.register(Author)
class AuthorAdmin(ImagePickerMixin, admin.ModelAdmin):
    """Edit the profiles of authors."""

    form = AuthorForm
    inlines = (QualificationInline, ProfileLinkInline)
    list_display = ("name", "credentials", "job_title", "position")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "credentials", "job_title", "portrait")}),
        ("About", {"fields": ("short_bio", "long_bio", "expertise")}),
        ("More", {"fields": ("slug", "user", "position")}),
    )
