"""The form field for rich text."""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget

from richtext.analysis import analyze
from richtext.embeds import RenderTarget
from richtext.problems import read_or
from richtext.rendering import render
from richtext.sanitizer import sanitize

log = logging.getLogger(__name__)

# The editor can produce exactly what the schema allows.
EXTENSIONS: dict[str, Any] = {
    "Bold": True,
    "Italic": True,
    "Strike": True,
    "Superscript": True,
    "Subscript": True,
    "Code": True,
    "SiteLink": {
        "enableTarget": False,
        "protocols": ["http", "https", "mailto", "tel"],
        "site": settings.SITE_URL,
    },
    "StableHeading": {"levels": [2, 3, 4]},
    "BulletList": True,
    "OrderedList": True,
    "ListItem": True,
    "ItemNumber": True,
    "Targets": True,
    "Abbreviation": True,
    "Language": True,
    "Blockquote": True,
    "CodeBlock": True,
    "HardBreak": True,
    # Offers an empty line after a table, callout or image at the end. The sanitizer drops it.
    "TrailingNode": True,
    "HorizontalRule": True,
    "TitledTable": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "LibraryFigure": True,
    "ImageUpload": True,
    "Embed": True,
    "Video": True,
    "Callout": True,
    "Citation": True,
    "ButtonLink": {"site": settings.SITE_URL},
    "Question": True,
    "QuestionTitle": True,
    "Fullscreen": True,
    "CleanPaste": True,
    "Find": True,
    "WordCount": True,
    "TypedList": True,
    "SlashMenu": True,
    "VisibleCursor": True,
    "KeyboardHelp": True,
    "ToolbarLabels": True,
    "NoSpellCheck": False,
    "Menu": {
        "groups": [
            {"group": "headings"},
            {"group": "marks"},
            {"group": "link"},
            {"group": "lists"},
            {"group": "nodes -blockType -lists"},
            {"group": "table"},
            {"group": "history"},
            {"group": "utility"},
        ]
    },
}
# For short texts: nothing larger than a list.
SHORT_TEXT = {
    name: EXTENSIONS[name]
    for name in (
        "Bold",
        "Italic",
        "SiteLink",
        "BulletList",
        "OrderedList",
        "ListItem",
        "ItemNumber",
        "TypedList",
        "HardBreak",
        "CleanPaste",
        "ToolbarLabels",
    )
} | {"Menu": {"groups": [{"group": "marks"}, {"group": "link"}, {"group": "lists"}, {"group": "history"}]}}


# About 150,000 words. Longer texts come from images pasted as data, and would slow down every page with them.
MAX_LENGTH = 1_000_000


class RichTextField(ProseEditorFormField):  # type: ignore[misc]  # a library without types
    """Rich text: shown in the editor with its images, and sanitized when posted."""

    default_error_messages = {
        "too_long": f"This text is longer than {MAX_LENGTH:,} characters, including its formatting. Nothing was saved."
        " Your text is still here. Split it into several parts, and add images from the image library instead of"
        " pasting them.",
        "unreadable": "This text cannot be saved, because it cannot be read (%(error)s). Your text is still here."
        " Remove or simplify what you added last, such as a table or something that you pasted, and save again.",
    }

    def __init__(self, *, extensions: dict[str, Any] = EXTENSIONS, **kwargs: Any) -> None:
        kwargs["widget"] = AdminProseEditorWidget
        super().__init__(extensions=extensions, config={}, sanitize=sanitize, **kwargs)

    def clean(self, value: Any) -> Any:
        """Sanitize a posted text. Raises ValidationError if it is too long, or if reading it raises an error."""
        if isinstance(value, str) and len(value) > MAX_LENGTH:
            raise ValidationError(self.error_messages["too_long"], code="too_long")
        try:
            cleaned = super().clean(value)
            if isinstance(cleaned, str):
                # Saving the row needs it, and the result is stored until then.
                analyze(cleaned)
        except ValidationError:
            raise
        except Exception as error:
            log.exception("A posted text cannot be read")
            message, name = self.error_messages["unreadable"], type(error).__name__
            raise ValidationError(message, code="unreadable", params={"error": name}) from error
        return cleaned

    def prepare_value(self, value: Any) -> Any:
        """Fill the embeds of a text. One that raises an error is returned as it is, so that it can be corrected."""
        if not isinstance(value, str) or not value or len(value) > MAX_LENGTH:
            return value
        # A plain str, because a SafeString would not be escaped in the textarea and lose every typed “<”.
        return read_or(value, lambda: "".join([render(sanitize(value), RenderTarget.EDITOR)]))
