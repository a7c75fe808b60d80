"""Code shared by posts and pages: status, revisions, autosave, pending edits and previews."""
