"""Values that stand behind a telling name, in whatever syntax gives a value to a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from picode.core.secrets.columns import columned
from picode.core.secrets.names import EXACT, STEMS, telling
from picode.core.secrets.values import is_mixed, is_secret, looks_random


def assigned(text: str, words: Set[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each secret in `text` that stands behind a telling name. `words` are those of `text` (`words_of`)."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters become two
        lower = text.translate(_LOWER)
    seen = set()
    looked = 0
    for stem in (*STEMS, *(EXACT & words)):
        at = lower.find(stem)
        while at >= 0:
            end = at + len(stem)
            start, end = _name_around(text, at, end)
            if end not in seen:
                seen.add(end)
                chosen = telling(text[start:end])
                if chosen is None:
                    pass
                elif (span := _value(text, start, end, chosen)) is not None:
                    yield span
                elif text[end : end + 1] in _COLUMN_ENDS and looked < _MOST_OF_COLUMNS:
                    looked += yield from columned(text, start, end, chosen)
            at = lower.find(stem, max(end, at + 1))


_MOST_OF_COLUMNS = 400_000
"""Characters of rows that are looked at in one text."""
_COLUMN_ENDS = tuple(',;\t|) \n\r`"')
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def _name_around(text: str, start: int, end: int) -> tuple[int, int]:
    """Start and end of the name that holds what is between `start` and `end`."""
    head = text[max(0, start - _LONGEST_NAME) : start]
    before = _UP_TO_NAME.match(head)
    first = start - len(head) + (before.end() if before else 0)
    if text[first - 1 : first] == "\\" and text[first : first + 1] in ("n", "r", "t"):
        first += 1
    match = _REST_OF_NAME.match(text, end)
    last = match.end() if match else end
    while first < start and text[first] in "-.~":
        first += 1
    while last > end and text[last - 1] in "-.~":
        last -= 1
    return first, last


_LONGEST_NAME = 60
_UP_TO_NAME = re.compile(r".*[^\w.~-]", re.DOTALL)
_REST_OF_NAME = re.compile(r"[\w.~-]{0,60}")

# What may stand between a name and its value. Everything is bounded, and no two neighbours share a character.
_GAP = r"[ \t\u00a0]{0,40}"
_CLOSE = r"(?:\\{0,3}[\"'`]|\*{1,2})?[ \t]?(?:\[\d{0,4}\]|\])?(?:\[\])?(?:,[ \t]?(?:_|err|ok)\b)?"
_TYPE = (
    r"[?!]?[ \t]?:[ \t]{0,4}[A-Za-z_&*\[][\w.<>\[\]|&* ,]{0,40}?[ \t]{0,4}:?=(?!=|[ \t]*+(?:[\r\n]|\Z))"
    r"|(?:[Aa]s[ \t]{1,4})?[A-Za-z][\w.\[\]*]{0,30}[ \t]{0,4}=(?!=)"
)
_SIGN = r":=|:\*{2}|<{3}|\bis\b:?|=>|->|<-|={1,3}|!={1,2}|\?=|\?{2}|\|{2}|:-|:(?!:)|[：＝]|%3[Dd]|\bor\b"

_ASSIGNED = re.compile(
    rf"{_CLOSE}{_GAP}(?:{_TYPE}|{_SIGN}){_GAP}(?:(?:\(?[ \t]{{0,4}}\\?\r?\n[ \t]{{0,60}}|\([ \t]{{0,4}})(?=[\"'`]))?"
)
_CALLED = re.compile(r"[({]\s{0,40}(?:Some\()?(?=[\w@$]{0,2}\\?[\"'`])")
_LAST = re.compile(r"\\?[\"'`]\s{0,40}[)}]")
_NEXT = re.compile(r"\\{0,3}[\"'`]\)?[ \t]?,[ \t]{0,8}(?:\r?\n[ \t]{0,60})?(?=[\w@$]{0,2}\\?[\"'`])")
_OTHERWISE = re.compile(
    r"[\"'`]\)(?:[ \t]{0,4}(?:\{|do|\?:|\?\?|\|\||or)[ \t]{0,4}|\s{0,40}"
    r"\.(?:unwrap_or|orElse|getOrElse)\w{0,10}\((?:\|\w{0,8}\|[ \t]?)?)(?=[\"'`])"
)
"""What follows a variable's name where its value is missing: `ENV.fetch('PASSWORD') { '…' }`."""
_DEFAULT = re.compile(r"[\"'`],(?:[^()\n]{0,120}?[ ,])??default[ \t]{0,4}[=:][ \t]{0,4}(?=[bru]?[\"'`])")
"""An option with its value where none is given: `add_argument("--password", type=str, default="…")`."""
_OF_A_USER = re.compile(r"[ \t]{1,8}(?i:for)[ \t]{1,8}\S{1,80}[ \t]{0,8}=[ \t]{0,8}(?=[\"'])")
"""`SET PASSWORD FOR 'ada'@'%' = '…'`."""
_VALUED = re.compile(
    r"[\"']?,?\s{1,60}(?:[\"']\w{1,40}[\"']:[ \t]{1,4}(?:true|false|null|\d{1,9}),\s{1,60}){0,2}"
    r"[\"']?value[\"']?[ \t]{0,4}:[ \t]{1,4}(?=\S)"
)
"""An entry of a list: `- name: PASSWORD` and its `value: …` on the next line, or both in an object of JSON."""
_TUPLE = re.compile(r",[ \t]{0,4}(?=[\"'])")
_ATTRIBUTE = re.compile(r"[\"']\s{1,40}(?:value|content|Value)\s{0,4}=\s{0,4}(?=[\"'])")
_ELEMENT = re.compile(
    r"(?:[ \t][^<>\n]{0,200})?>\s{0,60}+(?:<!\[CDATA\[)?(?P<value>[^<>\n]{1,400})(?<!\]\])(?:\]\]>)?\s{0,60}</"
)
_ENTRY = re.compile(r"[\"']?>?\s{0,4}</?\w{1,20}>\s{0,40}<(?:string|value)>(?P<value>[^<>\n]{1,400})</")
_PROPERTY = re.compile(r"[\"'][ \t]{0,4}>\s{0,40}(?:<value>)?(?P<value>[^<>\n]{1,400})</")
_VARIABLE = re.compile(r"\"[ \t]{0,4}\{[^{}]{0,300}?\bdefault[ \t]{0,8}=[ \t]{0,8}(?=\")")
_GIVES = re.compile(
    r"(?i:env|[gs]et\w{0,20}|fetch|define|put|add\w{0,20}|property|default|option|with\w{0,20})\([\"'`]\Z"
)
_FLAG = re.compile(r"(?:[ \t]{1,8}|=)")
_SPACED = re.compile(r"\*?[ \t]{1,40}(?=[\"'`])")
_WORDED = re.compile(r"[ \t]{1,40}(?:[0579][ \t]{1,4})?(?=[^\s\[$(])")
_PROPERTIES = re.compile(r"(?:&[\w-]{1,40}|!!(?:str|binary))[ \t]{1,20}")
"""An anchor or a tag of YAML."""
_BLOCK = re.compile(r"(?:[|>][+-]?|\\)[ \t]{0,4}\r?\n[ \t]{1,60}")

