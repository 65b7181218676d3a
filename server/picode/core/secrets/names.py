"""Names that say that their value is a secret: `DB_PASSWORD`, `githubToken`, `api-key`, `contraseña`."""

from __future__ import annotations

import re
from functools import lru_cache

PASSWORDS = frozenset(
    """
    password passwort kennwort passwd passwrd passw pword passphrase passcode passkey pwd pswd psswd psw pw pass
    requirepass masterauth psk contraseña contrasena clave motdepasse
    mdp senha parola parolă hasło haslo wachtwoord lösenord losenord passord adgangskode kodeord salasana heslo jelszó
    jelszo lozinka şifre sifre parool slaptažodis пароль κωδικός 密码 密碼 口令 パスワード 비밀번호 암호
    """.split()
)
"""Words for what people choose and remember, so that a value may look like anything."""

TOKENS = frozenset(
    """
    secret secrets token tokens sessionid sessid privkey credential credentials cred creds auth authorization apikey
    accesskey secretkey secretkeybase
    privatekey signingkey encryptionkey authkey masterkey sharedkey accountkey licensekey servicekey subscriptionkey
    sharedaccesskey presharedkey
    consumersecret clientsecret appsecret accesstoken authtoken refreshtoken bearertoken sessiontoken
    connectionstring connstr connectionkey storagekey deploykey pat jwt bearer seed mnemonic pepper salt секрет токен 密钥
    秘密鍵 トークン
    """.split()
)
"""Words for what machines make, so that a value looks random."""

KEYS = frozenset(
    """
    api access secret private priv signing sign encryption encrypt enc crypt crypto cipher aes hmac auth account license
    licence service master shared app client consumer db database storage subscription rapidapi bot deploy webhook
    session jwt admin integration ingest write server functions function host telegram stripe openai github gitlab
    google azure aws anthropic preshared wallet
    """.split()
)
"""Words that make a `key` a secret: no `primary_key` and no `cacheKey` is one."""

_ENDINGS = frozenset(
    """
    s access key value val raw base64 b64 hex plain plaintext text txt str string bytes prod production dev development
    test testing live stage staging local default new old current previous confirm confirmation confirmed again repeat
    repeated env var admin root main primary secondary sandbox data param arg prop property literal hash2 v
    """.split()
)
"""Words that may follow: `token_prod`, `password2`; not `token_count`."""

_OTHER = frozenset(
    """
    has is no not forgot forget reset invalid valid show hide toggle check verify require requires required needs need
    wrong missing bad max min num count next prev page continuation csrf xsrf public pub cancel cancellation syntax lex
    lexer parse stop eos bos pad sep cls unk mask special start end first last begin close open
    """.split()
)
"""Words in front that make it something else: `has_password`, `next_token`."""

