"""The models of richtext, for Django to find."""

from richtext.problems import RenderingProblem
from richtext.references import Reference

__all__ = ["Reference", "RenderingProblem"]
