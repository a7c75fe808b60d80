"""The admin for the publishing rules: a severity for each check of the checklist."""

from typing import Any

from django import forms
from django.contrib import admin
from solo.admin import SingletonModelAdmin

from blog.checklist import CHECKS, Check, severity_of
from blog.models import PublishingRules, Severity


class RulesForm(forms.ModelForm):
    """A form with a field for each check. The fields are added below."""

    class Meta:
        """No model fields, since every field belongs to a check."""

        model = PublishingRules
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {check.id: severity_of(check, self.instance) for check in CHECKS}

    def clean(self) -> dict[str, Any]:
        """Store the severities."""
        cleaned = super().clean() or {}
        self.instance.severities = {check.id: cleaned.get(check.id, check.severity) for check in CHECKS}
        return cleaned


def _severity_field(check: Check) -> forms.ChoiceField:
    default = f"Default: {check.severity.label.lower()}."
    return forms.ChoiceField(choices=Severity, label=check.title, help_text=default, widget=forms.RadioSelect)


@admin.register(PublishingRules)
class PublishingRulesAdmin(SingletonModelAdmin):
    """The owner's choice of what blocks publishing."""

    form = type("RulesFormWithChecks", (RulesForm,), {check.id: _severity_field(check) for check in CHECKS})
    fieldsets = (
        (
            "Before a post is published",
            {
                "fields": [check.id for check in CHECKS],
                "description": "“Block” prevents publishing until the problem is fixed. “Warn” only lists it.",
            },
        ),
    )
