"""Home programs: exercises on one sheet of paper, as a page and as an accessible PDF file."""
