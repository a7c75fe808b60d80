"""Bibliographic records: read from what people paste, and written in a citation style. Without models."""
