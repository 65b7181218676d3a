"""Whether the value of a telling name is a secret, or only says where one comes from or where one belongs."""

from __future__ import annotations

import re
from collections import Counter
from math import log2

from picode.core.secrets.names import PASSWORDS, TOKENS, telling


def looks_random(value: str) -> bool:
    """Whether `value` is unlikely as a name or an example: it mixes letters and digits, and has no words.

    >>> [looks_random(each) for each in ("Tr0ub4dor&3xq", "access_token_2", "changeme123", "a8f5f167f44f4964e6c998dee")]
    [True, False, False, True]
    """
    if not (any(map(str.isdigit, value)) and any(map(str.isalpha, value))) or _entropy(value) < _LEAST_BITS:
        return False
    if _NAME.fullmatch(value):
        return False
    runs = _RUN.findall(value)
    return bool(runs) and sum(map(len, runs)) / len(runs) < _WORD


_LEAST_BITS = 2.7
_NAME = re.compile(r"[A-Za-z]+(?:[_./:-][A-Za-z]+)*[_./:-]?[0-9]{0,4}")
_WORD = 3.6
"""Characters. A piece of a name or a sentence is longer on average, a piece of something random shorter."""
_RUN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def _entropy(value: str) -> float:
    """Shannon's, in bits a character."""
    size = len(value)
    return -sum(count / size * log2(count / size) for count in Counter(value).values())


def is_reference(value: str) -> bool:
    """Whether `value`, the text of a literal, names the place that a secret is read from, or is filled in later.

    >>> [is_reference(each) for each in ("${DB_PASSWORD}", "/run/secrets/db", "Pa$$w0rd/%;")]
    [True, True, False]
    """
    return _REFERENCE.fullmatch(value) is not None or any(each.search(value) for each in (_INTERPOLATED, _PATTERN))


_REFERENCE = re.compile(
    r"""
      \$\{?[A-Za-z_][\w.:-]{0,100}\}?            # $NAME, ${NAME}
    | %[A-Za-z_]\w{0,100}% | @\w{1,100}@ | :[a-z_]\w{0,60}
    | %[-+#0]?[0-9]{0,3}[bcdeEfgGopqsTvxX]       # %s
    | (?:env|vault|secret|secrets|ssm|op|aws-?sm|gcp-?sm|keyring|keychain|file|ref|var)[:/].{0,300}
    | arn:aws:.{0,300}
    | [a-z][a-z0-9+.-]{1,20}://.{0,1000}         # the password within an address is found as such
    | (?:~|\.{1,2}|[A-Za-z]:)?[/\\](?:[\w.@ -]{1,60}[/\\]){0,20}[\w.@ -]{1,60}
    | [\w./-]{1,80}\.(?:pem|key|txt|json|ya?ml|crt|cer|p12|pfx|jks|py|js|ts|php|html|md|sh|env)
    | (?:ENC|AES|RSA)\(.{0,500}\)                # encrypted where it stands
    | !\w{1,20}[ ].{0,200}
    | 0x[0-9A-Fa-f]{1,8} | [\^~<>=v]{0,2}[0-9]{1,4}(?:\.[0-9x*]{1,6}){1,3}(?:-[\w.]{1,20})?
    | [0-2](?:\.[0-9]{1,10}){3,20}              # an object identifier
    """,
    re.VERBOSE,
)
_INTERPOLATED = re.compile(
    r"\$\{|\$\(|#\{|\{\{|<%|%\(\w{1,60}\)|\{[A-Za-z_][\w.]{0,60}(?:![rsa])?(?::[^{}\"]{0,20})?\}|\{\d?\}"
)


_PATTERN = re.compile(r"\[[^\[\]]{1,60}\][+*?{]|\(\?|\\[wdsSWD]")
"""A regular expression."""


def is_placeholder(value: str) -> bool:
    """Whether `value` stands where the reader is to put a secret, or names what belongs there.

    >>> [is_placeholder(each) for each in ("changeme123", "<your-key>", "xxxxxxxx", "access_token", "hunter2")]
    [True, True, True, True, False]
    """
    lower = value.lower()
    if "EXAMPLE" in value or len(set(lower)) < 3 or _PLACEHOLDER.search(lower) or _BRACKETED.fullmatch(value):
        return True
    if lower in _WORDS_FOR_NOTHING or lower in PASSWORDS or lower in TOKENS:
        return True
    if _IDENTIFIER_PATH.fullmatch(value) and telling(value) is not None and not _MIXED.search(value):
        return True
    words = _LETTERS.findall(lower)
    return not _SAYING.isdisjoint(words) and all(word in _TELLING_WORDS for word in words)


