"""The models of richtext, for Django to find."""

from richtext.references import Reference

__all__ = ["Reference"]
