"""The form of one item: only what its kind uses is asked."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from layout.link_targets import LONGEST
from layout.models import Item
from richtext.analysis import analyze
from richtext.forms import SHORT_TEXT, RichTextField


class ItemForm(forms.ModelForm):
    """An item with the address that it leads to, whatever lies there."""

    leads_to = forms.CharField(
        label="leads to",
        max_length=LONGEST,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="An address of this site such as /about/, or another one with https:// or mailto: in front. "
        "A page, post or category is followed when its address changes.",
    )
    text = RichTextField(
        extensions=SHORT_TEXT, required=False, help_text="A few words, with links and lists if you like."
    )

    class Meta:
        model = Item
        fields = ("title", "image", "text", "number", "is_shown")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("leads_to", self.instance.leads_to)

    def clean_leads_to(self) -> str:
        """Let the item lead there."""
        address: str = self.cleaned_data["leads_to"].strip()
        self.instance.point_at(address)
        return address

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if text and analyze(text).embeds:
            raise ValidationError("Here stand words, links and lists only. A picture has a box of its own.")
        return text
