"""The Instagram strip: posts added by hand, from an account archive or through the API."""
