"""Reports about visits and what came of them. Apps above register more tables."""
