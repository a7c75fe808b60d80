"""Reports about visits and what came of them. Apps above register tables of their own."""
