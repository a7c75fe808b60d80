"""The pages whose views are counted."""

# The views that show them, each with the kind of page in reports. Documents have the name of their model instead.
PAGE_TYPES = {
    "home": "home",
    "document": "page",
    "blog:post_list": "list",
    "blog:category": "list",
    "blog:tag": "list",
    "blog:series": "list",
    "blog:author": "list",
    "blog:year": "list",
    "blog:month": "list",
    "blog:archive_index": "list",
    "blog:where_does_it_hurt": "list",
    "blog:body_region": "list",
    "blog:condition": "list",
    "blog:goal": "list",
    "evidence:reference_list": "list",
    "evidence:glossary": "list",
    "exercises:exercise_list": "list",
    "exercises:exercise_detail": "exercise",
    "affiliates:shop": "shop",
    "search": "search",
}