_OPENING = re.compile(
    r"(?:[A-Za-z_&][\w.:]{0,60}(?:<\w{1,30}>)?\(|\[\]byte\()?[ \t]?(?:new [\w.]{1,60}\([ \t]?)?"
    r"(?P<mark>[bBrRuUfFlLN@$]{0,3})(?P<quote>\\{1,3}[\"'`]|\"{3}|'{3}|[\"'`]|%?qq?\{)"
)
_WRAPPERS = re.compile(
    r"(?:[\w.:]{0,40}[.:])?(?i:secretstr|secretbytes|secret|str|bytes|string|some|just|of|from|nsstring|securestring|sensitive"
    r"|plaintext|getbytes|password|token|apikey|text|\[\]byte|fromhex|unhexlify|hex|(?:url_?safe_?)?b(?:ase)?64_?decode|decode(?:string|_?hex|_?base64)?|atob)(?:<\w{1,30}>)?\("
)
_BARE = re.compile(r"[^\s\"'`<>\\]{1,400}")
_LONGEST = 1_000


def _value(text: str, start: int, end: int, chosen: bool) -> tuple[int, int] | None:
    """Start and end of the secret behind the name between `start` and `end`; None where there is none."""
    before = text[max(0, start - 60) : start]
    line = before[before.rfind("\n") + 1 :].removeprefix("\ufeff")
    for pattern in (_ELEMENT, _ENTRY, _PROPERTY):
        if line.endswith(("<", ":", '"', "'", ">")) and (match := pattern.match(text, end)) is not None:
            return _judged(text, *match.span("value"), chosen, quoted=True)
    if (match := _ASSIGNED.match(text, end)) is not None and not (line.endswith(":") and match[0] == ":"):
        return _behind(text, match.end(), chosen, line, start, match[0].strip())
    if _NAMED.search(line) and (match := _VALUED.match(text, end)) is not None:
        return _quoted(text, match.end(), chosen) or _bare(text, match.end(), chosen, literal=True)
    if line.endswith(("{", "{:")) and (match := _TUPLE.match(text, end)) is not None:
        return _quoted(text, match.end(), chosen)
    for pattern in (_CALLED, _DEFAULT, _NEXT, _OTHERWISE, _ATTRIBUTE, _VARIABLE, _OF_A_USER):
        if (match := pattern.match(text, end)) is not None and not (
            pattern is _CALLED and text[start:end].endswith("pass")
        ):
            span = _quoted(text, match.end(), chosen, plain=pattern is not _NEXT or _GIVES.search(line) is not None)
            return None if span and pattern is _CALLED and not _LAST.match(text, span[1]) else span
    if line.endswith("-") and (match := _FLAG.match(text, end)) is not None:
        return _quoted(text, match.end(), chosen) or _bare(text, match.end(), chosen, literal=True)
    if (not line.strip() or _KEYWORD.search(line) or text[start:end] == "PASSWORD") and (
        match := _SPACED.match(text, end)
    ) is not None:
        span = _quoted(text, match.end(), chosen)
        if span is None or text[start:end].lower() != "pass":
            return span
        return span if is_mixed(text[slice(*span)]) and _LINE_END.match(text, span[1] + 1) else None
    if text[start:end] == "pass" or (match := _WORDED.match(text, end)) is None:
        return None
    if _ENVIRONMENT.search(line):
        return _bare(text, match.end(), chosen, literal=True)
    if not line.strip() or _DEVICE.search(line):  # a line of settings: `password mango7Tractor`, `requirepass x`
        span = _bare(text, match.end(), chosen, literal=True)
        plain = text[start:end].lower() in _DIRECTIVES
        return span if span and _LINE_END.match(text, span[1]) and (plain or is_mixed(text[slice(*span)])) else None
    return None


