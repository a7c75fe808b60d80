"""Admin pages for users and authors."""

from typing import Any

import allauth.account.admin  # registers what is unregistered below
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401
from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import ActionLocation
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.decorators import method_decorator

from accounts.models import AccountEmail, AuditEvent, Author, ProfileLink, Qualification, User
from accounts.roles import EXPLANATIONS, Role
from accounts.second_factor import reset_second_factors, with_second_factor
from images.admin import ImagePickerMixin
from richtext.forms import RichTextField
from siteinfo.local_time import format_moment

# Roles replace groups. The other models belong to django-allauth, whose pages are in accounts.pages.
admin.site.unregister([Group, EmailAddress, Authenticator, UserSession])


def _role_choices() -> list[tuple[str, str]]:
    return [(each.value, f"{each.label}. {EXPLANATIONS[each]}") for each in Role]


class InvitationForm(forms.ModelForm):
    """Invite a person, who gets an email with a link to set a password."""

    role = forms.ChoiceField(
        choices=_role_choices, widget=forms.RadioSelect, help_text="You can change it at any time."
    )

    class Meta:
        model = User
        fields = ("email", "name", "role")
        help_texts = {"email": "The invitation is sent to this address. It is also used to sign in."}

    def clean_email(self) -> str:
        """Return the email address in lower case, as it is stored."""
        return str(self.cleaned_data["email"]).strip().lower()

    def save(self, commit: bool = True) -> User:
        """Store the user without a password."""
        self.instance.set_role(self.cleaned_data["role"])
        self.instance.set_unusable_password()
        return super().save(commit)


