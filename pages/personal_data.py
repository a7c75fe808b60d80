"""Pages store no personal data but what their authors publish."""

from pages.models import Page, Service
from privacy.registry import register

register.add_impersonal(
    Page,
    "title excerpt seo_title seo_description canonical_url summary slug path responsible headings body",
    "Published content.",
)
register.add_impersonal(
    Service, "name description audience format duration price button_text button_link", "Published content."
)
