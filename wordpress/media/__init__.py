"""Import images, documents, recordings and videos of a WordPress site."""
