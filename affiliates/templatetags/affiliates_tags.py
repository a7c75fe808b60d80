"""For links of templates that are no part of a text."""

from django import template

from affiliates import disclosure

register = template.Library()
register.filter("paid", disclosure.finished)
