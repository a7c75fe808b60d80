"""The reference index and the problems of texts store no personal data."""

from privacy.registry import register
from richtext.problems import RenderingProblem
from richtext.references import Reference

register.add_impersonal(Reference, "field path url host", "Links in published content.")
register.add_impersonal(RenderingProblem, "place error", "Names of errors.")
