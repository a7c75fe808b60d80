"""Form fields for text from visitors, without control characters."""

from typing import Any
from unicodedata import category

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import normalize_newlines

from plaintext.characters import strip_control_characters, strip_invisible_characters


class VisibleTextMixin(forms.CharField):
    """Remove characters that are invisible, and reject those that nobody can have copied from a text."""

    default_error_messages = {
        "max_length": "This is %(show_value)d characters long; the limit is %(limit_value)d. Please shorten it."
    }

    def to_python(self, value: Any) -> Any:
        """Return the text without invisible characters. Raise ValidationError if it contained control codes."""
        text = str(value or "")
        visible = self.strip_invisible(text)
        removed = set(normalize_newlines(text)) - set(visible)
        # Marks for the direction of text come along when it is copied. Only programs send control codes.
        if any(category(character) not in ("Cf", "Zs", "Zl", "Zp") for character in removed):
            raise ValidationError("We removed invisible characters from this field. Please check it and send it again.")
        return super().to_python(visible)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the submitted text without control characters."""
        return self.strip_invisible(data) if isinstance(data, str) else data

    def strip_invisible(self, text: str) -> str:
        """Return `text` without the characters that this field does not accept."""
        return strip_control_characters(normalize_newlines(text))


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

    def strip_invisible(self, text: str) -> str:
        """Return `text` without zero-width characters too. No email address contains them."""
        return strip_invisible_characters(text)
