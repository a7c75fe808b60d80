"""Affiliate programs, links and products: the shop page, disclosure, clicks, link checks and earnings."""
