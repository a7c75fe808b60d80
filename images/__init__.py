"""The image library: uploads, renditions, videos and Open Graph images."""
