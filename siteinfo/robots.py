"""What robots may read. Asking is all that a site can do; the agents here say that they listen.

The lists are kept by hand, from public lists of such robots as of 2026-11-23. Look at the operator's page before
adding one.
"""

from collections.abc import Iterator
from typing import NamedTuple

from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url


class Agent(NamedTuple):
    """A robot by the name it answers to in robots.txt, and why it is on the list."""

    name: str
    reason: str


# Collect texts to train models. The names ending in Extended belong to no robot of their own: search stays.
TRAINING = (
    Agent("AI2Bot", "Allen Institute: open models"),
    Agent("Amazonbot", "Amazon: may train its models"),
    Agent("Applebot-Extended", "Apple: training only"),
    Agent("Bytespider", "ByteDance: training"),
    Agent("CCBot", "Common Crawl: the collection most models learn from"),
    Agent("ClaudeBot", "Anthropic: training"),
    Agent("cohere-training-data-crawler", "Cohere: training"),
    Agent("Google-Extended", "Google: training and grounding of Gemini"),
    Agent("GPTBot", "OpenAI: training"),
    Agent("meta-externalagent", "Meta: training"),
)
# Look pages up for somebody who asks an assistant, or keep the index that it asks.
ANSWERS = (
    Agent("ChatGPT-User", "OpenAI: a page that a user asks about"),
    Agent("Claude-SearchBot", "Anthropic: index of its search"),
    Agent("Claude-User", "Anthropic: a page that a user asks about"),
    Agent("DuckAssistBot", "DuckDuckGo: assisted answers"),
    Agent("meta-externalfetcher", "Meta: a page that a user asks about"),
    Agent("MistralAI-User", "Mistral: a page that a user asks about"),
    Agent("OAI-SearchBot", "OpenAI: index of its search"),
    Agent("PerplexityBot", "Perplexity: index of its answers"),
    Agent("Perplexity-User", "Perplexity: a page that a user asks about; it may not listen"),
)


def lines(site: SiteInfo) -> Iterator[str]:
    """The lines of robots.txt.

    A site that asks search engines to stay away forbids nothing here: each page says so itself, and robots must
    read it to know (https://developers.google.com/search/docs/crawling-indexing/block-indexing).
    """
    refused = (*(TRAINING if site.refuses_ai_training else ()), *(ANSWERS if site.refuses_ai_answers else ()))
    for agent in refused:
        yield f"# {agent.reason}"
        yield f"User-agent: {agent.name}"
    if refused:
        yield from ("Disallow: /", "")
    yield from ("User-agent: *", "Disallow: /admin/", "Disallow: /ads/", "Disallow: /go/", "")
    if not site.hides_from_search:
        yield f"Sitemap: {absolute_url('/sitemap.xml')}"
