"""Send campaigns reliably: claims, journal, transports, rate limits and provider events."""
