"""What posts and pages share: status, revisions, autosave, pending edits and previews."""
