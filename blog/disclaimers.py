"""Which disclaimer a post shows: that of its template, of its category or of one above, or the default."""

from dataclasses import dataclass
from typing import Self

from blog.models import Category, Post, PostTemplate, path_with_ancestors
from evidence.disclaimers.models import Disclaimer
from evidence.disclaimers.typed import has_typed


@dataclass(frozen=True, slots=True)
class DisclaimerRules:
    """The texts of all disclaimers in use, by what chooses them."""

    default: str
    by_template: dict[int, str]
    by_category: dict[int, str]

    @classmethod
    def load(cls) -> Self:
        """Load the rules. Three queries, whatever the number of posts."""
        rows = list(Disclaimer.objects.values_list("pk", "text", "is_default"))
        texts = {pk: text for pk, text, _ in rows}
        templates = PostTemplate.objects.exclude(disclaimer=None).values_list("pk", "disclaimer")
        categories = list(Category.objects.values_list("pk", "path", "disclaimer"))
        own = {path: pk for _, path, pk in categories if pk}
        by_category = {}
        for category_pk, path, _ in categories if own else ():
            chosen = [own[above] for above in path_with_ancestors(path) if above in own]
            if chosen:
                by_category[category_pk] = texts[chosen[-1]]
        return cls(
            default=next((text for _, text, is_default in rows if is_default), ""),
            by_template={template: texts[pk] for template, pk in templates},
            by_category=by_category,
        )

    def chosen_for(self, template_pk: int | None, category_pk: int | None) -> str:
        """Return the disclaimer for posts with this template and primary category; "" for none."""
        if template_pk in self.by_template:
            return self.by_template[template_pk]
        return self.by_category.get(category_pk or 0, self.default)

    def for_post(self, post: Post) -> str:
        """Return what `post` shows; "" if its author typed a disclaimer into the text, so that none appears twice."""
        text = self.chosen_for(post.template_id, post.primary_category_id)
        return "" if text and has_typed(post.body) else text


def disclaimer_of(post: Post) -> str:
    """Return the disclaimer that `post` shows, or ""."""
    return DisclaimerRules.load().for_post(post)
