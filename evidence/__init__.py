"""References to studies and other sources: a library of sources, citations in texts, and their upkeep."""
