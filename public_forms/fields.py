"""Form fields for text from visitors, without control characters and bidirectional overrides."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

# Control characters except tab and newline, and characters that reverse the text after them (Unicode TR 36,
# "bidirectional text spoofing"). The marks of right-to-left writing, U+200E and U+200F, are allowed.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def strip_invisible(text: str) -> str:
    r"""Return `text` without invisible characters, its line endings as \n."""
    return _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class VisibleTextMixin(forms.CharField):
    """Reject invisible characters, and remove them from the text shown again."""

    default_error_messages = {
        "max_length": "This is %(show_value)d characters long; the limit is %(limit_value)d. Please shorten it."
    }

    def to_python(self, value: Any) -> Any:
        """Return the cleaned value. Raises ValidationError if it contained invisible characters."""
        text = str(value or "")
        visible = strip_invisible(text)
        if len(visible) != len(text.replace("\r\n", "\n")):
            raise ValidationError("We removed invisible characters from this field. Please check it and send it again.")
        return super().to_python(visible)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the submitted text without invisible characters."""
        return strip_invisible(data) if isinstance(data, str) else data


class PlainTextField(VisibleTextMixin):
    """A single line, or a text area of `rows` lines."""

    def __init__(self, *, rows: int = 0, autocomplete: str = "off", **kwargs: Any) -> None:
        attrs: dict[str, Any] = {"autocomplete": autocomplete}
        widget: forms.Widget = forms.TextInput(attrs=attrs)
        if rows:
            widget = forms.Textarea(attrs=attrs | {"rows": rows})
        super().__init__(widget=widget, **kwargs)


class LinkField(VisibleTextMixin, forms.URLField):
    """A URL. The scheme may be omitted."""

    default_error_messages = {"invalid": "Enter a valid URL, such as https://example.org/study."}

    def __init__(self, **kwargs: Any) -> None:
        # Browsers refuse a URL without a scheme in a url input.
        widget = forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"})
        super().__init__(assume_scheme="https", widget=widget, **kwargs)


class EmailField(VisibleTextMixin, forms.EmailField):
    """An email address."""

    def __init__(self, **kwargs: Any) -> None:
        # The validator's message takes precedence over the class's defaults, so it is set on the instance.
        messages = {"invalid": "Enter a complete email address, such as name@example.org."}
        widget = forms.EmailInput(attrs={"autocomplete": "email"})
        super().__init__(max_length=254, error_messages=messages, widget=widget, **kwargs)
