"""The page cache stores no personal data: pages of people who are signed in are not cached."""

from pagecache.models import CacheVersion
from privacy.registry import register

register.add_impersonal(CacheVersion, "path token", "Versions of public pages.")
