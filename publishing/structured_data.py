"""What the text of a document says to machines."""

from publishing.models import Document
from richtext.analysis import questions
from siteinfo.structured_data import Node, node


def faq(document: Document, address: str) -> list[Node]:
    """The questions and answers of the text as one FAQPage, in the words that readers see; nothing without any.

    https://developers.google.com/search/docs/appearance/structured-data/faqpage
    """
    found = [
        node("Question", name=question, acceptedAnswer=node("Answer", text=answer))
        for question, answer in questions(document.body)
    ]
    return [node("FAQPage", id=f"{address}#faq", mainEntity=found)] if found else []
