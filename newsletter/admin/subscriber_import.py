"""The form that imports subscribers: first a preview of the file, then the import."""

import base64
import binascii
import zlib
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from newsletter.subscribers.csv_io import ImportPreview, ImportReport, import_subscribers, preview_import

# About 100,000 subscribers. A larger import would block a web process for too long; the command has no limit.
MAX_IMPORT_BYTES = 10_000_000
_TOO_LARGE = (
    f"The file is larger than {MAX_IMPORT_BYTES // 1_000_000} MB. Split it, or import it on the server with"
    " “manage.py newsletter_import”."
)


class ImportForm(forms.Form):
    """Read the uploaded file, or the one that the preview sent back, and preview or import it.

    Between the two steps the file travels through the browser, compressed, so that the site stores no copy of it.
    """

    content: bytes = b""
    file = forms.FileField(
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv", "aria-describedby": "id_file_helptext"}),
        label="CSV file",
        help_text="An export from Mailchimp, Kit, MailerLite, MailPoet, Substack, Ghost, beehiiv, Buttondown, Brevo, "
        "Constant Contact, AWeber, Sender, Flodesk or this site, or any table with a column “email”. "
        "You will see a preview before anything changes.",
    )
    source = forms.CharField(
        label="Where they gave consent",
        max_length=400,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Goes into the consent log. For example: “Sign-up form of my old site, with confirmation email”.",
    )
    are_confirmed = forms.BooleanField(
        required=False,
        label="All of them have confirmed their email address",
        help_text="Check this only if it is true. Otherwise, subscribers without a proof of confirmation in the file"
        " are imported as unconfirmed: they get no emails and are deleted after a week, unless they sign up themselves"
        " or you import them again with this box checked. People who left are never added as active.",
    )
    upload = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Set `content`. Raise ValidationError without a file, or if it is too large."""
        file: UploadedFile | None = self.cleaned_data.get("file")
        if file:
            if (file.size or 0) > MAX_IMPORT_BYTES:
                raise ValidationError({"file": _TOO_LARGE})
            self.content = file.read()
        elif upload := self.cleaned_data.get("upload"):
            self.content = _unpack(upload)
        elif "file" not in self.errors:
            raise ValidationError({"file": "Choose a file first."})
        return self.cleaned_data

    def preview(self) -> ImportPreview | None:
        """Return what importing the file would do, or None with an error in the form."""
        try:
            return preview_import(self.content, are_confirmed=self.cleaned_data["are_confirmed"])
        except ValidationError as error:
            self.add_error("file", error)
            return None

    def run(self) -> ImportReport | None:
        """Import the file, and return the result, or None with an error in the form."""
        source, are_confirmed = self.cleaned_data["source"], self.cleaned_data["are_confirmed"]
        try:
            return import_subscribers(self.content, source=source, are_confirmed=are_confirmed)
        except ValidationError as error:
            self.add_error("file", error)
            return None

    def packed_content(self) -> str:
        """Return the file as text for a hidden field."""
        return base64.urlsafe_b64encode(zlib.compress(self.content)).decode()


def _unpack(text: str) -> bytes:
    """Return the file that `packed_content` packed. Raise ValidationError for anything else."""
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.urlsafe_b64decode(text.encode()), MAX_IMPORT_BYTES + 1)
    except (ValueError, binascii.Error, zlib.error):
        raise ValidationError({"file": "The preview is incomplete. Choose the file again."}) from None
    if len(content) > MAX_IMPORT_BYTES or not unpacker.eof:
        raise ValidationError({"file": "The preview is incomplete. Choose the file again."})
    return content
