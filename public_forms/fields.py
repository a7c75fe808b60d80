"""Form fields for text from visitors, without control characters."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import normalize_newlines

from plaintext.characters import strip_control_characters


class VisibleTextMixin(forms.CharField):
    """Reject control characters, and remove them from the text shown again."""

    default_error_messages = {
        "max_length": "This is %(show_value)d characters long; the limit is %(limit_value)d. Please shorten it."
    }

    def to_python(self, value: Any) -> Any:
        """Return the cleaned value. Raises ValidationError if it contained control characters."""
        text = normalize_newlines(str(value or ""))
        visible = strip_control_characters(text)
        if visible != text:
            raise ValidationError("We removed invisible characters from this field. Please check it and send it again.")
        return super().to_python(visible)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the submitted text without control characters."""
        return strip_control_characters(normalize_newlines(data)) if isinstance(data, str) else data


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
