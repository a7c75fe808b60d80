"""Forms that anyone may submit: spam protection, rate limits and same-origin checks without cookies."""
