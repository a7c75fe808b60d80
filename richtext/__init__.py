"""Rich text: the allowed HTML, sanitizer, analysis, embeds, reference index and rendering.

Public: `sanitizer.sanitize`, `analysis.analyze`, `rendering.render`, `embeds.register`, `forms.RichTextField`.
"""
