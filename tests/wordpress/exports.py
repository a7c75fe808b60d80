"""Helpers that build small exports and list the rows an import can change."""

from collections.abc import Callable
from typing import Any

from accounts.models import Author
from blog.models import Category, Post, Tag
from pages.models import Page
from redirects.models import Redirect
from siteinfo.models import SiteInfo
from wordpress.models import ImportedObject

# Writes an export with the given items and returns its path. `name` sets the file name.
Writer = Callable[..., str]
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<title>The Old Clinic</title><link>https://old.example</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>https://old.example</wp:base_site_url><wp:base_blog_url>https://old.example</wp:base_blog_url>
<wp:author><wp:author_login>boss@old.example</wp:author_login><wp:author_email>boss@old.example</wp:author_email>
<wp:author_display_name>Robin</wp:author_display_name></wp:author>
<wp:category><wp:category_nicename>low-back</wp:category_nicename><wp:category_parent>pain</wp:category_parent>
<wp:cat_name>Low &amp; back</wp:cat_name></wp:category>
<wp:category><wp:category_nicename>pain</wp:category_nicename><wp:cat_name>Pain</wp:cat_name></wp:category>
"""
TAIL = "</channel></rss>"


def item(number: int = 1, **values: Any) -> str:
    fields = {
        "title": f"Post {number}",
        "slug": f"post-{number}",
        "status": "publish",
        "kind": "post",
        "body": "First words.\n\nSecond <b onclick=bad()>words</b>.",
        "date": "2020-05-01 10:00:00",
        "password": "",
        "creator": "boss@old.example",
        "more": "",
        "link": f"https://old.example/{values.get('slug', f'post-{number}')}/",
        "parent": 0,
        "order": 0,
        "modified": "0000-00-00 00:00:00",
    } | values
    return f"""<item><title>{fields["title"]}</title><link>{fields["link"]}</link>
<guid isPermaLink="false">https://old.example/?p={number}</guid><dc:creator>{fields["creator"]}</dc:creator>
<content:encoded><![CDATA[{fields["body"]}]]></content:encoded><excerpt:encoded></excerpt:encoded>
<wp:post_id>{number}</wp:post_id><wp:post_date>{fields["date"]}</wp:post_date>
<wp:post_date_gmt>{fields["date"]}</wp:post_date_gmt><wp:post_name>{fields["slug"]}</wp:post_name>
<wp:status>{fields["status"]}</wp:status><wp:post_type>{fields["kind"]}</wp:post_type>
<wp:post_password>{fields["password"]}</wp:post_password><wp:post_parent>{fields["parent"]}</wp:post_parent>
<wp:menu_order>{fields["order"]}</wp:menu_order><wp:post_modified_gmt>{fields["modified"]}</wp:post_modified_gmt>
<category domain="category" nicename="low-back"><![CDATA[Low & back]]></category>
<category domain="post_tag" nicename="desk-work"><![CDATA[Desk work]]></category>{fields["more"]}</item>"""


def all_rows() -> dict[str, list[object]]:
    rows: dict[str, list[object]] = {}
    models: tuple[type[Any], ...] = (
        *(Post, Page, Category, Tag, Author, SiteInfo, ImportedObject, Redirect, Post.categories.through),
    )
    for model in models:
        rows[model.__name__] = list(model.objects.order_by("pk").values())
    return rows
