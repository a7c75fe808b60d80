"""Addresses of shops: one form for each, and a sentence for what cannot be one."""

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
    matches_domain,
    parse_shop_url,
)
from richtext.links import site_path

NUMBERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=10, max_size=10)
JUNK = st.sampled_from(
    ["", "?tag=other-21", "?ref_=as_li&th=1&psc=1", "/ref=sr_1_3?keywords=a+b&qid=17", "?a=&b", "#x"]
)
SHAPES = [
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
    part=st.sampled_from(["", "www.", "smile.", "m."]),
    scheme=st.sampled_from(["https://", "http://", "HTTPS://", "//", ""]),
    shape=st.sampled_from(SHAPES),
    number=NUMBERS,
    is_lower=st.booleans(),
    junk=JUNK,
)
def test_every_address_of_a_product_at_amazon_has_one_form(
    host: str, part: str, scheme: str, shape: str, number: str, is_lower: bool, junk: str
) -> None:
    typed = number.lower() if is_lower else number
    found = canonical(f"{scheme}{part}{host}{shape.format(typed)}{junk}", "tag")
    assert found == canonical(found, "tag") == f"https://www.{host}/dp/{number}"
    assert add_tag(found, "tag", "mine-20") == f"https://www.{host}/dp/{number}?tag=mine-20"


@pytest.mark.parametrize(
    ("address", "form"),
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
def test_other_pages_of_amazon_keep_what_they_need(address: str, form: str) -> None:
    assert canonical(address, "tag") == form
    assert asin(address) == ""


def test_an_advertisement_of_amazon_leads_to_its_product() -> None:
    pasted = "https://www.amazon.com/sspa/click?ie=UTF8&url=%2FRoller%2Fdp%2FB000000001%2Fref%3Dx%3Fpsc%3D1"
    assert canonical(pasted, "tag") == "https://www.amazon.com/dp/B000000001"


@pytest.mark.parametrize(
    ("address", "host"),
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
def test_a_host_is_read_as_browsers_read_it(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/go/mat/", "go/mat"),
        ("HTTP://WWW.TESTSERVER:80/x/../go//mat?a#b", "go/mat"),
        ("//testserver/go/mat/", "go/mat"),
        ("..\\%67o\\mat", "go/mat"),
        ("https://shop.example.com/go/mat/", ""),
        ("mailto:go/mat", ""),
    ],
)
def test_a_path_of_this_site_is_known_however_it_is_written(address: str, path: str) -> None:
    assert (site_path(address) or "") == path


@given(st.text(max_size=60))
def test_whatever_is_pasted_is_an_address_or_a_sentence(typed: str) -> None:
    try:
        found = canonical(typed, "ref")
    except ValidationError as error:
        said = " ".join(error.messages)
    else:
        said = "It is one."
        assert found.startswith("https://")
        assert canonical(found, "ref") == found
    assert said.endswith(".")


def test_a_tag_is_taken_out_and_ours_put_in_without_touching_the_rest() -> None:
    pasted = "http://shop.example.com/a%20b?x=1&ref=theirs&y=%2F#size"
    kept = canonical(pasted, "ref")
    assert kept == "https://shop.example.com/a%20b?x=1&y=%2F#size"
    assert get_tag(pasted, "ref") == "theirs"
    assert add_tag(kept, "ref", "m&e") == "https://shop.example.com/a%20b?x=1&y=%2F&ref=m%26e#size"
    assert add_tag(kept, "ref", "") == add_tag(kept, "", "me") == kept


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("javascript:alert(1)", "cannot start with “javascript:”"),
        ("JavaScript:alert(1)", "A shop URL cannot start with"),
        ("data:text/html,<b>", "another invalid character"),
        ("data:text/html,x", "cannot start with “data:”"),
        ("ftp://shop.example.com/", "cannot start with “ftp:”"),
        ("http://testserver/roller/", "your own site"),
        ("https://www.testserver/", "your own site"),
        ("https://shop.example.com/" + "x" * 5000, "5,025 characters long; the limit is 2,000"),
        ("https://amzn.to/3abcdef", "short addresses"),
        ("https://a.co/d/abc", "Open it in your browser"),
        ("https://shop.example.com/a b", "a space"),
        ("https://me:secret@shop.example.com/", "no whole address"),
        ("https://shop.example.com:8000/", "no whole address"),
        ("https://169.254.169.254/latest", "no whole address"),
        ("https://0x7f.1/", "no whole address"),
        ("https://evil.example%2F.shop.example.com/", "no whole address"),
        ("https://TEST%53ERVER./", "your own site"),
        ("https://m.amzn.to/3abc", "short addresses"),
        ("https://[::1", "no whole address"),
        ("roller", "no whole address"),
        ("", "no whole address"),
    ],
)
def test_what_cannot_be_a_destination_is_refused_in_words(address: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        parse_shop_url(address)


def test_letters_beyond_ascii_may_make_an_address_too_long() -> None:
    with pytest.raises(ValidationError, match="5,425 characters long; the limit is 2,000"):
        canonical(f"https://shop.example.com/{'п' * 900}")


def test_a_host_belongs_to_itself_and_its_parts_only() -> None:
    assert matches_domain("www.example.com", ["example.com"])
    assert matches_domain("example.com", ["example.com"])
    assert not matches_domain("badexample.com", ["example.com"])
    assert not matches_domain("example.com.attacker.net", ["example.com"])
    assert canonical("https://amazon.com.attacker.net/dp/B000000000") == "https://amazon.com.attacker.net/dp/B000000000"
