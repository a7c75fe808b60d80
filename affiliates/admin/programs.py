"""Admin for affiliate programs and sponsored posts."""

from django import forms
from django.contrib import admin
from django.db.models import TextField

from affiliates.models import (
    Program,
    Sponsorship,
)


@admin.register(Program)
class ProgramAdmin(admin.ModelAdmin):
    """Affiliate programs and their rules."""

    list_display = ("name", "network", "tag", "allows_redirect", "allows_email", "allows_bots")
    search_fields = ("name__contains_folded", "hosts__contains_folded")
    formfield_overrides = {TextField: {"widget": forms.Textarea(attrs={"rows": 3, "cols": 80})}}
    fieldsets = (
        (None, {"fields": ("name", "network", "hosts", "tag", "tag_parameter")}),
        ("Rules", {"fields": ("allows_redirect", "allows_email", "allows_bots", "price_hours")}),
        ("Disclosure", {"fields": ("disclosure", "statements")}),
    )


@admin.register(Sponsorship)
class SponsorshipAdmin(admin.ModelAdmin):
    """Sponsored posts. Insert one in a post with “Product” in the toolbar."""

    list_display = ("brand", "kind")
    search_fields = ("brand__contains_folded",)
    fields = ("brand", "kind", "hosts", "note")
