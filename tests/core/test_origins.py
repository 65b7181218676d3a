"""Which hosts are this machine, which addresses may be plain HTTP, and under which names a server answers."""

from __future__ import annotations

import pytest

from picode.core.origins import is_loopback, is_loopback_url, is_served_host, may_be_plain

LOOPBACK = [
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "A.b.LocalHost.", "127.0.0.1", "127.9.9.9", "::1", "[::1]",
    "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "[::FFFF:127.0.0.2]",
]  # fmt: skip
ELSEWHERE = [
    "", ".", "[]", "0.0.0.0", "::", "[::]", "10.0.0.1", "192.168.1.2", "128.0.0.1", "::2", "::ffff:10.0.0.1",
    "localhost.example", "127.0.0.1.example", "notlocalhost", ".localhost", "a..localhost", "localhost..",
    "user@localhost.example", "127.0.0.1:80", "localhost:80", " localhost", "localhost\n",
    # read differently by different programs
    "127.1", "127.0.1", "2130706433", "0177.0.0.1", "0x7f.0.0.1", "127.0.0.01", "127.0.0.1.", "[127.0.0.1", "::1]",
    # other scripts: full-width digits, a circled letter, the long s, the Kelvin sign, an ideographic full stop
    "１２７.0.0.1", "ⓛocalhost", "localhoſt", "a\u212a.localhost", "a。localhost",
]  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACK)
def test_this_machine_is_known_by_every_spelling_that_all_programs_read_alike(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_everything_else_is_another_machine(host: str) -> None:
    assert not is_loopback(host)


URLS = [
    ("http://127.0.0.1:8080/v1", True),
    ("HTTP://LocalHost/v1", True),
    ("http://[::1]:1/v1", True),
    ("http://[::ffff:127.0.0.1]/v1", True),
    ("http://user:word@localhost/v1", True),
    ("http://localhost@evil.example/v1", False),
    ("http://127.0.0.1#@evil.example/", True),  # what is behind the number sign is not sent
    ("http://evil.example/#@127.0.0.1", False),
    ("http://evil.example\\@127.0.0.1/", False),
    ("http://[::1/v1", False),
    ("http://", False),
    ("127.0.0.1:80", False),
    ("", False),
]


@pytest.mark.parametrize(("url", "local"), URLS)
def test_the_host_of_a_url_counts_and_nothing_around_it(url: str, local: bool) -> None:
    assert is_loopback_url(url) is local


ALLOWED = ["http://192.168.1.20:11434", "http://BOX.home:80/v1", "https://secure.example"]
PLAIN = [
    ("http://127.0.0.1/v1", True),
    ("http://192.168.1.20:11434/v1", True),
    ("http://192.168.1.20/v1", False),
    ("http://192.168.1.20:11435/v1", False),
    ("http://box.home/other", True),
    ("http://box.home:8080/", False),
    ("http://box.home.evil.example/", False),
    ("http://evil.example\\@box.home/", False),
    ("http://box.home@evil.example/", False),
    ("http://secure.example/", False),
    ("http://evil.example/", False),
    ("ws://127.0.0.1/", False),
    ("ftp://127.0.0.1/", False),
    ("127.0.0.1", False),
    ("", False),
]


@pytest.mark.parametrize(("url", "plain"), PLAIN)
def test_only_this_machine_and_the_origins_that_are_named_may_be_plain(url: str, plain: bool) -> None:
    assert may_be_plain(url, ALLOWED) is plain


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/", "http://[::1/", "http://localhost:x/"])
def test_an_address_that_is_none_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        may_be_plain(url, ALLOWED)


HOSTS = [
    ("localhost", True), ("LOCALHOST:7426", True), ("127.0.0.1:1", True), ("[::1]", True), ("[::1]:7426", True),
    ("gateway.lan", True), ("Gateway.LAN:7426", True), ("team.example", True), ("TEAM.example:80", True),
    ("one.example:8443", True), ("one.example", False), ("one.example:8444", False), ("x.team.example", False),
    ("team.example.", False), ("localhost.", False), ("a.localhost", False), ("127.0.0.2", False), ("127.1", False),
    ("0.0.0.0", False), ("[::ffff:127.0.0.1]", False), ("::1", False), ("[::1", False), ("127.0.0.1@evil.example", False),
    ("evil.example@127.0.0.1", False), ("127.0.0.1.evil.example", False), ("evil.example:7426", False), ("", False),
    (":80", False), ("localhost:x", False), ("localhost:99999", False), ("ⓛocalhost", False), ("１２７.0.0.1", False),
    ("localhost/", True),
]  # fmt: skip


@pytest.mark.parametrize(("header", "served"), HOSTS)
def test_a_server_answers_under_its_own_names_and_those_that_are_allowed(header: str, served: bool) -> None:
    assert is_served_host(header, "gateway.lan", ["team.example", "ONE.example:8443"]) is served


def test_a_server_at_an_address_of_its_own_answers_under_it() -> None:
    assert is_served_host("[fd00::1]:7426", "fd00::1", [])
    assert is_served_host("10.0.0.5", "10.0.0.5", [])
    assert not is_served_host("10.0.0.6", "10.0.0.5", [])
