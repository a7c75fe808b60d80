"""Test that every URL of the old site leads to its page, for each way WordPress can build permalinks."""

from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.test import Client

from tests.wordpress.exports import Writer, item

pytestmark = pytest.mark.django_db
SITE = "https://old.example"

# The URL of the post 45 of 17 May 2020, "knee-pain", with each structure.
PERMALINKS = {
    "plain": "/?p=45",
    "day and name": "/2020/05/17/knee-pain/",
    "month and name": "/2020/05/knee-pain/",
    "year and name": "/2020/knee-pain/",
    "numeric": "/archives/45",
    "post name": "/knee-pain/",
    "post name without slash": "/knee-pain",
    "category and name": "/pain/low-back/knee-pain/",
    "author and name": "/robin/knee-pain/",
    "author admin and name": "/admin/knee-pain/",
    "below the blog": "/blog/knee-pain/",
    "index.php": "/index.php/2020/05/17/knee-pain/",
    "html": "/knee-pain.html",
    "htm": "/knee-pain.htm",
    "php": "/knee-pain.php",
    "aspx": "/articles/knee-pain.aspx",
    "dated html": "/2020/05/knee-pain.html",
    "category and html": "/pain/knee-pain.html",
    "id": "/45/",
    "id and html": "/45.html",
    "numeric html": "/archives/45.html",
    "name and id": "/knee-pain-45/",
    "id and name": "/45-knee-pain/",
    "id, slash and name": "/45/knee-pain/",
    "date and id": "/2020/05/17/45/",
    "month and id": "/2020/05/45/",
    "date path and id": "/date/2020/05/45/",
    "time": "/2020/05/17/101500/",
    "name and date": "/knee-pain/2020/05/17/",
    "category list": "/category/pain/knee-pain/",
}


def get(client: Client, url: str) -> tuple[int, str]:
    """Return the status of the response, and the path it redirects to."""
    response = client.get(url)
    return response.status_code, response.get("Location", "")


def variants(link: str) -> set[str]:
    """Return what visitors and search engines request for a permalink."""
    if "?" in link:
        return {link, f"/index.php{link[1:]}", f"{link}&utm_source=x"}
    bare = link.rstrip("/")
    below = {
        f"{bare}/{end}" for end in ("amp/", "2/", "comment-page-2/", "feed/", "feed/atom/", "trackback/", "embed/")
    }
    return {bare, f"{bare}/", f"/index.php{bare}/", bare.upper(), *below, "/?p=45", "/?p=45&preview=true"}


@pytest.mark.parametrize("link", PERMALINKS.values(), ids=PERMALINKS)
def test_every_permalink_structure_leads_to_the_post_in_one_step(write: Writer, client: Client, link: str) -> None:
    other = item(
        46,
        slug="other-post",
        link=SITE + link.replace("knee-pain", "other-post").replace("45", "46").replace("1015", "1016"),
    )
    call_command("import_wordpress", write(item(45, slug="knee-pain", link=SITE + link), other))
    assert client.get("/knee-pain/").status_code == 200
    here = {(200, ""), (301, "/knee-pain/"), (301, "/knee-pain/?utm_source=x")}
    found = {url: get(client, url) for url in variants(link)}
    assert {url: answer for url, answer in found.items() if answer not in here} == {}
    assert [url for url, answer in found.items() if answer[0] == 200 and url != "/knee-pain/"] == []


@pytest.mark.parametrize("link", PERMALINKS.values(), ids=PERMALINKS)
def test_earlier_slugs_lead_to_the_post_in_its_own_permalink_structure(
    write: Writer, client: Client, link: str
) -> None:
    meta = "".join(
        f"<wp:postmeta><wp:meta_key>_wp_old_slug</wp:meta_key><wp:meta_value>{slug}</wp:meta_value></wp:postmeta>"
        for slug in ("sore-knee", "%e0%a4%98%e0%a5%81%e0%a4%9f%e0%a4%a8%e0%a4%be")
    )
    call_command("import_wordpress", write(item(45, slug="knee-pain", link=SITE + link, more=meta)))
    if "knee-pain" in link:
        for slug in ("sore-knee", quote("घुटना")):
            assert get(client, link.replace("knee-pain", slug)) == (301, "/knee-pain/"), slug
