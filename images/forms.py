"""Forms through which pictures come into the library, and the field that chooses one of them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import models
from django.forms.widgets import Script
from imagefield.widgets import with_preview_and_ppoi

from images.models import Image
from images.uploads import prepare


class PictureField(forms.FileField):
    """An upload that becomes the library's own file, or a sentence that says why not."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        return prepare(file) if data else file


class ImageForm(forms.ModelForm):
    """A picture with its words. The title is made from the file's name when left empty."""

    file = PictureField(
        label="Picture",
        widget=with_preview_and_ppoi(
            forms.FileInput, ppoi_field="focal_point", processors=["default", ("thumbnail", (480, 480))]
        ),
        help_text="JPEG, PNG, WebP, AVIF, GIF or HEIC. Click on the picture where its main subject is: crops keep it.",
    )
    title = forms.CharField(max_length=160, required=False, help_text="To find it again. Readers do not see it.")

    class Meta:
        model = Image
        fields = ("file", "focal_point", "title", "alt", "caption", "credit")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if not cleaned.get("title") and file:
            cleaned["title"] = title_from(file.name or "")
        return cleaned


def title_from(name: str) -> str:
    """A readable title made of the stored file's `name`, without folder, digest and extension."""
    stem = name.rsplit("/", 1)[-1].rsplit(".", 1)[0].rsplit("-", 1)[0]
    return stem.replace("-", " ").replace("_", " ").strip().capitalize() or "Picture"


class _FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several uploads at once; those that are no pictures are named, the others are kept."""

    widget = _FilesInput(attrs={"accept": "image/*,.heic,.heif"})

    def clean(self, data: Any, initial: Any = None) -> list[ContentFile]:
        uploads = data if isinstance(data, list | tuple) else [data]
        files, problems = [], []
        for upload in uploads:
            try:
                files.append(prepare(super().clean(upload, initial)))
            except ValidationError as error:
                problems.append(f"{getattr(upload, 'name', 'File')}: {' '.join(error.messages)}" if upload else error)
        if problems:
            raise ValidationError(problems)
        return files


class QuickUploadForm(forms.Form):
    """The picker's upload: files, and what the picture shows when it is one."""

    uploads = FilesField(label="From this computer or phone")
    alt = forms.CharField(
        label="What does it show?",
        max_length=300,
        required=False,
        help_text="For those who cannot see it. Leave empty if it is only decoration.",
    )

    def save(self) -> list[Image]:
        """Put the files into the library."""
        files = self.cleaned_data["uploads"]
        images = []
        for file in files:
            alt = self.cleaned_data["alt"] if len(files) == 1 else ""
            images.append(Image(file=file, title=title_from(file.name), alt=alt))
            images[-1].save()
        return images


class ImagePicker(forms.HiddenInput):
    """Chooses one picture of the library: a thumbnail and a button that opens the library's dialog."""

    template_name = "admin/images/picker_widget.html"
    input_type = "hidden"

    class Media:
        js = (Script("images/picker.js", type="module"),)

    @property
    def is_hidden(self) -> bool:
        # It carries a hidden input, but the field is a visible row of the form.
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        known = str(value).isdecimal() if value else False
        context["image"] = Image.objects.filter(pk=value).first() if known else None
        return context


class ImageChoiceField(forms.ModelChoiceField):
    """A picture of the library, chosen by looking at it."""

    widget = ImagePicker

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Image.objects.all(), **kwargs)
        self.error_messages["invalid_choice"] = "That picture is no longer in the library. Choose another one."


def formfield_for_image(db_field: models.Field, **kwargs: Any) -> ImageChoiceField | None:
    """The form field of a foreign key to the library, or None for any other field. For ModelAdmin."""
    if isinstance(db_field, models.ForeignKey) and db_field.related_model is Image:
        return ImageChoiceField(
            required=not db_field.blank,
            label=db_field.verbose_name.capitalize(),
            help_text=db_field.help_text,
        )
    return None
