"""The glossary: terms with a plain meaning, marked where a text uses them first."""
