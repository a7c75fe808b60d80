"""The forms of an import in the admin: which files, and the few questions that the files do not answer."""

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from accounts.models import Author
from plaintext.folding import fold
from wordpress.answers import AnswerError, Answers, parse_base, parse_hosts
from wordpress.files import check_uploads, media_folder
from wordpress.models import ImportRun

NEW_AUTHOR = "new"
ACCEPTED = ".xml,.wxr,.gz,.zip,application/xml,text/xml,application/zip,application/gzip"


class MultipleFileInput(forms.FileInput):
    """A file input for several files. Files can be dropped on it, without a script."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files."""

    widget = MultipleFileInput(attrs={"accept": ACCEPTED, "aria-describedby": "id_uploads_helptext"})

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return a list of files. Raise ValidationError if they are too many or too large."""
        chosen: Sequence[UploadedFile] = data if isinstance(data, list | tuple) else [data] if data else []
        files = [super(FilesField, self).clean(file, initial) for file in chosen]
        if not files:
            raise ValidationError("Choose the file that you downloaded from WordPress.")
        check_uploads(files)
        return files


class UploadForm(forms.Form):
    """Ask for the files."""

    uploads = FilesField(
        label="Files from WordPress",
        help_text="Choose the export (.xml, .zip or .gz), or all its parts, and the ZIP of your images together. Or"
        " drop them here.",
    )


class QuestionsForm(forms.Form):
    """Ask what the files do not say."""

    as_drafts = forms.BooleanField(
        required=False,
        label="Import everything as drafts first",
        label_suffix="",
        help_text="Nothing is public until you publish it. Otherwise what was public in WordPress is public here.",
    )
    images = forms.ChoiceField(
        required=False,
        label="Where your images and files are",
        widget=forms.RadioSelect,
    )

    hosts = forms.CharField(
        required=False,
        max_length=500,
        label="Other addresses of the old site",
        help_text="Links to them are led here too. Separate them by spaces, such as: old-name.example shop.example",
    )
    category_base = forms.CharField(
        required=False,
        max_length=100,
        label="Word before categories in old URLs",
        help_text="If you changed it in WordPress under Settings → Permalinks, such as “topics” in /topics/back-pain/.",
    )
    tag_base = forms.CharField(required=False, max_length=100, label="Word before tags in old URLs")
    # These fields are shown only on request.
    RARE = ("hosts", "category_base", "tag_base")

    def __init__(self, *args: Any, run: ImportRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run = run
        self._add_types()
        if run.preview.get("local_times"):
            self.fields["time_zone"] = self._time_zone_field()
        media = self.fields["images"]
        assert isinstance(media, forms.ChoiceField)
        media.choices = media_choices(run)
        media.initial = media.choices[0][0]
        existing = list(Author.objects.order_by("name"))
        for author in run.preview.get("authors", []):
            self.fields[f"author_{author['key']}"] = self._author_field(author, existing)

    def _add_types(self) -> None:
        self._types: list[tuple[str, int]] = self.run.preview.get("custom_types", [])
        for number, (kind, count) in enumerate(self._types):
            self.fields[f"type_{number}"] = forms.ChoiceField(
                required=False,
                label=f"“{kind}”",
                help_text=f"{count} text{'' if count == 1 else 's'} of a type that a plugin or theme added.",
                choices=[("", "Do not import"), ("post", "Import as posts"), ("page", "Import as pages")],
            )

    def _time_zone_field(self) -> forms.ChoiceField:
        preview = self.run.preview
        seen = f"As the other dates in the files show: {', '.join(preview['offsets'][:3])}"
        count = preview["local_times"]
        own = timezone.get_current_timezone_name()
        return forms.ChoiceField(
            required=False,
            label="Time zone of the old site",
            help_text=f"{count} published text{' has' if count == 1 else 's have'} only the local time.",
            choices=[
                *([("", seen)] if preview["offsets"] else []),
                (own, f"That of this site: {own}"),
                *((name, name) for name in sorted(available_timezones()) if "/" in name and name != own),
            ],
        )

    def clean_hosts(self) -> tuple[str, ...]:
        """Return the hosts."""
        return _parsed(parse_hosts, self.cleaned_data["hosts"])

    def clean_category_base(self) -> str:
        """Return the word without slashes."""
        return _parsed(parse_base, self.cleaned_data["category_base"])

    def clean_tag_base(self) -> str:
        """Return the word without slashes."""
        return _parsed(parse_base, self.cleaned_data["tag_base"])

    def _author_field(self, author: dict[str, Any], existing: list[Author]) -> forms.ChoiceField:
        name = author["name"] or "an author without a name"
        same = next((row for row in existing if author["name"] and fold(row.name) == fold(author["name"])), None)
        posts = f"{author['posts']} text{'' if author['posts'] == 1 else 's'}"
        return forms.ChoiceField(
            required=False,
            label=f"Texts by {name}",
            help_text=posts,
            choices=[
                *([] if same else [(NEW_AUTHOR, f"A new author, {author['name'] or 'to be named later'}")]),
                *((str(row.pk), row.name) for row in existing),
            ],
            initial=str(same.pk) if same else NEW_AUTHOR,
        )

    def author_fields(self) -> list[forms.BoundField]:
        """Return the questions about authors."""
        return [self[name] for name in self.fields if name.startswith("author_")]

    def other_fields(self) -> list[forms.BoundField]:
        """Return the questions that only some files raise: about types of texts and the time zone."""
        return [self[name] for name in self.fields if name.startswith("type_") or name == "time_zone"]

    def rare_fields(self) -> list[forms.BoundField]:
        """Return the questions that few sites need."""
        return [self[name] for name in self.RARE]

    def options(self) -> dict[str, Any]:
        """Return the answers for `ImportRun.options`."""
        authors = {
            name.removeprefix("author_"): int(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("author_") and value.isdecimal()
        }
        types = {kind: self.cleaned_data[f"type_{at}"] for at, (kind, _) in enumerate(self._types)}
        answers = Answers(
            types={kind: target for kind, target in types.items() if target},
            time_zone=self.cleaned_data.get("time_zone", ""),
            **{name: self.cleaned_data[name] for name in self.RARE},
        )
        return answers.options() | {
            "as_drafts": self.cleaned_data["as_drafts"],
            "authors": authors,
            "media": self.cleaned_data["images"],
        }


def _parsed[T](parse: Callable[[str], T], text: str) -> T:
    try:
        return parse(text)
    except AnswerError as error:
        raise ValidationError(str(error)) from error


def media_choices(run: ImportRun) -> list[tuple[str, str]]:
    """Return the places where the images can be: uploaded, on the server, on the old site, or nowhere."""
    uploaded = [file["name"] for file in run.files if file.get("is_media")]
    choices = [("upload", f"In the file {', '.join(uploaded)}")] if uploaded else []
    folder = media_folder()
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    choices += [(f"server:{name}", f"On this server: {name}") for name in found if not name.startswith(".")]
    sites: list[dict[str, str]] = run.preview.get("sites", [])
    site = sites[0]["url"] if sites else ""
    choices.append(("", "I will add them later. Each text keeps the place of its images."))
    if site:
        choices.append(("fetch", f"Download them from {site}, which is still online"))
    return choices
