"""Import, export and record the consent of subscribers."""
