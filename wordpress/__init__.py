"""Import from WordPress, and redirects of its URLs. Can be deleted after the move."""
