"""Posts store no personal data but what their authors publish."""

from blog import models
from privacy.registry import register

_CONTENT = "Published content."

register.add_impersonal(
    models.Post,
    "title excerpt seo_title seo_description canonical_url summary slug tldr author responsible keywords headings body",
    "Published content under the name of an author profile.",
)
register.add_impersonal(models.Series, "title slug description", _CONTENT)
register.add_impersonal(models.Category, "name slug path description", _CONTENT)
register.add_impersonal(models.Tag, "name slug key", _CONTENT)
register.add_impersonal(models.TaggedPost, "", _CONTENT)
register.add_impersonal(models.Snippet, "name body", _CONTENT)
register.add_impersonal(models.PostTemplate, "name body description title_hint tldr", _CONTENT)
register.add_impersonal(models.PublishingRules, "severities", "Settings.")
register.add_impersonal(models.PostViewCount, "", "Counts views per post and day.")
