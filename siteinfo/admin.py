"""Admin for the site information."""

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import Script
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe
from solo.admin import SingletonModelAdmin

from siteinfo.models import Appearance, SiteInfo, SocialLink


class _AppearanceForm(forms.ModelForm):
    class Meta:
        model = Appearance
        fields = ("main_color", "accent_color", "fonts")


class SocialLinkInline(admin.TabularInline):
    """Social profiles, edited together with the site information."""

    model = SocialLink
    extra = 0


@admin.register(SiteInfo)
class SiteInfoAdmin(SingletonModelAdmin):
    """The site information on one form."""

    inlines = (SocialLinkInline,)
    fieldsets = (
        ("About the site", {"fields": ("name", "tagline", "description", "email", "booking_url")}),
        ("Home page", {"fields": ("hero_title", "hero_text", "help_line")}),
        ("Every page", {"fields": ("signup_paragraph", "footer_note")}),
        ("Feeds", {"fields": ("feed_content",)}),
        (
            "Search engines and AI crawlers",
            {
                "fields": (
                    "published_by",
                    "hides_from_search",
                    "uses_indexnow",
                    "disallow_ai_training",
                    "disallow_ai_answers",
                )
            },
        ),
    )


@admin.register(Appearance)
class AppearanceAdmin(SingletonModelAdmin):
    """The colors and fonts of public pages, with a preview that follows the form."""

    fields = ("main_color", "accent_color", "fonts", "covers", "has_drawings")
    change_form_template = "admin/siteinfo/appearance/change_form.html"

    class Media:
        js = (Script("admin_theme/appearance.js", type="module"),)

    def get_urls(self) -> list[URLPattern]:
        """Add the values for the preview."""
        view = self.admin_site.admin_view(self.preview)
        return [path("preview/", view, name="siteinfo_appearance_preview"), *super().get_urls()]

    @method_decorator(require_safe)
    def preview(self, request: HttpRequest) -> JsonResponse:
        """Return the tokens of the choices in the form, or what is wrong with them."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = _AppearanceForm(request.GET)
        if not form.is_valid():
            problems = {name: errors[0] for name, errors in form.errors.items()}
            return JsonResponse({"problems": problems, "colors": {}, "fonts": {}})
        chosen = form.instance
        return JsonResponse({"problems": {}, "colors": chosen.tokens(), "fonts": chosen.families()})
