"""The author's text: cleaning, structure, rendering to safe HTML. Knows no model of any other room.

Public: `cleaning.clean`, `structure.outline`, `rendering.render`, `embeds.register`, `forms.ProseField`.
"""
