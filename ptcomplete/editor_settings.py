"""The extensions of the editor, by the module that defines them in `static/richtext/`."""

from django_prose_editor.config import html_tags
from js_asset import static_lazy

EDITOR_EXTENSIONS = [
    {"js": [static_lazy(f"richtext/{module}.js")], "extensions": {name: html_tags([]) for name in names}}
    for module, names in {
        "button": ("ButtonLink",),
        "callout": ("Callout",),
        "citation": ("Citation",),
        "embed": ("Embed",),
        "figure": ("LibraryFigure",),
        "find": ("Find",),
        "heading": ("StableHeading",),
        "image-upload": ("ImageUpload",),
        "item-number": ("ItemNumber",),
        "keyboard-help": ("KeyboardHelp",),
        "link": ("SiteLink",),
        "paste": ("CleanPaste",),
        "question": ("Question", "QuestionTitle"),
        "slash-menu": ("SlashMenu",),
        "table": ("TitledTable",),
        "targets": ("Targets", "Abbreviation", "Language"),
        "toolbar": ("ToolbarLabels",),
        "typed-list": ("TypedList",),
        "video": ("Video",),
        "word-count": ("WordCount",),
        "visible-cursor": ("VisibleCursor",),
    }.items()
]
