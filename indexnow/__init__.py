"""Tell search engines about new, changed and withdrawn texts (IndexNow), if the owner wants it."""
