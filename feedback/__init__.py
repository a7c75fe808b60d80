"""“Was this helpful?” answers and suggested corrections."""
