"""Count views and clicks by day, without cookies and without storing anything about visitors."""
