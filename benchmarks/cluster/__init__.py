"""Kill the parts of a running site one after the other, and check that nothing it acknowledged is lost."""
