"""Site settings, social profiles, SEO metadata and structured data."""
