"""The form of a picture, and the field that chooses one of the library."""

from typing import Any

from django import forms
from django.db import models
from django.forms.widgets import Script

from images.models import Image, title_from
from images.uploads import prepare


class PictureField(forms.FileField):
    """An upload that becomes the library's own file, or a sentence that says why not."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        return prepare(file) if data else file


class PictureInput(forms.FileInput):
    """The picture itself, on which its main subject is marked, with the crops that follow; and a file to replace it."""

    template_name = "admin/images/picture_widget.html"

    class Media:
        js = (Script("images/focal-point.js", type="module"),)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, {**(attrs or {}), "accept": "image/*,.heic,.heif"})
        # Nothing can be shown of an upload that was not saved.
        context["image"] = getattr(value, "instance", None) if value else None
        return context


class ImageForm(forms.ModelForm):
    """A picture with its words. The title is made from the file's name when left empty."""

    file = PictureField(
        label="Picture", widget=PictureInput, help_text="JPEG, PNG, WebP, AVIF, GIF or HEIC, at most 30 MB."
    )
    focal_point = forms.RegexField(
        r"^(0(\.\d{1,4})?|1(\.0{1,4})?)x(0(\.\d{1,4})?|1(\.0{1,4})?)$",
        widget=forms.HiddenInput,
        required=False,
        error_messages={"invalid": "Pick the main subject on the picture again."},
    )
    title = forms.CharField(
        max_length=160,
        required=False,
        help_text="To find it again. Readers do not see it. Made from the file's name if you leave it empty.",
    )

    class Meta:
        model = Image
        fields = ("file", "focal_point", "title", "alt", "is_decorative", "caption", "credit")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        upload = self.files.get("file")
        cleaned["title"] = cleaned.get("title") or self.instance.title or title_from((upload and upload.name) or "")
        cleaned["focal_point"] = cleaned.get("focal_point") or self.instance.focal_point
        return cleaned


class ImagePicker(forms.HiddenInput):
    """Chooses one picture of the library: a thumbnail and a button that opens the library's dialog."""

    template_name = "admin/images/picker_widget.html"
    input_type = "hidden"

    class Media:
        js = (Script("images/image-picker.js", type="module"),)

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