_NAMED = re.compile(r"\b(?:name|key|Name|Key)[\"']?[ \t]{0,4}:[ \t]{1,4}[\"']?\Z")
_DIRECTIVES = ("requirepass", "masterauth")
_LINE_END = re.compile(r"[ \t]*+(?:[\r\n]|\Z)")
_DEVICE = re.compile(r"^[ \t]*(?:enable|username[ \t]+\S{1,60}|user[ \t]+\S{1,60}[ \t]+insecure-)[ \t]*\Z")
_KEYWORD = re.compile(
    r"(?:^|[\s(,{#])(?:set|setq|setf|def|defvar|defconst|defconstant|defparameter|defonce|:|-|define|const|\$)[ \t]?[:*]?\Z"
    r"|(?:^|\s)set(?:\(|[ \t]+-[a-zA-Z]{1,4}[ \t]+)\Z|[\s({]:\Z"
)
_ENVIRONMENT = re.compile(
    r"^[ \t]*(?i:env|arg|setx|set|setenv)(?:[ \t]+-{1,2}[\w-]{1,12}){0,3}[ \t]+\Z"
    r"|\bconfigure set[ \t]+\Z|\b(?:login|user)[ \t]+\S{1,80}[ \t]+\Z"
)


def _behind(text: str, at: int, chosen: bool, line: str, start: int, sign: str) -> tuple[int, int] | None:
    if sign == ":" and (noted := _PROPERTIES.match(text, at)) is not None:
        return _quoted(text, noted.end(), chosen) or _bare(text, noted.end(), chosen, literal=True)
    if (block := _BLOCK.match(text, at)) is not None:
        return _bare(text, block.end(), chosen, literal=block[0][0] != "\\")
    opening = _OPENING.match(text, at)
    if sign.startswith("is") or (sign.startswith(":") and _PROSE.match(line)):
        span = _quoted(text, at, chosen) if opening is not None else _bare(text, at, chosen, literal=True)
        return span if span and (is_mixed(text[slice(*span)]) or (opening and sign[0] == ":")) else None
    if opening is not None:
        return _quoted(text, at, chosen)
    return _bare(text, at, chosen, literal=_is_configuration(text, start, at, line, sign), between=line)


