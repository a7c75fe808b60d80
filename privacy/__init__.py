"""The register of personal data, and what people may ask for: a copy of it, and its erasure."""
