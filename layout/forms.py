"""The form for a block. The admin limits it to the fields of the block's type."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from layout.link_targets import MAX_URL_LENGTH
from layout.models import Block
from richtext.analysis import analyze
from richtext.forms import SHORT_TEXT, RichTextField


class BlockForm(forms.ModelForm):
    """A block with its link as a URL, whatever it points to."""

    link = forms.CharField(
        label="link",
        max_length=MAX_URL_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="A path on this site, such as /about/, or a URL starting with https:// or mailto:. "
        "Links to pages, posts and categories stay correct when their URL changes.",
    )
    text = RichTextField(
        extensions=SHORT_TEXT, required=False, help_text="A few sentences, with links and lists if you like."
    )

    class Meta:
        model = Block
        fields = ("title", "image", "text", "max_items", "is_shown")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show the current link."""
        super().__init__(*args, **kwargs)
        self.initial.setdefault("link", self.instance.href)

    def clean_link(self) -> str:
        """Point the block at the link."""
        url: str = self.cleaned_data["link"].strip()
        self.instance.set_link(url)
        return url

    def clean_text(self) -> str:
        """Reject images and other embeds."""
        text: str = self.cleaned_data["text"]
        if text and analyze(text).embeds:
            raise ValidationError("Text blocks may contain text, links and lists. Use an image block for images.")
        return text
