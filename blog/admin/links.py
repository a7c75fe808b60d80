"""Links to objects in the admin."""

from django.db.models import Model
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.safestring import SafeString

from siteinfo.urls import admin_url


def object_link(row: Model) -> SafeString:
    """Return the kind and name of an object, linked to its change form if it has one."""
    kind = row._meta.verbose_name
    try:
        url = admin_url(row)
    except NoReverseMatch:
        return format_html("the {} “{}”", kind, row)
    return format_html('the {} <a href="{}">“{}”</a>', kind, url, row)
