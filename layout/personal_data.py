"""Menus and blocks store no personal data."""

from layout.models import Block
from privacy.registry import register

register.add_impersonal(Block, "block_type title url text", "Published content.")
