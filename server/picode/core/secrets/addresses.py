"""Passwords that their place tells: in an address (`postgres://ada:…@db`), as a command's argument (`curl -u ada:…`), behind
the user's name in a call (`HTTPBasicAuth("ada", "…")`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from picode.core.secrets.values import is_placeholder, is_reference, is_secret


def addressed(text: str, words: Set[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each password in `text` that its place tells. `words` are those of `text` (`words_of`)."""
    at = text.find("://")
    while at >= 0:
        if (span := _in_address(text, at + 3)) is not None:
            yield span
        at = text.find("://", at + 3)
    for known, mark, pattern in _ARGUMENTS:
        at = text.find(mark) if not known or not words.isdisjoint(known) else -1
        while at >= 0:
            if (match := pattern.match(text, at)) is not None and not _is_example(match["secret"]):
                yield match.span("secret")
            at = text.find(mark, at + len(mark))
    yield from _behind_users(text, words)
    if not words.isdisjoint(("tcp", "unix")):
        yield from _before_hosts(text)


_REST = re.compile(r"(?P<user>[^\s:/@\"'`<>{}\[\]]{0,64}):(?P<rest>[^\s\"'`<>\\]{3,300})")
_HOST = re.compile(
    r"@(?:[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{0,63}){0,8}|\[[0-9a-fA-F:]{2,40}\]|\$\{?\w{1,40}\}?|\{\w{0,40}\})(?=[:/?#,;)]|\Z)"
)
_PORT = re.compile(r"[0-9]{1,5}(?:[/?#]|\Z)")


def _in_address(text: str, at: int) -> tuple[int, int] | None:
    """The password ends at the last `@` in front of a host: it may hold `@`, `/`, `?`, `#` and `%` itself."""
    match = _REST.match(text, at)
    if match is None or _PORT.match(match["rest"]):
        return None
    rest = match["rest"]
    following = rest.find("://")
    if following >= 0:
        rest = rest[:following]
    hosts = list(_HOST.finditer(rest))
    if not hosts:
        return None
    # In `//u:p@h:1/a?b=c@d` the first host is the one, which has a port; in `//u:p@ss/w@h` the last.
    chosen = next((each for each in hosts if _has_port(rest, each.end()) or each[0] == "@localhost"), hosts[-1])
    password = rest[: chosen.start()]
    if len(password) < _SHORTEST or _is_example(password):
        return None
    return match.start("rest"), match.start("rest") + chosen.start()


_SHORTEST = 3


def _has_port(rest: str, at: int) -> bool:
    return rest[at : at + 1] == ":" and _PORT.match(rest, at + 1) is not None


def _is_example(value: str) -> bool:
    if is_reference(value) or is_placeholder(value):
        return True
    return _EXAMPLE.fullmatch(value) is not None


_EXAMPLE = re.compile(r"(?i:pass(?:word|wd)?|pwd|secret|p|pw|x+|\.+|my.*|changeme|redacted)|.*[{}\[\]<>].*|\$\w+|%\w+%")

_WORD = r"[\"']?(?P<secret>[^\s\"'`$-][^\s\"'`]{2,200})"
_OPTIONS = r"[^\n|;&]{0,200}?[ \t]"
_GAP = r"[ \t]{1,3}"
_ECHO = rf"(?:echo{_GAP}(?:-\w{_GAP})?|printf{_GAP}(?:[\"']%s(?:\\n)?[\"']{_GAP})?)[\"']?"
_PIPE = r"[\"']?[ \t]{0,3}\|[ \t]{0,3}"

