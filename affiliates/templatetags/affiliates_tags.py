"""Template filters for affiliate links outside of texts."""

from django import template

from affiliates import rendering

register = template.Library()
register.filter("disclose", rendering.finish_markup)
