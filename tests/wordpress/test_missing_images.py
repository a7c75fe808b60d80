"""Images whose files are still to be found are saved once for a batch of texts."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from images.models import Image
from tests.wordpress.exports import Writer, all_rows, item
from tests.wordpress.test_media import BASE, attachment, body_of, run
from wordpress.models import ImportedObject

pytestmark = pytest.mark.django_db


def test_missing_images_of_new_texts_are_saved_together(write: Writer) -> None:
    paths = {number: f"2020/05/knee-{number}.jpg" for number in range(1, 6)}
    shown = {
        number: f'Words.\n\n<img src="{BASE}/{path}">\n\n[gallery ids="{number}9"]' for number, path in paths.items()
    }
    posts = [item(number, body=body) for number, body in shown.items()]
    export = write(*posts, attachment(7, paths[1], alt="A knee"), attachment(19, "hip.jpg"))
    with CaptureQueriesContext(connection) as queries:
        run(export)
    assert sum('INSERT INTO "images_image"' in query["sql"] for query in queries) == 1
    urls = dict(Image.objects.values_list("pk", "missing_url"))
    for number, path in paths.items():
        pks = map(int, re.findall(r'data-image="(\d+)"', body_of(f"post-{number}")))
        gallery = f"{BASE}/hip.jpg" if number == 1 else f"https://old.example/?attachment_id={number}9"
        assert [urls[pk] for pk in pks] == [f"{BASE}/{path}", gallery]
    first = Image.objects.get(missing_url=f"{BASE}/{paths[1]}")
    assert (first.alt, first.created_at.year) == ("A knee", 2020)
    assert set(ImportedObject.objects.filter(object_id=first.pk, kind="image").values_list("key", "is_new")) == {
        (paths[1], True),
        ("#7", False),
    }
    before = all_rows()
    run(export)
    assert all_rows() == before