_PLACEHOLDER = re.compile(
    r"change[-_ ]?(?:me|it|this)|place[-_ ]?holder|your[-_ .]|^your|^my[-_ .]?(?:pass|secret|token|key|api|pwd|super)"
    r"|^(?:insert|replace|enter|put|add|fill)[-_ ]|\bexample|example\b|dummy|redacted"
    r"|x{4,}|\*{3,}|\.{3}|…|^(?:fake|mock|sample|todo|fixme|tbd|some)[-_ ]?"
    r"|[-_ ](?:here|goes)$|^test[-_ ]?(?:pass|token|key|secret|pwd|api|cred)|not[-_ ]?a[-_ ]"
    r"|^(?:required|nullable|sometimes|string|confirmed)\||^super[-_ ]?secret|1{6,}|0{6,}|^abc(?:123|def)"
)
_BRACKETED = re.compile(r"<[^<>]{0,200}>|\[[^\[\]]{0,200}\]|\{[^{}]{0,200}\}|\([^()]{0,200}\)|__\w{1,100}__")
_WORDS_FOR_NOTHING = frozenset(
    """
    none null nil undefined true false yes no on off empty n/a na foo bar baz qux foobar test testing tests string str
    user username unknown default auto optional required basic bearer digest oauth oauth2 hidden text number plain
    disabled enabled never always prompt ask env file keyring sensitive omitted removed masked secure value hello world
    email name login sign signin signup anonymous any all other invalid valid wrong incorrect missing bad
    """.split()
)
_SAYING = PASSWORDS | TOKENS | {"key", "keys"}
_TELLING_WORDS = (
    PASSWORDS
    | TOKENS
    | frozenset(
        """
        key keys api access private public client server user users my the a an new old current your our this that db
        database admin root field label input form hash type name id value for of with and or to in is confirm
        confirmation reset forgot change update repeat again login account auth oauth service app application session
        refresh id web test valid invalid wrong bad good correct incorrect right some super very first second third
        master default provider manager store hint text file path url
        """.split()
    )
)
_LETTERS = re.compile(r"[^\W\d_]+")
_MIXED = re.compile(r"[A-Za-z]\d+[A-Za-z]|\d[A-Za-z]+\d")


def is_mixed(value: str) -> bool:
    """Whether `value` has digits among its letters, or signs, as words of a sentence do not.

    >>> is_mixed("mango7Tractor"), is_mixed("Kx7!vq2Rm9"), is_mixed("required"), is_mixed("sha256")
    (True, True, False, False)
    """
    return len(value) >= _SHORTEST_MADE and _MIXED.search(value) is not None and "_" not in value and "(" not in value


def is_prose(value: str) -> bool:
    """Whether `value` is a sentence for a reader, such as a label or a message.

    >>> is_prose("Enter your password"), is_prose("correct horse battery staple")
    (True, False)
    """
    if " " not in value:
        return value[-1:] in ":?…" and value[:-1].isalpha()
    words = {word.strip(".,:;!?()'\"").lower() for word in value.split()}
    return len(words & _COMMON) > 0 or value[-1] in ".:?" or bool(words & (PASSWORDS | TOKENS))


_COMMON = frozenset(
    """
    a an the your my our this that is are was be must should can cannot will not no of for to in on at by with from or
    and as if enter type use used using please invalid wrong incorrect required optional forgot reset change new old
    confirm which when der die das ein eine ihr dein bitte und oder ist el la los las su tu por de para con le les votre
    un une et ou il lo gli di
    """.split()
)


def is_secret(value: str, *, chosen: bool, quoted: bool) -> bool:
    """Whether `value`, which stands behind a telling name, is the secret itself.

    A `chosen` value may look like anything, others have to look random. One that is not `quoted` may be an expression.
    """
    if len(value) < (_SHORTEST_CHOSEN if chosen else _SHORTEST_MADE):
        return False
    if quoted and _MNEMONIC.fullmatch(value):
        return True
    if "\n" in value or _BETWEEN.match(value) or is_reference(value) or is_placeholder(value) or is_prose(value):
        return False
    if quoted and chosen:
        return True
    if not quoted and (_EXPRESSION.match(value) or (_IDENTIFIER_PATH.fullmatch(value) and not _looks_chosen(value))):
        return False
    return (
        chosen or looks_random(value) or (len(value) >= 16 and _SYMBOLS.match(value) is not None and " " not in value)
    )


_MNEMONIC = re.compile(r"(?:(?!the\b|and\b|for\b)[a-z]{3,8} ){11,23}[a-z]{3,8}")
"""Words that a wallet is restored from (BIP 39)."""
_BETWEEN = re.compile(r"[,;)\]+.]{1,3}(?:\s|\Z)")
"""What stands behind a literal, where the name was the end of one: `print("password:", end="")`."""
_SHORTEST_CHOSEN = 4
_SHORTEST_MADE = 8
_IDENTIFIER_PATH = re.compile(r"[A-Za-z_$@&*][\w$]*(?:(?:\.|::|->|\?\.|/|:|\\|-)[\w$]+)*")
_EXPRESSION = re.compile(
    r"!|(?:String|Int|ID|Float|Boolean)!|[\w$.:>@&*!-]{0,200}[(\[{<]|[\[({<|&*\\]|\d+(?:\.\d+)?\Z|-?\d+[,;)]"
)
_SYMBOLS = re.compile(r"(?=.*\d)(?=.*[A-Z])(?=.*[a-z])(?=.*[!@#%^&*+=$/])")


def _looks_chosen(word: str) -> bool:
    """Whether `word`, which could be a name in code, is rather a password: it mixes letters with more than a digit or two."""
    return "." not in word and ":" not in word and looks_random(word) and not _NUMBERED.fullmatch(word)


_NUMBERED = re.compile(r"[A-Za-z_]+[0-9]{0,2}")