_PROSE = re.compile(r"[ \t]{0,40}(?:#|//|--|;|\*|>|-[ \t]|/\*)")
"""How a line of a comment or a list begins."""


def _quoted(text: str, at: int, chosen: bool, *, plain: bool = True) -> tuple[int, int] | None:
    """The literal that begins at `at`. Where it is not `plain` that it is the name's value, it has to look random."""
    opening = _OPENING.match(text, at)
    if opening is None:
        return None
    wrapper = text[at : opening.start("mark")].strip().removeprefix("new ")
    if wrapper and not _WRAPPERS.fullmatch(wrapper):
        return None
    start = opening.end()
    end = _closing(text, start, opening["quote"])
    if "f" in opening["mark"].lower() and "{" in text[start:end]:
        return None
    if not plain and not looks_random(text[start:end]):
        return None
    span = _judged(text, start, end, chosen, quoted=True)
    return (span[0], _last_part(text, end)) if span and span[1] == end else span


_JOINED = re.compile(r"(?P<quote>[\"'`])[ \t]{0,4}(?:\+|\.{1,2}|&|<>)?\\?\s{0,60}(?P=quote)")
_MOST_PARTS = 8


def _last_part(text: str, end: int) -> int:
    """Where the last literal ends of those that are joined to the one that ends at `end`."""
    for _ in range(_MOST_PARTS):
        joined = _JOINED.match(text, end)
        if joined is None:
            break
        end = _closing(text, joined.end(), joined["quote"])
    return end


def _closing(text: str, start: int, quote: str) -> int:
    """Where the literal ends: at its `quote`, else with the line."""
    limit = min(len(text), start + _LONGEST)
    if quote.endswith("{"):  # Perl's and Ruby's
        return next((at for at in (text.find("}", start, limit), text.find("\n", start, limit)) if at >= 0), limit)
    if len(quote) == 1:
        inside = _INSIDE[quote].match(text, start, limit)
        return inside.end() if inside else start
    end = text.find(quote, start, limit)
    line = text.find("\n", start, limit)
    ends = [each for each in (end, line if quote[0] == "\\" else -1) if each >= 0]
    return min(ends, default=limit)


_INSIDE = {
    '"': re.compile(r'(?:[^"\n\r\\]++|\\[^\n\r])*+'),
    "'": re.compile(r"(?:[^'\n\r\\]++|\\[^\n\r])*+"),
    "`": re.compile(r"(?:[^`\n\r\\]++|\\[^\n\r])*+"),
}


def _bare(text: str, at: int, chosen: bool, *, literal: bool, between: str = "") -> tuple[int, int] | None:
    """The value without quotes that begins at `at`. A `literal` one is no expression, whatever it looks like."""
    match = _BARE.match(text, at)
    if match is None:
        return None
    start, end = match.span()
    value = match[0]
    separator = "}" if text[start - 2 : start] in (":-", ":=") and "${" in between else _separator(between, value)
    if separator and separator in value:
        end = start + value.index(separator)
    elif not literal:
        end = start + len(value.rstrip(",;:)]}"))
    rest = _AFTER.match(text, end)
    if rest is None and not separator and not literal:
        return None
    return _judged(text, start, end, chosen, quoted=literal)


