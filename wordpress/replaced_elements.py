"""Convert elements that a browser shows instead of their content: players, forms and drawings. Their words stay."""

import html
import re

from wordpress.code_languages import PRE_LANGUAGES

_ATTRIBUTE = r"""\b{name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))"""
_TAG = re.compile(r"<[^<>]*>")


def get_attribute(tag: str, name: str) -> str:
    """Return an attribute of an opening tag, decoded, or ""."""
    found = re.search(_ATTRIBUTE.format(name=name), tag, re.IGNORECASE)
    return html.unescape(next((value for value in found.groups() if value is not None), "")).strip() if found else ""


def link_html(url: str, text: str = "") -> str:
    """Return a link with its URL as text unless there is another one."""
    return f'<a href="{html.escape(url)}">{html.escape(text or url)}</a>'


def player_html(element: str) -> str:
    """Return links to the files of an audio, video or object element, which have the file's name as text."""
    tags = [*re.findall(r"<(?:audio|video|source|embed|object)\b[^<>]*>", element, re.IGNORECASE)]
    urls = [get_attribute(tag, name) for tag in tags for name in ("src", "data")]
    urls += [get_attribute(tag, "value") for tag in re.findall(r"<param\b[^<>]*(?:movie|src)[^<>]*>", element, re.I)]
    url = next((url for url in urls if re.match(r"(?:https?:)?//|/", url)), "")
    name = url.rpartition("/")[2].partition("?")[0]
    has_file_name = bool(re.fullmatch(r"[^?#]+\.\w{2,4}", name))
    return link_html(url, html.unescape(name) if has_file_name else "") if url else ""


def drawing_html(element: str) -> str:
    """Return the words of an <svg>."""
    texts = re.findall(r"<text\b[^<>]*>(.*?)</text>", element, re.IGNORECASE | re.DOTALL)
    words = [" ".join(_TAG.sub(" ", text).split()) for text in texts]
    return " ".join(filter(None, words))


def choices_html(element: str) -> str:
    """Return the options of a <select> as a list."""
    options = re.findall(r"<option\b[^<>]*>([^<]*)", element, re.IGNORECASE)
    items = "".join(f"<li>{option.strip()}</li>" for option in options if option.strip())
    return f"<ul>{items}</ul>" if items else ""


def input_html(element: str) -> str:
    """Return the text in a <textarea> as a paragraph."""
    text = re.sub(r"^<[^<>]*>|</[^<>]*>$", "", element).strip()
    lines = re.sub(r"<(?=/?[a-zA-Z!])", "&lt;", text).replace("\n", "<br />")
    return f"<p>{lines}</p>" if text else ""


def preformatted_html(element: str) -> str:
    """Return a <pre>. WP-Syntax puts unescaped code into `<pre lang="php">`, which a browser would read as markup."""
    opening = element[: element.index(">") + 1]
    is_code = get_attribute(opening, "lang").lower() in PRE_LANGUAGES and get_attribute(opening, "escaped") != "true"
    if not is_code:
        return element
    return f"<pre><code>{escape_code(element[len(opening) : element.rindex('<')])}</code></pre>"


def escape_code(source: str) -> str:
    """Escape source code for HTML. Code with raw tags was not escaped by the editor, other code was."""
    source = source.strip("\n")
    if re.search(r"[<>]", source):
        return html.escape(source, quote=False)
    return re.sub(r"&(?!#?\w+;)", "&amp;", source)
