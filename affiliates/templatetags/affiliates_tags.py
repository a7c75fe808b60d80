"""For links of templates that are no part of a text."""

from django import template

from affiliates import paid

register = template.Library()
register.filter("paid", paid.finished)
