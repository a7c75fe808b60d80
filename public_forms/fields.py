"""What a reader may type: words, not signs that nobody sees."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

# Control characters other than tab and line end, and those that turn the direction of what follows (Unicode TR 36,
# "bidirectional text spoofing"). The plain marks of right-to-left writing, U+200E and U+200F, are fine.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def visible(text: str) -> str:
    """`text` without signs that nobody sees, its line ends as \\n."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class Visible(forms.CharField):
    """A text of a reader. Unseen signs are an error, and are gone from the text that is shown again."""

    default_error_messages = {
        "max_length": "This has %(show_value)d characters, and %(limit_value)d fit. Please shorten it."
    }

    def to_python(self, value: Any) -> Any:
        """The text as the kind of field has it; ValidationError if it holds unseen signs."""
        text = str(value or "")
        shown = visible(text)
        if len(shown) != len(text.replace("\r\n", "\n")):
            raise ValidationError(
                "This held characters that nobody can see. They are taken out now: please look at it and send it again."
            )
        return super().to_python(shown)

    def bound_data(self, data: Any, initial: Any) -> Any:
        return visible(data) if isinstance(data, str) else data


class WordsField(Visible):
    """A line, or a text of about `rows` lines."""

    def __init__(self, *, rows: int = 0, autocomplete: str = "off", **kwargs: Any) -> None:
        attrs: dict[str, Any] = {"autocomplete": autocomplete} | ({"rows": rows} if rows else {})
        super().__init__(widget=(forms.Textarea if rows else forms.TextInput)(attrs=attrs), **kwargs)


class LinkField(Visible, forms.URLField):
    """The address of a page; https:// may be left out."""

    default_error_messages = {"invalid": "This is no address of a page. It looks like https://example.org/study."}

    def __init__(self, **kwargs: Any) -> None:
        # Browsers' own check of a url field refuses an address without https://.
        widget = forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"})
        super().__init__(assume_scheme="https", widget=widget, **kwargs)


class MailField(Visible, forms.EmailField):
    """An e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        # Django's own message for this comes with the validator, which outranks a class's default.
        messages = {"invalid": "This is no complete e-mail address. It looks like name@example.org."}
        widget = forms.EmailInput(attrs={"autocomplete": "email"})
        super().__init__(max_length=254, error_messages=messages, widget=widget, **kwargs)
