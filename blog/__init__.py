"""The blog: posts, categories, tags, series, feeds, sitemaps and the checklist."""
