"""What a key may look like, and which server it belongs to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picode.core.errors import ConfigurationError
from picode.core.keys import LONGEST, Key, entry_name, flaw, require_sound
from picode.core.origins import origin
from picode.io.keys.chain import environment_key

SOUND = (
    "sk-proj-AbC_123-xyz",
    "x",
    "a" * LONGEST,
    "eyJhbGciOiJIUzI1NiJ9.e30.ZRrHA1JJJW8opsbCGfG_HACGpVUMN_a9IJ7pAx_Zmeo",
    "id:secret",
    "it's$odd!",
)
FLAWED = {
    "": "is empty",
    "a" * (LONGEST + 1): "longer than 4,096",
    "sk-abc\nsk-def": "line end",
    "sk-abc\rsk-def": "line end",
    "sk-abc def": "space",
    "Bearer sk-abc": "space",
    "\u201csk-abc\u201d": "curly quote",
    "sk\u2011abc": "not ASCII",
    "sk-abc\u200b": "not ASCII",
    "sk-abc\u00a0x": "not ASCII",
    "sk-\udce4": "not ASCII",
    "sk-abc\tdef": "control character",
    "sk-abc\x00": "control character",
    "sk-abc\x7f": "control character",
    '"sk-abc"': "quotation marks",
    "'sk-abc": "quotation marks",
    "sk-abc`": "quotation marks",
}


@pytest.mark.parametrize("key", SOUND)
def test_a_key_as_providers_give_them_out_has_no_flaw(key: str) -> None:
    assert flaw(key) == ""


@pytest.mark.parametrize(("key", "words"), FLAWED.items(), ids=[repr(key)[:20] for key in FLAWED])
def test_a_key_that_can_be_none_is_refused_in_words_that_do_not_show_it(key: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        require_sound(key, "OpenAI")
    assert str(raised.value).startswith("The key for OpenAI ")
    assert words in str(raised.value)
    assert "sk" not in str(raised.value)


@given(st.text())
def test_what_has_no_flaw_can_be_sent_in_a_header(key: str) -> None:
    if not flaw(key):
        assert all(0x21 <= ord(character) <= 0x7E for character in key)


def test_a_key_is_text_that_does_not_show_itself() -> None:
    key = Key("sk-canary")
    assert key == "sk-canary"
    assert f"Bearer {key}" == "Bearer sk-canary"
    assert "canary" not in repr(key) + repr([key]) + f"{key!r}"
    assert not Key()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com"),
        ("HTTPS://API.OpenAI.com:443", "https://api.openai.com"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"),
        ("http://localhost:80/v1", "http://localhost"),
        ("https://api.openai.com:80", "https://api.openai.com:80"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("https://api.openai.com@evil.example/v1", "https://evil.example"),
        ("https://api.openai.com.evil.example", "https://api.openai.com.evil.example"),
        ("https://api.openai.com./", "https://api.openai.com."),
        ("", ""),
        ("api.openai.com", ""),
        ("https:///v1", ""),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, expected: str) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize("url", ["https://host:99999", "https://host:x", "https://[::1"])
def test_an_address_that_is_none_has_no_entry(url: str) -> None:
    assert entry_name("openai", url) == ""


def test_no_name_of_a_provider_reaches_another_s_entry() -> None:
    """The origin is what follows the last `@`, and no origin holds one."""
    names = {
        entry_name(provider, url)
        for provider in ("openai", "openai@https://api.openai.com", "")
        for url in ("https://api.openai.com/v1", "https://a@evil.example", "http://api.openai.com")
    }
    assert len(names) == 9


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"A": ""}, None),
        ({"A": " \n"}, None),
        ({"B": "2"}, ("B", "2")),
        ({"A": " ", "B": "2"}, ("B", "2")),
        ({"A": "1", "B": "2"}, ("A", "1")),
        ({"A": "  sk-1\r\n"}, ("A", "sk-1")),
    ],
)
def test_the_first_variable_that_is_set_counts(environ: dict[str, str], expected: tuple[str, str] | None) -> None:
    assert environment_key(environ, ("A", "B")) == expected
