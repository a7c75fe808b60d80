"""Ads with dates, weights and exclusions, and their impressions and clicks by day."""
