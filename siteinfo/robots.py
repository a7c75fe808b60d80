"""The rules of robots.txt. They are requests: compliant crawlers follow them, others ignore them.

The lists of agents are maintained by hand, from public lists of AI crawlers as of 2026-11-23. Check the operator's
documentation before you add one.
"""

from collections.abc import Iterator
from typing import NamedTuple

from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url


class Agent(NamedTuple):
    """A user agent token for robots.txt, and why it is listed."""

    name: str
    reason: str


# Collect training data. Tokens ending in "Extended" only control training; the search crawler is not affected.
TRAINING_AGENTS = (
    Agent("AI2Bot", "Allen Institute: open models"),
    Agent("Amazonbot", "Amazon: may train its models"),
    Agent("Applebot-Extended", "Apple: training only"),
    Agent("Bytespider", "ByteDance: training"),
    Agent("CCBot", "Common Crawl: the corpus most models are trained on"),
    Agent("ClaudeBot", "Anthropic: training"),
    Agent("cohere-training-data-crawler", "Cohere: training"),
    Agent("Google-Extended", "Google: Gemini training and grounding"),
    Agent("GPTBot", "OpenAI: training"),
    Agent("meta-externalagent", "Meta: training"),
)
# Fetch pages to answer a user of an assistant, or build the index that assistants search.
ANSWER_AGENTS = (
    Agent("ChatGPT-User", "OpenAI: a page that a user asks about"),
    Agent("Claude-SearchBot", "Anthropic: search index"),
    Agent("Claude-User", "Anthropic: a page that a user asks about"),
    Agent("DuckAssistBot", "DuckDuckGo: assisted answers"),
    Agent("meta-externalfetcher", "Meta: a page that a user asks about"),
    Agent("MistralAI-User", "Mistral: a page that a user asks about"),
    Agent("OAI-SearchBot", "OpenAI: search index"),
    Agent("PerplexityBot", "Perplexity: index for its answers"),
    Agent("Perplexity-User", "Perplexity: a page that a user asks about; may ignore robots.txt"),
)


def robots_txt(site: SiteInfo) -> str:
    """Return the content of robots.txt.

    A site hidden from search is not disallowed here: each page has a noindex tag, which crawlers must fetch to see
    (https://developers.google.com/search/docs/crawling-indexing/block-indexing).
    """
    return "".join(f"{line}\n" for line in _lines(site))


def _lines(site: SiteInfo) -> Iterator[str]:
    disallowed: list[Agent] = []
    if site.disallow_ai_training:
        disallowed += TRAINING_AGENTS
    if site.disallow_ai_answers:
        disallowed += ANSWER_AGENTS
    for agent in disallowed:
        yield f"# {agent.reason}"
        yield f"User-agent: {agent.name}"
    if disallowed:
        yield from ("Disallow: /", "")
    yield from ("User-agent: *", "Disallow: /admin/", "Disallow: /ads/", "Disallow: /go/", "")
    if not site.hides_from_search:
        yield f"Sitemap: {absolute_url('/sitemap.xml')}"