_AFTER = re.compile(r"[,;)\\]{0,4}[ \t]{0,40}(?:\Z|[\r\n#\"'`&;]|//|<)")


def _separator(line: str, value: str) -> str:
    """What ends a value among others of one string: `user=a;password=b;`, `?user=a&password=b`."""
    if ";" in value and (";" in line or (not line.endswith(" ") and re.search(r";[ \t]?\w[\w ]{0,30}=|;\Z", value))):
        return ";"
    if "&" in value and ("?" in line or "&" in line):
        return "&"
    return ""


def _is_configuration(text: str, start: int, at: int, line: str, sign: str) -> bool:
    """Whether a value without quotes is literal: in a file of settings, in a shell, or within a connection string."""
    name = text[start:at]
    if sign.endswith(":-") or line.endswith("-") or (sign == ":=" and line.endswith("${")):
        return True
    if "=" in sign and " " not in text[at - 2 : at] and " " not in name:
        if line in ("", "- ") or line.strip() == "-" or _SHELL.search(line):
            return True
        if re.search(r"[;?&\"']\Z|[^,] \Z", line) and _PAIRS.search(line + name):
            return True
        if _ARGUMENT.search(line) and (value := _BARE.match(text, at)) is not None and is_mixed(value[0]):
            return True
    if not line.strip() and (
        _SECTION.search(text, max(0, start - 600), start) or (sign in (":=", "?=") and name[0].isupper())
    ):
        return True
    return ":" in sign and _looks_like_yaml(text, start - len(line), at)


_SECTION = re.compile(r"^[ \t]*\[[\w .:\"/-]{1,60}\][ \t]*$", re.MULTILINE)
_SHELL = re.compile(
    r"(?:^|[\s;&|])(?:export|env|ENV|ARG|set|declare|readonly|local|-e|--env|-D|run)[ \t]+(?:-\w+[ \t]+)?\Z"
    r"|(?:^|[\s\"'])-[DPe]\Z|\$env:\Z|^Environment=[\"']?\Z"
    r"|(?:--set|--set-string|--from-literal|--build-arg|--env|--extra-vars|-{1,2}var)(?:[ \t]+|=)[\"']?\Z"
)
_ARGUMENT = re.compile(r"[\w/.-] [\"']?\Z")
_PAIRS = re.compile(r"\w=[^\s=;?&\"]{1,200}[;?&\" ]|[?&]\w*=|jdbc:|dbname=|host=", re.I)


def _looks_like_yaml(text: str, line: int, at: int) -> bool:
    """Whether the line's value is a word that is no type, and the lines around it are keys and values too."""
    end = text.find("\n", at, at + 400)
    value = text[at : end if end >= 0 else at + 400].strip()
    if not value or _TYPE_NAME.fullmatch(value) or value[-1] in ",;{(" or _CODE.search(value):
        return False
    around = (
        text[max(0, line - 300) : line].splitlines()[-2:] + text[end : end + 300].splitlines()[1:3] if end >= 0 else []
    )
    return bool(around) and all(not each.strip() or _PAIR.fullmatch(each) for each in around)


_TYPE_NAME = re.compile(
    r"(?:str|string|int|integer|bool|boolean|bytes|float|double|number|any|unknown|never|void|object|dict|list|char|null|None|secret)\??!?"
    r"|[A-Z][a-z]+(?:[A-Z][a-z]+)*[?!]?"
)
_CODE = re.compile(r"[()\[\]{}|]|\w\.\w+\.|^\w+\.[a-z_]+$")
_PAIR = re.compile(r"[ \t]*(?:#.*|---|-?[ \t]?[\w./\"'-]{1,80}:(?:[ \t][^,;(){}]{0,200})?|-[ \t][^,;(){}]{1,200})")


def _judged(text: str, start: int, end: int, chosen: bool, *, quoted: bool) -> tuple[int, int] | None:
    value = text[start:end]
    stripped = value.strip()
    start += len(value) - len(value.lstrip())
    end = start + len(stripped)
    return (start, end) if stripped and is_secret(stripped, chosen=chosen, quoted=quoted) else None
