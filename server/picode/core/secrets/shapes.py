"""How secrets look: the shapes that those who give them out have published, and the names that values of no shape go by.

Each has `marks`, fixed characters that it begins with: text is searched for those, which passes over everything else quickly.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of secret: after one of the `marks`, what `rest` matches. `source` is where its shape is published.

    Where only a part of it is the secret, such as the password in an address, that part is the group `secret` of `rest`. A
    shape that ordinary text has too is `vague`: it counts only where it looks random.
    """

    kind: str
    marks: tuple[str, ...]
    rest: str
    source: str
    vague: bool = False


_GOOGLE = "https://developers.google.com/identity/protocols/oauth2"
_GITLAB = "pat oas dt rt rtr cbt ptt ft imt agent wt soat ffct".split()

SHAPES = (
    # Those who serve models. OpenRouter's, DeepSeek's and Anthropic's keys begin like OpenAI's.
    Shape(
        "provider key",
        ("sk-",),
        r"[A-Za-z0-9_-]{20,400}",
        "https://platform.openai.com/docs/api-reference/authentication, https://docs.claude.com/en/api/overview",
        vague=True,
    ),
    Shape("provider key", ("gsk_",), r"[A-Za-z0-9]{40,100}", "https://console.groq.com/docs/quickstart"),
    Shape("provider key", ("xai-",), r"[A-Za-z0-9]{40,200}", "https://docs.x.ai/docs/tutorial"),
    Shape("provider key", ("pplx-",), r"[A-Za-z0-9]{32,100}", "https://docs.perplexity.ai/guides/api-key-management"),
    Shape("provider key", ("hf_",), r"[A-Za-z0-9]{30,60}", "https://huggingface.co/docs/hub/security-tokens"),
    Shape(
        "provider key", ("tgp_v1_",), r"[A-Za-z0-9_-]{30,100}", "https://docs.together.ai/reference/authentication-1"
    ),
    Shape(
        "provider key",
        ("fw_",),
        r"[A-Za-z0-9]{20,60}",
        "https://docs.fireworks.ai/api-reference/introduction",
        vague=True,
    ),
    Shape("Google key", ("AIza",), r"[A-Za-z0-9_-]{35}", "https://cloud.google.com/docs/authentication/api-keys"),
    Shape("Google key", ("GOCSPX-",), r"[A-Za-z0-9_-]{28}", _GOOGLE),
    Shape("Google key", ("ya29.",), r"[A-Za-z0-9_-]{20,1024}", _GOOGLE),
    # Clouds
    Shape(
        "AWS key",
        ("AKIA", "ASIA"),
        r"[A-Z2-7]{16}(?![A-Z0-9])",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids",
    ),
    Shape(
        "DigitalOcean token",
        ("dop_v1_", "doo_v1_", "dor_v1_"),
        r"[a-f0-9]{64}",
        "https://docs.digitalocean.com/reference/api/create-personal-access-token/",
    ),
    # Forges and registries
    Shape(
        "GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        r"[A-Za-z0-9]{36,255}",
        "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github"
        "#githubs-token-formats",
    ),
    Shape(
        "GitHub token",
        ("github_pat_",),
        r"[A-Za-z0-9_]{60,255}",
        "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/managing-your-personal-access-tokens",
    ),
    Shape(
        "GitLab token",
        tuple(f"gl{each}-" for each in _GITLAB),
        r"[A-Za-z0-9_.-]{20,300}",
        "https://docs.gitlab.com/security/tokens/#token-prefixes",
        vague=True,
    ),
    Shape("npm token", ("npm_",), r"[A-Za-z0-9]{36}", "https://docs.npmjs.com/about-access-tokens"),
    Shape("PyPI token", ("pypi-AgE",), r"[A-Za-z0-9_-]{50,400}", "https://pypi.org/help/#apitoken"),
    # Services
    Shape(
        "Slack token",
        ("xox",),
        r"[abeoprs][.-][A-Za-z0-9.-]{10,300}",
        "https://docs.slack.dev/authentication/tokens",
        vague=True,
    ),
    Shape(
        "Slack token",
        ("xapp-",),
        r"[A-Za-z0-9-]{20,300}",
        "https://docs.slack.dev/authentication/tokens",
        vague=True,
    ),
    Shape(
        "Slack webhook",
        ("hooks.slack.com/services/",),
        r"(?P<secret>T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]{20,30})",
        "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
    ),
    Shape(
        "Stripe key",
        ("sk_live_", "sk_test_", "rk_live_", "rk_test_"),
        r"[A-Za-z0-9]{16,250}",
        "https://docs.stripe.com/keys",
    ),
    Shape("Stripe key", ("whsec_",), r"[A-Za-z0-9+/=]{24,100}", "https://docs.stripe.com/webhooks"),
    Shape(
        "SendGrid key",
        ("SG.",),
        r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys",
    ),
    Shape(
        "Shopify token",
        ("shpat_", "shpca_", "shppa_", "shpss_"),
        r"[A-Fa-f0-9]{32}",
        "https://shopify.dev/docs/apps/build/authentication-authorization",
    ),
    # Standards
    Shape(
        "JWT",
        ("eyJ",),
        r"[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{10,2000}",
        "https://www.rfc-editor.org/rfc/rfc7519#section-3",
    ),
    Shape(
        "private key",
        ("-----BEGIN ",),
        # Whole, or cut off by the end of what is shown: then whatever may belong to it.
        r"[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        r"(?=[^-]{0,80}[A-Za-z0-9+/=]{16})(?P<secret>[^-]{1,20000}(?=-----END)|[A-Za-z0-9+/=\s\\:,.\"'-]{1,20000})",
        "https://www.rfc-editor.org/rfc/rfc7468#section-10",
    ),
    Shape(
        "password in an address",
        ("://",),
        r"[^\s:/@\"'`<>{}\[\]]{0,64}:(?P<secret>[^\s/@\"'`<>{}\[\]$%*]{3,128})@",
        "https://www.rfc-editor.org/rfc/rfc3986#section-3.2.1",
    ),
    Shape(
        "password of a connection",
        (";Password=", ";Pwd=", ";PWD=", "; Password=", ";AccountKey=", ";SharedAccessKey="),
        r"(?P<secret>[^\s;\"'`<>{}$%*]{3,200})",
        "https://learn.microsoft.com/en-us/dotnet/framework/data/adonet/connection-string-syntax",
    ),
    Shape(
        "authorization",
        ("Bearer ", "bearer ", "Basic "),
        r"(?P<secret>[A-Za-z0-9._~+/-]{16,2000}={0,2})",
        "https://www.rfc-editor.org/rfc/rfc6750#section-2.1, https://www.rfc-editor.org/rfc/rfc7617#section-2",
        vague=True,
    ),
)

NAMES = ("password", "passwd", "passphrase", "passcode", "pwd", "secret", "token", "credential", "key")
"""What the name of a secret ends in, but for `NAME_END`: `DB_PASSWORD`, `githubToken`, `api-key`; not `token_count`."""

KEYS = r"(?i:api|access|secret|private|signing|encryption|auth|account|license|service)[_-]?"
"""What a `key` must follow to be a secret: no `primary_key` and no `cacheKey` is one."""

NAME_END = r"s?(?:[_-]?(?:access|key|value|raw|base64|prod|dev|test|live|\d{1,2}))*"

VALUE = r"[^\s\"'`<>{}()\[\],;$%*]{8,400}"
"""What may be one: no space and no bracket, no `$HOME`, `%s` or `****`."""
