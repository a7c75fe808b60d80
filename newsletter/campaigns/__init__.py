"""Create, check, preview, schedule and archive campaigns."""
