"""What stands in a secret's place while its text is away: words that a model copies as they are."""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from picode.core.secrets.finding import find

_LETTERS = 8
_WHOLE = re.compile(r"SECRET_[A-Z2-7]{8}")
_BEGINNING = re.compile(r"(?:S|SE|SEC|SECR|SECRE|SECRET|SECRET_[A-Z2-7]{0,7})\Z")


class Placeholders:
    """Placeholders of one session. The same secret always has the same one, which says nothing of it: `key` is random and
    stays here."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Placeholders(…)"

    def of(self, secret: str) -> str:
        """The placeholder for `secret`: a name, as it may stand in any language."""
        digest = hmac.digest(self._key, secret.encode("utf-8", "surrogatepass"), "sha256")
        return f"SECRET_{b32encode(digest)[:_LETTERS].decode()}"

    def redact(self, text: str, cuts: Iterable[int] = (), *, typed: Iterable[int] = ()) -> Redacted:
        """`text` without its secrets, cut at the offsets `cuts`: a secret that lies across one is whole in the piece that it
        begins in. The user types at the offset `typed`, see `find`."""
        pieces: list[str] = []
        secrets: dict[str, str] = {}
        kinds: Counter[str] = Counter()
        found = find(text, tuple(typed))
        start = 0
        for end in (*cuts, len(text)):
            piece, at = [], start
            for each in found:
                if each.end <= start or each.start >= end:
                    continue
                if each.start >= start:
                    secret = text[each.start : each.end]
                    word = self.of(secret)
                    secrets[word] = secret
                    kinds[each.kind] += 1
                    piece += [text[at : each.start], word]
                at = min(each.end, end)
            piece.append(text[at:end])
            pieces.append("".join(piece))
            start = end
        return Redacted(tuple(pieces), secrets, kinds)


class Redacted:
    """Text without secrets, in pieces; the `secrets` by their placeholders, and how many of each kind there were."""

    __slots__ = ("kinds", "pieces", "secrets")

    def __init__(self, pieces: tuple[str, ...], secrets: Mapping[str, str], kinds: Mapping[str, int]) -> None:
        self.pieces = pieces
        self.secrets = secrets
        self.kinds = kinds

    def __repr__(self) -> str:
        return f"Redacted({len(self.pieces)} pieces, {dict(self.kinds)})"


class Restorer:
    """Puts secrets back into an answer that arrives in pieces.

    `shown` is what the model was shown. A secret that would stand in the target of a link or an image, where it was not
    before, is not put back: a renderer that follows the target would send it elsewhere. Nor is one of `foreign`, the
    placeholders of secrets in other files. Both stay placeholders and are counted in `withheld`.
    """

    def __init__(self, secrets: Mapping[str, str], *, foreign: Collection[str] = (), shown: Sequence[str] = ()) -> None:
        self._secrets = secrets
        self._foreign = foreign
        self._shown = shown
        self._held = ""
        self._before = ""
        self.withheld = 0

    def __repr__(self) -> str:
        return f"Restorer({len(self._secrets)} secrets)"

    def feed(self, text: str) -> str:
        """What of the answer is certain, now that `text` has come. An end that may be the beginning of a placeholder waits."""
        text = self._held + text
        pieces, at = [], 0
        for found in _WHOLE.finditer(text):
            pieces += [text[at : found.start()], self._put_back(found[0], text[at : found.start()])]
            at = found.end()
        beginning = _BEGINNING.search(text, max(at, len(text) - _LONGEST))
        self._held = beginning[0] if beginning else ""
        pieces.append(text[at : len(text) - len(self._held)])
        self._before = (self._before + pieces[-1])[-_CONTEXT:]
        return "".join(pieces)

    def close(self) -> str:
        """What was waiting when the answer ended."""
        text, self._held = self._held, ""
        return text

    def _put_back(self, word: str, between: str) -> str:
        self._before = (self._before + between)[-_CONTEXT:]
        secret = self._secrets.get(word)
        lead = _LEAD.search(self._before)
        self._before = (self._before + word)[-_CONTEXT:]
        if secret is None:
            return word
        target = lead[0] if lead else ""
        if word in self._foreign or (_TARGET.search(target) and not any(target + word in each for each in self._shown)):
            self.withheld += 1
            return word
        return secret


_LONGEST = len("SECRET_") + _LETTERS - 1
_CONTEXT = 400
"""Characters in front of a placeholder that tell whether it stands in a link."""
_LEAD = re.compile(r"(?<!\S)\S{1,400}\Z")
_TARGET = re.compile(
    r"\]\(|\]:|\b(?:https?|ftps?|wss?|file|smb|vscode[\w-]{0,20}|mailto|javascript|data|command):|www\."
    r"|(?:src|href|action|data|poster|srcset)=|url\(|^//|^\\\\",
    re.IGNORECASE,
)
"""What makes an address of the characters in front of a placeholder: one that a renderer fetches, or a click opens."""
