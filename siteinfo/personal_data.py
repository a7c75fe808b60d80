"""The site's settings store no personal data."""

from privacy.registry import register
from siteinfo.models import Appearance, SiteInfo, SocialLink

register.add_impersonal(
    SiteInfo,
    "name tagline description email booking_url hero_title hero_text help_line footer_note statements time_zone",
    "Published content, and the site's own email address.",
)
register.add_impersonal(SocialLink, "url name", "Published content.")
register.add_impersonal(Appearance, "main_color accent_color", "Colors and fonts.")