class UserForm(UserChangeForm):
    """Edit a person and their role."""

    class Meta:
        model = User
        exclude = ()
        widgets = {"role": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            role: Any = self.fields["role"]
            role.choices = [*_role_choices(), ("", "No role. Cannot sign in to the admin.")]

    def clean(self) -> dict[str, Any]:
        """Refuse to leave the site without an owner."""
        cleaned = super().clean() or {}
        stays_owner = cleaned.get("role") == Role.OWNER and cleaned.get("is_active", True)
        saved = User.objects.filter(pk=self.instance.pk).first()
        if "role" in self.fields and not stays_owner and saved and saved.is_only_owner:
            self.add_error("role", "This is the only owner. Make someone else an owner first.")
        return cleaned

    def _post_clean(self) -> None:
        """Set the permissions that come with the role, before the model is validated."""
        if "role" in self.changed_data and "role" in self.cleaned_data:
            self.instance.set_role(self.cleaned_data["role"])
        super()._post_clean()  # type: ignore[misc]


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Edit people who sign in with their email address. Only owners can change others."""

    form = UserForm
    ordering = ("email",)
    list_display = ("email", "name", "role", "is_active", "has_second_factor", "last_sign_in")
    list_filter = ("role", "is_active")
    search_fields = ("email__contains_folded", "name__contains_folded")
    readonly_fields = ("last_sign_in", "joined_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Access", {"fields": ("role", "is_active")}),
        ("Dates", {"fields": ("last_sign_in", "joined_at")}),
    )
    add_form = InvitationForm
    add_form_template = "admin/change_form.html"
    add_fieldsets = ((None, {"fields": ("email", "name", "role")}),)
    actions = ("invite_again", "reset_factors")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Let only owners invite people."""
        return super().has_add_permission(request) and request.user.is_superuser

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """Title the form “Invite a person”."""
        return super().add_view(request, form_url, {"title": "Invite a person", **(extra_context or {})})

    @method_decorator(reauthentication_required(allow_get=True))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Invite a person or change an account. Both need a recent sign-in."""
        return super().changeform_view(request, *args, **kwargs)

    @method_decorator(reauthentication_required(allow_get=True))
    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Delete an account, which needs a recent sign-in."""
        return super().delete_view(request, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Set someone's password, which needs a recent sign-in."""
        if request.method == "POST" and get_adapter().is_reauthentication_required(app=""):
            # Continuing this request afterwards would store the password that was typed in the session.
            return HttpResponseRedirect(request.path)
        view = reauthentication_required(super().user_change_password)
        return view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the user, record a new role, and send the invitation to a new one."""
        super().save_model(request, obj, form, change)
        subject = f"{obj.email}: {obj.get_role_display() or 'no role'}"
        if not change:
            self._invite(request, obj)
        elif {"role", "is_active"} & set(form.changed_data):
            subject += "" if obj.is_active else ", not active"
            AuditEvent.objects.record(AuditEvent.Kind.ROLE, request=request, user=_user_of(request), subject=subject)

    @admin.display(description="last sign-in", ordering="last_login")
    def last_sign_in(self, user: User) -> str:
        """Return when the user last signed in."""
        return format_moment(user.last_login) if user.last_login else "Never"

    def _invite(self, request: HttpRequest, user: User) -> None:
        inviter = _user_of(request)
        AccountEmail.objects.create(email=user.email, kind=AccountEmail.Kind.INVITATION, inviter=inviter)
        subject = f"{user.email}: {user.get_role_display()}"
        AuditEvent.objects.record(AuditEvent.Kind.INVITED, request=request, user=inviter, subject=subject)
        self.message_user(request, f"The invitation to {user.email} is on its way.", messages.SUCCESS)

    @admin.action(description="Send the invitation again", permissions=["add"])
    def invite_again(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Send a new link to the selected people who have a role and no password yet."""
        for user in queryset.exclude(role=""):
            if user.has_usable_password():
                self.message_user(request, f"No email was sent to {user.email}, who has a password.", messages.WARNING)
            else:
                self._invite(request, user)

    @admin.action(description="Reset second factors", permissions=["reset"])
    @method_decorator(reauthentication_required)
    def reset_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Remove the second factors of people who have lost them."""
        for user in queryset:
            if reset_second_factors(user, how="by an owner of the site", request=request):
                text = f"Removed the second factors of {user.email}, who can now sign in with the password alone."
                self.message_user(request, text, messages.SUCCESS)
            else:
                self.message_user(request, f"Nothing to remove: {user.email} has no second factor.", messages.WARNING)

    def has_reset_permission(self, request: HttpRequest) -> bool:
        """Let only owners reset second factors."""
        return request.user.is_superuser

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Add whether each person has a second factor."""
        return with_second_factor(super().get_queryset(request))

    @admin.display(description="second factor", boolean=True)
    def has_second_factor(self, user: Any) -> bool:
        """Return whether the user has a passkey or an authenticator app."""
        return bool(user.has_second_factor)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Let only owners choose the role."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or request.user.is_superuser:
            return fieldsets
        return [(title, options) for title, options in fieldsets if title != "Access"]

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let owners change everyone, and others with the permission only themselves and people who cannot sign in."""
        return super().has_change_permission(request, obj) and self._is_below(request, obj, or_self=True)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Never allow deleting the only owner."""
        if obj is not None and obj.is_only_owner:
            return False
        return super().has_delete_permission(request, obj) and self._is_below(request, obj)

    def _is_below(self, request: HttpRequest, user: User | None, *, or_self: bool = False) -> bool:
        if user is None or request.user.is_superuser:
            return True
        has_no_access = not (user.is_staff or user.is_superuser)
        return has_no_access or (or_self and user.pk == request.user.pk)

    def get_actions(
        self, request: HttpRequest, action_location: ActionLocation = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """Remove the bulk delete action, because each deletion is checked separately."""
        actions = super().get_actions(request, action_location)
        actions.pop("delete_selected", None)
        return actions


def _user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the admin requires a user
    return request.user


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
    """Edit the profiles of authors and reviewers."""

    form = AuthorForm
    inlines = (QualificationInline, ProfileLinkInline)
    list_display = ("name", "credentials", "job_title", "position")
    search_fields = ("name__contains_folded",)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "credentials", "job_title", "portrait")}),
        ("About", {"fields": ("short_bio", "long_bio", "expertise", "competing_interests")}),
        ("More", {"fields": ("slug", "user", "position")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Author | None = None) -> Any:
        """Let only owners choose an author's user, and only users with the permission the place in lists."""
        hidden = set() if request.user.is_superuser else {"user"}
        if not super().has_change_permission(request):
            hidden |= {"position"}
        return [
            (title, {**options, "fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def _is_own(self, request: HttpRequest, author: Author | None) -> bool:
        """Return whether the profile belongs to the user, who must write posts."""
        if not request.user.has_perm("blog.add_post"):
            return False
        return author is None or author.user_id == request.user.pk

    def has_view_permission(self, request: HttpRequest, obj: Author | None = None) -> bool:
        """Let writers see their own profile."""
        return super().has_view_permission(request, obj) or self._is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Author | None = None) -> bool:
        """Let writers change their own profile."""
        return super().has_change_permission(request, obj) or self._is_own(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Author]:
        """Return all profiles, or the user's own."""
        queryset: QuerySet[Author] = super().get_queryset(request)
        return queryset if super().has_view_permission(request) else queryset.filter(user=request.user.pk)


@admin.register(AuditEvent)
class AuditEventAdmin(admin.ModelAdmin):
    """The audit log, read-only."""

    row_names = "event,events"
    list_display = ("created_at", "kind", "user_email", "subject", "network")
    list_display_links = None
    list_filter = ("kind", "created_at")
    search_fields = ("user_email__contains_folded", "subject__contains_folded")
    search_help_text = "Search people and changes"
    date_hierarchy = "created_at"
    show_full_result_count = False
    list_per_page = 100

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: events are recorded where things happen."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        """Return False: the log is append-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEvent | None = None) -> bool:
        """Return False: the worker deletes old events."""
        return False
