"""Rules for plain text from visitors and files."""
