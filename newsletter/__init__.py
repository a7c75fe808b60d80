"""Subscribers, campaigns and their delivery."""
