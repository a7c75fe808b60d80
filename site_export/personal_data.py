"""Exports contain what the site stores about people; the table only describes the files."""

from privacy.registry import register
from site_export.models import SiteExport

register.add_impersonal(SiteExport, "host step error", "Describes files.")
