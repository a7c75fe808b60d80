"""The explanation that every export contains."""

README = """# Your site as files

This folder contains everything you wrote, in formats that other programs read.

| file or folder | what it is |
| --- | --- |
| `wordpress.xml` | posts, pages, categories, tags, comments and images for **Tools > Import** in WordPress |
| `markdown/` | posts and pages as Markdown with front matter, for Hugo, Jekyll, Eleventy, Ghost and others |
| `html/` | posts and pages as plain HTML |
| `media/` | the originals of your images and files |
| `redirects.csv` | old URLs and where they lead, also for the WordPress plugin Redirection |
| `subscribers.csv` | newsletter subscribers with their status and topics; treat it as confidential |
| `data/` | every row as JSON, one object per line, for `manage.py import_site` and for programs of your own |
| `manifest.json` | the version of the format, and the SHA-256 of every file |

## data/

Each file is named by the app and model, such as `blog.post.jsonl`, and sorted by `id`. A field that refers to another
row contains its `id`; a list of numbers refers to several. Times are in UTC, days are `YYYY-MM-DD`, decimal numbers
are strings. In texts, `<img data-image="7">` is the image with the `id` 7, and `<div data-embed="product"
data-id="3">` the product with the `id` 3.

## Into an empty site

    python manage.py migrate
    python manage.py import_site FOLDER

The site must be empty. Exporting it again gives the same files. Then create your account with `create_owner`.

## What is not in here

Passwords, access keys, preview links and the settings of the server are never exported. These are left out too:

@LEFT_OUT@
- campaigns that are being sent or scheduled.

A backup contains all of this, but only this program reads it.
"""
