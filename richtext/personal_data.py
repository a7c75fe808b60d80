"""The reference index stores no personal data."""

from privacy.registry import register
from richtext.references import Reference

register.add_impersonal(Reference, "field path url host", "Links in published content.")