_ARGUMENTS = tuple(
    (words.split(), mark, re.compile(pattern))
    for words, mark, pattern in (
        # Words that a text with the command has (any where there are none); what its pattern begins with; the pattern.
        ("", " -u", r" -u[ \t]{0,3}[\"']?[A-Za-z0-9_.@+-]{1,64}:(?P<secret>[^\s\"'`]{3,200})"),
        ("user", "--", rf"--(?:proxy-)?user(?:=|{_GAP})[\"']?[A-Za-z0-9_.@+-]{{1,64}}:(?P<secret>[^\s\"'`]{{3,200}})"),
        ("", "mysql", r"mysql[a-z]{0,10}[^\n|;&]{0,100}?[ \t]-p(?P<secret>[^\s\"'`-][^\s\"'`]{3,100})"),
        ("sshpass", "sshpass", rf"sshpass{_GAP}-p[ \t]{{0,3}}[\"']?(?P<secret>[^\s\"'`]{{3,100}})"),
        ("redis", "redis-cli", rf"redis-cli{_OPTIONS}-a{_GAP}{_WORD}"),
        ("docker", "docker login", rf"docker login{_OPTIONS}-p{_GAP}{_WORD}"),
        ("az", "az login", rf"az login{_OPTIONS}-p{_GAP}{_WORD}"),
        ("mongo mongosh mongodump", "mongo", rf"mongo(?:sh|dump|restore)?[ \t]{_OPTIONS}-p{_GAP}{_WORD}"),
        ("sqlcmd", "sqlcmd", rf"sqlcmd{_OPTIONS}-P[ \t]{{0,3}}{_WORD}"),
        ("ldapsearch ldapmodify ldapadd", "ldap", rf"ldap[a-z]{{3,10}}{_OPTIONS}-w{_GAP}{_WORD}"),
        (
            "smbclient",
            "smbclient",
            rf"smbclient{_OPTIONS}-U[ \t]{{0,3}}[\"']?[\w.\\/@-]{{1,60}}%(?!\w{{0,60}}%){_WORD}",
        ),
        ("lftp", "lftp", rf"lftp{_OPTIONS}-u{_GAP}[\"']?[\w.@-]{{1,60}},{_WORD}"),
        ("pass passin passout", "-pass", rf"-pass(?:in|out)?{_GAP}[\"']?pass:{_WORD}"),
        (
            "htpasswd",
            "htpasswd",
            rf"htpasswd{_GAP}-[a-zA-Z]{{0,6}}b[a-zA-Z]{{0,6}}{_GAP}(?:\S{{1,200}}{_GAP}){{1,2}}?{_WORD}[\"']?"
            r"[ \t]{0,3}(?:[\n|;&]|\Z)",
        ),
        (
            "rabbitmqctl",
            "rabbitmqctl",
            rf"rabbitmqctl{_OPTIONS}(?:add_user|change_password){_GAP}[\w.@-]{{1,60}}{_GAP}{_WORD}",
        ),
        (
            "sqlplus",
            "sqlplus",
            rf"sqlplus{_GAP}(?:-\w{{1,8}}{_GAP})?[\"']?[\w#]{{1,40}}/(?P<secret>[^\s\"'`@/$]{{3,100}})[@\s\"']",
        ),
        ("net", "net use", rf"net use[ \t]{_OPTIONS}/user:\S{{1,60}}{_GAP}{_WORD}"),
        *(
            (word, mark, rf"{_ECHO}(?P<secret>[^\s\"'`|$%][^\s\"'`|$]{{2,200}}){_PIPE}{sink}")
            for mark in ("echo", "printf")
            for word, sink in (
                ("sudo", rf"sudo{_GAP}-\w{{0,4}}S"),
                ("stdin", r"[^\n|;&]{1,200}?--password-stdin"),
                ("secret", r"(?:docker|podman|gh) secret "),
            )
        ),
        ("gh", "gh secret", rf"gh secret set{_OPTIONS}(?:-b|--body)[ \t=]{_WORD}"),
        ("net", "net user", rf"net user{_GAP}[\w.@-]{{1,60}}{_GAP}(?!/|\*)(?P<secret>[^\s\"'`$]{{3,100}})"),
        ("xfreerdp rdesktop", "freerdp", rf"freerdp{_OPTIONS}/p:{_WORD}"),
        ("chpasswd", "echo", rf"{_ECHO}[\w.-]{{1,60}}:(?P<secret>[^\s\"'`|$]{{3,100}}){_PIPE}(?:sudo{_GAP})?chpasswd"),
        (
            "securestring",
            "ConvertTo-SecureString",
            rf"ConvertTo-SecureString{_GAP}(?:-String{_GAP})?[\"'](?P<secret>[^\n\"']{{3,100}})[\"']{_GAP}-",
        ),
        (
            "move",
            "MOVE",
            rf"MOVE{_GAP}[\"'](?P<secret>[^\n\"']{{3,100}})[\"']{_GAP}TO{_GAP}[\w-]{{0,30}}(?:PASSWORD|PASSWD|PWD|SECRET)",
        ),
        ("identified", "IDENTIFIED BY", rf"IDENTIFIED BY{_GAP}(?:PASSWORD{_GAP})?[\"'](?P<secret>[^\n\"']{{3,100}})"),
        ("identified", "identified by", rf"identified by{_GAP}[\"'](?P<secret>[^\n\"']{{3,100}})"),
        ("oracle", "jdbc:oracle", r"jdbc:oracle:\w{1,8}:[\w.$#]{1,40}/(?P<secret>[^\s\"'`@]{3,100})@"),
    )
)

