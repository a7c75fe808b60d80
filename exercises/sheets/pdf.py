"""Home programs as tagged PDF files (PDF/UA-1), made by typst.

The template is a file of this project. What it shows is passed as JSON, which typst never evaluates as markup. Files
are stored under the hash of their contents, so each is made once.
"""

import hashlib
import json
import logging
import tempfile
import threading
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import typst
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image as Pillow
from PIL import ImageOps

from exercises.sheets.program import HomeProgram, SheetError

log = logging.getLogger(__name__)

PAPERS = {"a4": "a4", "letter": "us-letter"}
FOLDER = "sheets"
# Made again on request.
MAX_AGE = timedelta(days=30)
BATCH = 500
_HERE = Path(__file__).parent
_TEMPLATE = (_HERE / "sheet.typ").read_text(encoding="utf-8")
_TYPST = version("typst")
# Sharp on paper at the size they are printed.
_IMAGE_SIZE = (640, 640)
# One file at a time in each process takes about 50 ms of one core, so requests cannot take all of them.
_lock = threading.Lock()


def stored_name(program: HomeProgram, paper: str) -> tuple[str, bool]:
    """Return the name of the file in the storage, and whether it exists."""
    name = f"{FOLDER}/{_content_hash(_data(program, paper))}.pdf"
    return name, default_storage.exists(name)


def sheet_pdf(program: HomeProgram, paper: str) -> bytes:
    """Return the PDF file, made now if it is not stored. Raises SheetError with a sentence."""
    program.check_images()
    name, is_stored = stored_name(program, paper)
    if is_stored:
        with default_storage.open(name) as file:
            return bytes(file.read())
    content = _compile(_data(program, paper))
    # If two requests make it at once, the second file gets another name and is deleted with the old ones.
    default_storage.save(name, ContentFile(content))
    return content


def delete_old() -> int:
    """Delete a batch of files made a month ago, such as those of exercises that changed. Return how many."""
    # Both storages of the project have this method.
    names = default_storage.names_before(FOLDER, timezone.now() - MAX_AGE)  # type: ignore[attr-defined]
    old = list(islice(names, BATCH))
    for path in old:
        default_storage.delete(path)
    return len(old)


def _data(program: HomeProgram, paper: str) -> dict[str, Any]:
    return {**program.data(), "paper": PAPERS[paper]}


def _content_hash(data: dict[str, Any]) -> str:
    content = json.dumps([_TEMPLATE, _TYPST, data], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _compile(data: dict[str, Any]) -> bytes:
    with _lock, tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        # The template can read no files but these.
        (root / "sheet.typ").write_text(_TEMPLATE, encoding="utf-8")
        for exercise in data["exercises"]:
            for image in exercise["images"]:
                (root / image["file"]).write_bytes(_small_copy(image["source"]))
        try:
            compiler = typst.Compiler(root=root, font_paths=_fonts())
            inputs = {"data": json.dumps(data)}
            pdf = compiler.compile(input=root / "sheet.typ", format="pdf", sys_inputs=inputs, pdf_standards="ua-1")
        except typst.TypstError as error:
            log.exception("A sheet could not be made")
            raise SheetError("The PDF file could not be made. Print the page instead.") from error
    # Only images of several pages come as a list.
    assert isinstance(pdf, bytes)
    return pdf


def _small_copy(name: str) -> bytes:
    """Return an image of the storage as a small JPEG on white."""
    try:
        with default_storage.open(name) as file, Pillow.open(file) as image:
            copy = ImageOps.exif_transpose(image).convert("RGBA")
    except OSError as error:
        raise SheetError("The PDF file could not be made, because an image is missing. Print the page.") from error
    copy.thumbnail(_IMAGE_SIZE)
    paper = Pillow.new("RGB", copy.size, "white")
    paper.paste(copy, mask=copy.getchannel("A"))
    content = BytesIO()
    paper.save(content, "JPEG", quality=84)
    return content.getvalue()


@cache
def _fonts() -> "typst.Fonts":
    """Return our font, and those of the system for scripts that it lacks."""
    return typst.Fonts(font_paths=[_HERE / "fonts"])