_OWNERS = frozenset(
    """
    user admin root db database sql mysql pg postgres redis mongo rabbit ftp sftp ssh smtp imap mail email http proxy
    ldap bind sudo my remote local require
    store key keystore truststore cert vpn wifi service server client app host login account auth
    """.split()
)
"""Words that make a `pass` a password; in others it is a test that passes, or a step."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+|[A-Z]")
_LONGEST = 80


STEMS = ("pass", "pwd", "psw", "secret", "token", "key", "cred", "auth", "conn")
"""What most telling names have in them, in lower case; `EXACT` are the words of the others."""

EXACT = frozenset(word for word in PASSWORDS | TOKENS if not any(stem in word for stem in STEMS))


def words_of(text: str) -> set[str]:
    """The runs of letters in `text`, in lower case: that a word is missing rules out most formats at once."""
    lower = text.lower()
    return set(lower.translate(_APART).split() if text.isascii() else _LETTERS.findall(lower))


_APART = {code: " " for code in range(128) if not chr(code).isalpha()}
"""For ASCII alone: there `str.translate` is fast."""
_LETTERS = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=16_384)
def telling(name: str) -> bool | None:
    """Whether a person chose the value of `name`, so that it may look like anything, or a machine made it; None where `name`
    does not say that its value is a secret.

    >>> telling("DB_PASSWORD"), telling("settings.apiKey"), telling("max_tokens")
    (True, False, None)
    """
    if not 2 <= len(name) <= _LONGEST:
        return None
    words = [word.lower() for word in _WORD.findall(name)]
    while words and (words[-1] in _ENDINGS or words[-1].isdigit()) and not _is_key(words):
        words.pop()
    if not words or words[0] in _OTHER or (len(words) > 1 and words[-2] in _OTHER):
        return None
    last = words[-1]
    joined = "".join(words[-3:])
    if last == "pass":
        return True if len(words) == 1 or words[-2] in _OWNERS else None
    if last.endswith("pass") and last[:-4] in _OWNERS:
        return True
    if last in PASSWORDS or joined.endswith(_LONG_PASSWORDS):
        return True
    if last in TOKENS or joined.endswith(_LONG_TOKENS) or _is_key(words):
        return False
    return None


_LONG_PASSWORDS = tuple(each for each in PASSWORDS if len(each) > 5)
_LONG_TOKENS = (*(each for each in TOKENS if len(each) > 6), "token", "secret")


def _is_key(words: list[str]) -> bool:
    return len(words) > 1 and words[-1] in ("key", "keys") and words[-2] in KEYS


VENDORS = {
    "adafruit": "<url>{32}",
    "adobe": "<hex>{32}",
    "airtable": "(?:key)?<an>{14,17}",
    "algolia": "<lo>{32}",
    "alibaba": "<an>{30}",
    "amplitude": "<hex>{32}",
    "asana": "<hex>{32}",
    "atlassian": "<an>{20,24}",
    "aws": "[A-Za-z0-9+/=]{40}",
    "beamer": "b_[A-Za-z0-9=_-]{44}",
    "bitbucket": "<an>{32}|[A-Za-z0-9=_-]{64}",
    "bittrex": "<lo>{32}",
    "cloudflare": "<url>{40}|<hex>{37}",
    "codecov": "<an>{32}|<uuid>",
    "coinbase": "<url>{64}",
    "confluence": "<an>{20,24}",
    "confluent": "<an>{16}|[A-Za-z0-9+/]{64}",
    "contentful": "<url>{43}",
    "datadog": "<hex>{32}|<hex>{40}",
    "dd_app": "<hex>{40}",
    "discord": "<url>{32}|<hex>{64}",
    "drone": "<an>{32}",
    "dropbox": "<lo>{15}|sl\\.<url>{100,150}|<lo>{11}A{10}<url>{43}",
    "etsy": "<lo>{24}",
    "facebook": "<hex>{32}",
    "fastly": "<url>{32}",
    "finicity": "<hex>{32}|<lo>{20}",
    "finnhub": "<lo>{20}",
    "flickr": "<hex>{32}|<hex>{16}",
    "freshbooks": "<lo>{64}",
    "gitter": "<hex>{40}",
    "gocardless": "live_<url>{40}",
    "heroku": "<uuid>",
    "hubspot": "(?i:<uuid>)",
    "ibm_cloud": "<url>{44}",
    "intercom": "[A-Za-z0-9=_-]{60}",
    "jfrog": "<an>{64}|<an>{73}",
    "artifactory": "<an>{64}|<an>{73}",
    "jira": "<an>{20,24}",
    "kraken": "[A-Za-z0-9/=_+-]{80,90}",
    "kucoin": "<hex>{24}|<uuid>",
    "launchdarkly": "<url>{40}",
    "linkedin": "<an>{14}|<an>{16}",
    "mailchimp": "<hex>{32}-us[0-9]{1,2}",
    "mailgun": "<hex>{32}-<hex>{8}-<hex>{8}|<hex>{32}",
    "mapbox": "[sp]k\\.<url>{60,90}\\.<url>{22}",
    "mattermost": "<lo>{26}",
    "meraki": "<hex>{40}",
    "messagebird": "<an>{25}|<uuid>",
    "netlify": "<url>{40,46}",
    "newrelic": "<an>{64}|<an>{40}",
    "new_relic": "<an>{64}|<an>{40}",
    "nytimes": "<an>{32}",
    "okta": "00[A-Za-z0-9_=-]{40}",
    "pagerduty": "<url>{20,32}",
    "plaid": "<an>{24}|<an>{30}",
    "rapidapi": "<url>{50}",
    "sendbird": "<hex>{40}|<uuid>",
    "sentry": "<hex>{64}",
    "snyk": "<uuid>",
    "softlayer": "<lo>{64}",
    "squarespace": "<uuid>",
    "sumo": "su<an>{12}|<an>{64}",
    "travis": "<url>{22}",
    "trello": "<hex>{32}|<hex>{64}",
    "twilio": "<hex>{32}",
    "twitch": "<lo>{30}",
    "twitter": "<an>{25}|<an>{45}|<an>{50}|[0-9]{15,25}-<an>{20,40}|A{22}[A-Za-z0-9%]{80,100}",
    "zendesk": "<an>{40}",
}
"""By an issuer's name: what values of names that hold it look like (`shapes.CLASSES`), after gitleaks and detect-secrets; see
`shapes`."""