_STRING = r"@?(?P<quote>[\"'`])(?P<secret>[^\n\"'`]{3,200})(?P=quote)"
_USER = r"[\"'`][^\n\"'`]{1,100}[\"'`][ \t]{0,4},\s{0,40}"
_PAIR = re.compile(rf"\(\s{{0,40}}{_USER}{_STRING}")
_TRIPLE = re.compile(
    rf"\(\s{{0,40}}(?:[\"'`][^\n\"'`]{{1,200}}[\"'`]|[^\n,()\"'`]{{1,100}}),\s{{0,40}}{_USER}{_STRING}"
)
_KEYED = re.compile(rf"\(\s{{0,40}}[^\n,]{{1,100}}?,\s{{0,40}}b?{_STRING}")
_CALLS = tuple(
    (re.findall("[a-z]+", mark.lower())[-1], mark, pattern)
    for pattern, marks in (
        (
            _PAIR,
            "auth=( HTTPBasicAuth( HTTPDigestAuth( BasicAuth( basicAuth( basic_auth( NetworkCredential("
            " PasswordAuthentication( UsernamePasswordCredentials( .login( username_pw_set(",
        ),
        (_TRIPLE, "getConnection( DBI->connect( mysqli( mysqli_connect( PDO( URL.create("),
        (_KEYED, "jwt.sign( jwt.verify( jwt.encode( jwt.decode( createHmac( hmac.new( createCipheriv("),
    )
    for mark in marks.split()
)
"""Calls that take a user's name and a password, also behind an address or a host; or what to sign, and the key for it."""


def _behind_users(text: str, words: Set[str]) -> Iterator[tuple[int, int]]:
    for word, mark, pattern in _CALLS:
        at = text.find(mark) if word in words else -1
        while at >= 0:
            match = pattern.match(text, at + len(mark) - 1)
            if match is not None and is_secret(match["secret"], chosen=pattern is not _KEYED, quoted=True):
                yield match.span("secret")
            at = text.find(mark, at + len(mark))


_BEFORE_HOST = re.compile(r"[\"'`=][\w.-]{1,60}:(?P<secret>[^\s\"'`]{3,100})\Z")


def _before_hosts(text: str) -> Iterator[tuple[int, int]]:
    """The passwords in Go's addresses of databases, `ada:…@tcp(db:3306)/app`."""
    for mark in ("@tcp(", "@unix("):
        at = text.find(mark)
        while at >= 0:
            start = max(0, at - _LONGEST_PAIR)
            match = _BEFORE_HOST.search(text[start:at])
            if match is not None and not _is_example(match["secret"]):
                yield start + match.start("secret"), at
            at = text.find(mark, at + len(mark))


_LONGEST_PAIR = 170
