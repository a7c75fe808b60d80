"""Template filters for affiliate links outside of texts."""

from django import template

from affiliates import disclosure

register = template.Library()
register.filter("disclose", disclosure.finish_markup)
