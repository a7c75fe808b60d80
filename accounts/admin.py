"""People on the writing desk: accounts, and the author profiles that readers see."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import Author, ProfileLink, Qualification, User
from images.admin import WithImagePicker
from richtext.forms import RichTextField

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """People who may do the same."""

    def get_form(self, request: HttpRequest, obj: Group | None = None, change: bool = False, **kwargs: Any) -> Any:
        words = {"name": "Such as “Guest authors”.", "permissions": "What everybody in this group may do."}
        return super().get_form(request, obj, change, **{**kwargs, "help_texts": words})


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    ordering = ("email",)
    list_display = ("email", "name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "joined_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (
            "What this person may do",
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        ("Times", {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "password1", "password2")}),)


class AuthorForm(forms.ModelForm):
    """An author's profile, the long text written in the editor."""

    long_bio = RichTextField(label="About you", required=False, help_text="The author page.")

    class Meta:
        model = Author
        exclude = ()  # noqa: DJ006 - the admin's fieldsets choose


class QualificationInline(admin.TabularInline):
    model = Qualification
    extra = 0


class ProfileLinkInline(admin.TabularInline):
    model = ProfileLink
    extra = 0


@admin.register(Author)
class AuthorAdmin(WithImagePicker, admin.ModelAdmin):
    form = AuthorForm
    inlines = (QualificationInline, ProfileLinkInline)
    list_display = ("name", "credentials", "job_title", "position")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "credentials", "job_title", "photo")}),
        ("About", {"fields": ("short_bio", "long_bio", "expertise")}),
        ("More", {"fields": ("slug", "user", "position")}),
    )
