"""The form field in which a text is written."""

from typing import Any

from django.conf import settings
from django_prose_editor.fields import ProseEditorFormField
from django_prose_editor.widgets import AdminProseEditorWidget

from richtext.embeds import RenderTarget
from richtext.rendering import render
from richtext.sanitizer import sanitize

# The editor can make exactly what prose's subset holds.
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
    # Numbering by letters has no place in the subset.
    "OrderedList": {"enableListAttributes": False},
    "ListItem": True,
    "Blockquote": True,
    "CodeBlock": True,
    "HardBreak": True,
    # After a table, box or picture at the end there is always a line to go on in; cleaning drops it again.
    "TrailingNode": True,
    "HorizontalRule": True,
    "TitledTable": True,
    "TableRow": True,
    "TableHeader": True,
    "TableCell": True,
    "LibraryFigure": True,
    "Embed": True,
    "Video": True,
    "Callout": True,
    "Question": True,
    "QuestionTitle": True,
    "Fullscreen": True,
    "CleanPaste": True,
    "Find": True,
    "WordCount": True,
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
# For a few words beside the text: nothing larger than a list.
SHORT_TEXT = {
    name: EXTENSIONS[name]
    for name in (
        "Bold",
        "Italic",
        "SiteLink",
        "BulletList",
        "OrderedList",
        "ListItem",
        "HardBreak",
        "CleanPaste",
        "ToolbarLabels",
    )
} | {"Menu": {"groups": [{"group": "marks"}, {"group": "link"}, {"group": "lists"}, {"group": "history"}]}}


class RichTextField(ProseEditorFormField):
    """A text of the site: shown in the editor with its pictures, cleaned by prose whatever was sent."""

    def __init__(self, *, extensions: dict[str, Any] = EXTENSIONS, **kwargs: Any) -> None:
        kwargs["widget"] = AdminProseEditorWidget
        super().__init__(extensions=extensions, config={}, sanitize=sanitize, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """The stored text with its pictures filled in; what the author sent comes back untouched."""
        if not isinstance(value, str) or not value:
            return value
        # A plain text again: as safe markup it would stand unescaped in its textarea, and lose every typed “<”.
        return "".join([render(sanitize(value), RenderTarget.EDITOR)])
