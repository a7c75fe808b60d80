"""Shop URLs: their canonical form, and error messages for invalid ones."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from affiliates.shop_urls import (
    AMAZON_HOSTS,
    add_tag,
    asin,
    canonical,
    get_tag,
    host_of,
    parse_shop_url,
)
from richtext.links import matches_domain, site_path

PRODUCT_NUMBERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=10, max_size=10)
SUFFIXES = st.sampled_from(
    ["", "?tag=other-21", "?ref_=as_li&th=1&psc=1", "/ref=sr_1_3?keywords=a+b&qid=17", "?a=&b", "#x"]
)
PATHS = [
    "/dp/{}",
    "/dp/product/{}",
    "/Some-Long-Title-For-Knees/dp/{}",
    "/-/de/dp/{}",
    "/gp/product/{}",
    "/gp/product/glance/{}",
    "/gp/aw/d/{}",
    "/gp/offer-listing/{}",
    "/exec/obidos/ASIN/{}",
    "/exec/obidos/tg/detail/-/{}",
    "/o/ASIN/{}",
    "/product-reviews/{}",
]


@given(
    host=st.sampled_from(AMAZON_HOSTS),
    subdomain=st.sampled_from(["", "www.", "smile.", "m."]),
    scheme=st.sampled_from(["https://", "http://", "HTTPS://", "//", ""]),
    path=st.sampled_from(PATHS),
    number=PRODUCT_NUMBERS,
    is_lower=st.booleans(),
    suffix=SUFFIXES,
)
def test_all_urls_of_an_amazon_product_have_the_same_canonical_form(
    host: str, subdomain: str, scheme: str, path: str, number: str, is_lower: bool, suffix: str
) -> None:
    typed = number.lower() if is_lower else number
    found = canonical(f"{scheme}{subdomain}{host}{path.format(typed)}{suffix}", "tag")
    assert found == canonical(found, "tag") == f"https://www.{host}/dp/{number}"
    assert add_tag(found, "tag", "mine-20") == f"https://www.{host}/dp/{number}?tag=mine-20"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://www.amazon.com/s?k=foam+roller&crid=1&tag=a-20&ref=nb_sb",
            "https://www.amazon.com/s?k=foam+roller",
        ),
        ("https://www.amazon.com/stores/page/12-34/ref=x?tag=a-20", "https://www.amazon.com/stores/page/12-34"),
        ("https://www.amazon.com", "https://www.amazon.com/"),
        ("https://amazon.com/gp/help.html?nodeId=G1&TAG=a-20", "https://www.amazon.com/gp/help.html?nodeId=G1"),
        ("https://affiliate-program.amazon.com/help/x?a=1", "https://affiliate-program.amazon.com/help/x?a=1"),
    ],
)
def test_other_amazon_urls_keep_the_parameters_they_need(url: str, expected: str) -> None:
    assert canonical(url, "tag") == expected
    assert asin(url) == ""


def test_the_url_of_an_amazon_ad_becomes_the_products() -> None:
    pasted = "https://www.amazon.com/sspa/click?ie=UTF8&url=%2FRoller%2Fdp%2FB000000001%2Fref%3Dx%3Fpsc%3D1"
    assert canonical(pasted, "tag") == "https://www.amazon.com/dp/B000000001"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("//www.amazon.com/dp/B000000001", "www.amazon.com"),
        ("https:\\\\amazon.com\\dp", "amazon.com"),
        ("https:/amazon.com/", "amazon.com"),
        ("///amazon.com/", "amazon.com"),
        ("HTTPS://me:secret@AMAZON.COM.:443/", "amazon.com"),
        ("https://ａｍａｚｏｎ。com/", "amazon.com"),
        ("https://amazon%2Ecom/", "amazon.com"),
        (" https://ama\tzon.com/", "amazon.com"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("/dp/amazon.com", ""),
        ("mailto:me@amazon.com", ""),
        ("https://[::1", ""),
    ],
)
def test_hosts_are_parsed_as_browsers_do(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/go/mat/", "go/mat"),
        ("HTTP://WWW.TESTSERVER:80/x/../go//mat?a#b", "go/mat"),
        ("//testserver/go/mat/", "go/mat"),
        ("..\\%67o\\mat", "go/mat"),
        ("https://shop.example.com/go/mat/", ""),
        ("mailto:go/mat", ""),
    ],
)
def test_every_spelling_of_an_own_path_is_recognized(url: str, path: str) -> None:
    assert (site_path(url) or "") == path


@given(st.text(max_size=60))
def test_any_text_is_a_valid_url_or_gets_an_error_message(typed: str) -> None:
    try:
        found = canonical(typed, "ref")
    except ValidationError as error:
        message = " ".join(error.messages)
    else:
        message = "."
        assert found.startswith("https://")
        assert canonical(found, "ref") == found
    assert message.endswith(".")


def test_a_tag_is_replaced_by_ours_and_the_rest_is_unchanged() -> None:
    pasted = "http://shop.example.com/a%20b?x=1&ref=theirs&y=%2F#size"
    untagged = canonical(pasted, "ref")
    assert untagged == "https://shop.example.com/a%20b?x=1&y=%2F#size"
    assert get_tag(pasted, "ref") == "theirs"
    assert add_tag(untagged, "ref", "m&e") == "https://shop.example.com/a%20b?x=1&y=%2F&ref=m%26e#size"
    assert add_tag(untagged, "ref", "") == add_tag(untagged, "", "me") == untagged


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("javascript:alert(1)", "cannot start with “javascript:”"),
        ("JavaScript:alert(1)", "A shop URL cannot start with"),
        ("data:text/html,<b>", "another invalid character"),
        ("data:text/html,x", "cannot start with “data:”"),
        ("ftp://shop.example.com/", "cannot start with “ftp:”"),
        ("http://testserver/roller/", "your own site"),
        ("https://www.testserver/", "your own site"),
        ("https://shop.example.com/" + "x" * 5000, "5,025 characters long; the limit is 2,000"),
        ("https://amzn.to/3abcdef", "short Amazon URL"),
        ("https://amzn.in/d/abc", "short Amazon URL"),
        ("https://amzn.ae/d/abc", "short Amazon URL"),
        ("https://amzlinks.in/x", "short Amazon URL"),
        ("https://a.co/d/abc", "Open it in your browser"),
        ("https://shop.example.com/a b", "a space"),
        ("https://me:secret@shop.example.com/", "Enter a complete shop URL"),
        ("https://shop.example.com:8000/", "Enter a complete shop URL"),
        ("https://169.254.169.254/latest", "Enter a complete shop URL"),
        ("https://0x7f.1/", "Enter a complete shop URL"),
        ("https://evil.example%2F.shop.example.com/", "Enter a complete shop URL"),
        ("https://TEST%53ERVER./", "your own site"),
        ("https://m.amzn.to/3abc", "short Amazon URL"),
        ("https://[::1", "Enter a complete shop URL"),
        ("roller", "Enter a complete shop URL"),
        ("", "Enter a complete shop URL"),
    ],
)
def test_an_invalid_url_gets_an_error_message(url: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        parse_shop_url(url)


def test_percent_encoding_can_make_a_url_too_long() -> None:
    with pytest.raises(ValidationError, match="5,425 characters long; the limit is 2,000"):
        canonical(f"https://shop.example.com/{'п' * 900}")


def test_a_domain_matches_itself_and_its_subdomains_only() -> None:
    assert matches_domain("www.example.com", ["example.com"])
    assert matches_domain("example.com", ["example.com"])
    assert not matches_domain("badexample.com", ["example.com"])
    assert not matches_domain("example.com.attacker.net", ["example.com"])
    assert canonical("https://amazon.com.attacker.net/dp/B000000000") == "https://amazon.com.attacker.net/dp/B000000000"
