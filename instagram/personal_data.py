"""The Instagram strip stores no personal data."""

from instagram.models import InstagramPost, InstagramSettings
from privacy.registry import register

register.add_impersonal(InstagramSettings, "title access_token", "The site's own account.")
register.add_impersonal(InstagramPost, "caption url external_id", "Published posts of the site's own account.")
