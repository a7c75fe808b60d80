"""Subjects and names arrive as they were typed, whatever characters they have and wherever lines are folded."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox.headers import decode_mailbox, format_mailbox, one_line
from outbox.messages import SMTP, OutgoingEmail

# Words of several scripts, with the punctuation of real subjects, so that lines are folded at all kinds of places.
WORDS = [
    "The",
    "10-minute",
    "hip",
    "routine",
    "and",
    "stairs:",
    "5",
    "moves",
    "–",
    "no",
    "équipement",
    "“Runner’s",
    "knee”",
    "a",
    "long",
    "drive:",
    "why",
    "rest",
    "isn’t",
    "enough…",
    "Übungen",
    "für",
    "die",
    "Schulter,",
    "größere",
    "Hüfte",
    "(Teil",
    "2)",
    "膝の痛み",
    "🏃",
    "=",
    "?",
    "=?",
    "?=",
    "_",
    "x@example.org",
    "Æsop",
    "douleur\u00a0?",
    "",
    "👩🏽\u200d⚕️",
    "ألم",
    "=?utf-8?q?x?=",
]
SUBJECTS = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join), st.text(min_size=1, max_size=200)
).map(one_line)


def received(email: OutgoingEmail | EmailMessage) -> EmailMessage:
    message = email if isinstance(email, EmailMessage) else email.message(policy=SMTP)
    return message_from_bytes(bytes(message), policy=policy.default)


def headers(message: EmailMessage) -> list[bytes]:
    return bytes(message).split(b"\r\n\r\n")[0].split(b"\r\n")


@pytest.mark.parametrize(
    "subject",
    [
        "The 10-minute hip routine and the stairs: 5 moves – no équipement",
        "“Runner’s knee” after a long drive: why rest isn’t enough…",
        "膝の痛みを和らげる運動、階段での痛みを和らげる運動、走った後の痛みを和らげる運動",
        "x" * 74,
        "https://example.org/" + "a" * 200 + " and more",
        "=?utf-8?b?aGk=?= and a =?",
        "Two  spaces, and a line" + "  of them" * 20,
        "Genou\u00a0: 5\u202f000 pas «\u00a0sans douleur\u00a0»",
        "ألم الركبة: متى تقلق؟ " * 6 + "الآن",
        "👩🏽\u200d⚕️👨\u200d👩\u200d👧\u200d👦" * 20,
    ],
)
def test_subject_arrives_as_typed(subject: str) -> None:
    assert received(OutgoingEmail(subject, "Hello", to=["ann@example.org"]))["Subject"] == subject


@given(subject=SUBJECTS)
def test_any_subject_arrives_as_typed(subject: str) -> None:
    message = OutgoingEmail(subject, "Hello", to=["ann@example.org"]).message(policy=SMTP)

    assert received(message)["Subject"] == subject
    assert all(line.isascii() for line in headers(message))
    # RFC 2047, 2: a line with an encoded word has at most 76 characters.
    assert all(len(line) <= 76 for line in headers(message) if line.startswith(b" =?"))


def test_text_of_several_lines_becomes_one() -> None:
    assert one_line(" Knee \r\n\t pain\u2028and\x85stairs  now\n") == "Knee pain and stairs  now"


@given(name=st.lists(st.sampled_from(WORDS), min_size=1, max_size=10).map(" ".join))
def test_any_name_arrives_as_typed(name: str) -> None:
    sender = format_mailbox("ann@example.org", name)
    email = OutgoingEmail("Hello", "Hello", sender, ["bo@example.org", sender], reply_to=[sender])
    message = received(email)

    for header in ("From", "Reply-To"):
        assert [address.addr_spec for address in message[header].addresses] == ["ann@example.org"]
    assert [address.addr_spec for address in message["To"].addresses] == ["bo@example.org", "ann@example.org"]
    # RFC 2047, 6.2: white space between encoded words is not shown. Python's parser of addresses shows it.
    assert decode_mailbox(dict(message.raw_items())["From"]) == sender


def test_long_url_in_a_header_is_not_encoded() -> None:
    url = f"<https://example.org/{'a' * 120}>"
    email = OutgoingEmail("Hello", "Hello", to=["ann@example.org"], headers={"List-Unsubscribe": url})

    assert f"List-Unsubscribe: {url}".encode() in headers(email.message(policy=SMTP))
