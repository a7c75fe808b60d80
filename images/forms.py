"""The form for an image, and the form field that chooses an image from the library."""

from typing import Any

from django import forms
from django.db import models
from django.forms.widgets import Script

from images.models import Image, title_from_filename
from images.uploads import process_upload
from plaintext.numbers import parse_pk


class ImageUploadField(forms.FileField):
    """An upload that is checked and processed for the library."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Process a new upload. Raises ValidationError if it is not a usable image."""
        file = super().clean(data, initial)
        return process_upload(file) if data else file


class ImageUploadInput(forms.FileInput):
    """The image with its focal point and crops, and an input to replace the file."""

    template_name = "admin/images/image_upload_widget.html"

    class Media:
        js = (Script("images/focal-point.js", type="module"),)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the saved image, if any. An upload that was not saved cannot be shown."""
        context = super().get_context(name, value, {**(attrs or {}), "accept": "image/*,.heic,.heif"})
        context["image"] = getattr(value, "instance", None) if value else None
        return context


class ImageForm(forms.ModelForm):
    """An image with its texts. An empty title is filled from the file name."""

    file = ImageUploadField(
        label="Image", widget=ImageUploadInput, help_text="JPEG, PNG, WebP, AVIF, GIF or HEIC, at most 30 MB."
    )
    focal_point = forms.RegexField(
        r"^(0(\.\d{1,4})?|1(\.0{1,4})?)x(0(\.\d{1,4})?|1(\.0{1,4})?)$",
        widget=forms.HiddenInput,
        required=False,
        error_messages={"invalid": "Choose the focal point on the image again."},
    )
    title = forms.CharField(
        max_length=160,
        required=False,
        help_text="Helps you find the image. Visitors do not see it. Leave empty to create it from the file name.",
    )

    class Meta:
        model = Image
        fields = ("file", "focal_point", "title", "alt", "is_decorative", "caption", "credit", "description")

    def clean(self) -> dict[str, Any]:
        """Fill in a title and a focal point where they are missing."""
        cleaned = super().clean() or {}
        upload = self.files.get("file")
        file_title = title_from_filename((upload and upload.name) or "")
        cleaned["title"] = cleaned.get("title") or self.instance.title or file_title
        cleaned["focal_point"] = cleaned.get("focal_point") or self.instance.focal_point
        return cleaned


class ImagePicker(forms.HiddenInput):
    """Choose one image from the library: a thumbnail, and a button that opens the library in a dialog."""

    template_name = "admin/images/picker_widget.html"
    input_type = "hidden"

    class Media:
        js = (Script("images/image-picker.js", type="module"),)

    @property
    def is_hidden(self) -> bool:
        """False, because only the input is hidden: the field has a visible row in the form."""
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the chosen image for the thumbnail."""
        context = super().get_context(name, value, attrs)
        pk = parse_pk(str(value))
        context["image"] = Image.objects.filter(pk=pk).first() if pk else None
        return context


class ImageChoiceField(forms.ModelChoiceField):
    """An image from the library, chosen by its thumbnail."""

    widget = ImagePicker

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Image.objects.all(), **kwargs)
        self.error_messages["invalid_choice"] = "This image is no longer in the library. Choose another one."


def formfield_for_image(db_field: models.Field, **kwargs: Any) -> ImageChoiceField | None:
    """Return the form field of a foreign key to an image, or None for any other field. For ModelAdmin."""
    if isinstance(db_field, models.ForeignKey) and db_field.related_model is Image:
        return ImageChoiceField(
            required=not db_field.blank,
            label=db_field.verbose_name.capitalize(),
            help_text=db_field.help_text,
        )
    return None
