"""How secrets look: the formats that their issuers have published, as data.

The table follows the rules that two scanners maintain, gitleaks (MIT licence) and detect-secrets (Apache License 2.0), and the
issuers' own pages. It is written anew in the notation below and shares no code with either. Each format is a fixed `mark`
and a sequence of character classes of bounded length, so that matching it takes time linear in its length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

CLASSES = {
    "<an>": "[A-Za-z0-9]",
    "<lo>": "[a-z0-9]",
    "<up>": "[A-Z0-9]",
    "<hex>": "[0-9a-f]",
    "<HEX>": "[0-9A-Fa-f]",
    "<url>": "[A-Za-z0-9_-]",
    "<b64>": "[A-Za-z0-9+/]",
    "<uuid>": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}
"""Character classes by their names in `Shape.rest` and in `names.VENDORS`."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One published format: after one of the `marks`, which are separated by spaces, what `rest` matches.

    `before` is what must stand in front of the mark and belongs to the secret, for formats whose mark is in the middle. Where
    only a part is the secret, that part is the group `secret` of `rest`. A format that ordinary text has too is `vague`: it
    counts only where it looks random. `source` is where the format is published.
    A text without one of the `words` (see `words_of`) has none of the format, so that it need not be searched for.
    """

    kind: str
    marks: str
    rest: str
    source: str
    vague: bool = False
    before: str = ""
    words: str = ""


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """`pattern` with the names of `CLASSES` written out. Most are never needed, so that each is compiled on first use."""
    for name, characters in CLASSES.items():
        pattern = pattern.replace(name, characters)
    return re.compile(pattern)


_GITLEAKS = "https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml"
_DETECT = "https://github.com/Yelp/detect-secrets/tree/master/detect_secrets/plugins"
_OPENAI = "https://platform.openai.com/docs/api-reference/authentication"
_GOOGLE = "https://developers.google.com/identity/protocols/oauth2"
_AWS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"
_AWS_SIGNED = "https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"
_GITHUB = (
    "https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github"
)
_GITLAB = "https://docs.gitlab.com/security/tokens/#token-prefixes"
_SLACK = "https://docs.slack.dev/authentication/tokens"
_END = "(?![A-Za-z0-9])"

WORDS = (
    # Issuers of model keys. OpenRouter's, DeepSeek's and Anthropic's begin like OpenAI's.
    Shape("provider key", "sk-", r"<url>{20,400}", _OPENAI, vague=True),
    Shape("provider key", "gsk_", r"<an>{40,100}", "https://console.groq.com/docs/quickstart"),
    Shape("provider key", "xai-", r"<an>{40,200}", "https://docs.x.ai/docs/tutorial"),
    Shape("provider key", "pplx-", r"<an>{32,100}", "https://docs.perplexity.ai/guides/api-key-management"),
    Shape("provider key", "hf_ api_org_", r"<an>{30,60}", "https://huggingface.co/docs/hub/security-tokens"),
    Shape("provider key", "tgp_v1_", r"<url>{30,100}", "https://docs.together.ai/reference/authentication-1"),
    Shape("provider key", "fw_", r"<an>{20,60}", "https://docs.fireworks.ai/api-reference/introduction", vague=True),
    Shape("provider key", "r8_", r"<an>{37}", "https://replicate.com/docs/topics/security/api-tokens"),
    Shape("provider key", "nvapi-", r"<url>{60,70}", "https://docs.nvidia.com/nim/"),
    Shape("provider key", "lsv2_pt_ lsv2_sk_", r"<hex>{32}_<hex>{10}", "https://docs.smith.langchain.com/"),
    # Clouds
    Shape("Google key", "AIza", r"<url>{35}", "https://cloud.google.com/docs/authentication/api-keys"),
    Shape("Google key", "GOCSPX-", r"<url>{28}", _GOOGLE),
    Shape("Google key", "ya29.", r"<url>{20,1024}", _GOOGLE),
    Shape("AWS key", "AKIA ASIA ABIA ACCA", r"[A-Z2-7]{16}" + _END, _AWS),
    Shape("AWS key", "ABSK", r"<b64>{100,280}={0,2}", _GITLEAKS),
    Shape("Azure secret", "Q~", r"[A-Za-z0-9_~.-]{31,34}", _GITLEAKS, before=r"[A-Za-z0-9_~.]{3}[0-9]"),
    Shape("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"<hex>{64}", _GITLEAKS),
    Shape("Alibaba key", "LTAI", r"<an>{12,24}" + _END, _GITLEAKS),
    Shape("Yandex key", "AQVN", r"<url>{35,38}", _GITLEAKS),
    Shape("Yandex key", "t1.", r"<url>{1,1000}={0,2}\.<url>{86}={0,2}", _GITLEAKS),
    Shape("Yandex key", "y0_", r"<url>{50,60}", "https://yandex.com/dev/id/doc/en/", vague=True),
    Shape("Heroku key", "HRKU-AA", r"<url>{58}", _GITLEAKS),
    Shape("Fly token", "fo1_", r"<url>{43}", _GITLEAKS),
    Shape("Fly token", "fm1a_ fm1r_ fm2_", r"<b64>{100,2000}={0,3}", _GITLEAKS),
    Shape("Scalingo token", "tk-us-", r"<url>{48}", _GITLEAKS),
    Shape("PlanetScale token", "pscale_tkn_ pscale_oauth_ pscale_pw_", r"[A-Za-z0-9_=.-]{32,64}", _GITLEAKS),
    Shape("Databricks token", "dapi dkea", r"<hex>{32}(?:-[0-9])?" + _END, _GITLEAKS),
    Shape("Supabase key", "sbp_", r"<hex>{40}", "https://supabase.com/docs/guides/api/api-keys"),
    Shape("Supabase key", "sb_secret_", r"<url>{31}", "https://supabase.com/docs/guides/api/api-keys"),
    Shape("Neon key", "napi_", r"<lo>{64}", "https://neon.com/docs/manage/api-keys"),
    Shape("Aiven key", "AVNS_", r"<an>{12,30}", "https://aiven.io/docs/platform", vague=True),
    Shape("ClickHouse key", "4b1d", r"<an>{38}" + _END, _GITLEAKS),
    Shape("Cloudflare key", "v1.0-", r"<hex>{24}-<hex>{146}", _GITLEAKS),
    Shape(
        "Tailscale key", "tskey-", r"[a-z]{2,12}-<an>{8,30}-<an>{20,60}", "https://tailscale.com/kb/1252/key-prefixes"
    ),
    Shape("Netlify token", "nfp_", r"<an>{36}", "https://docs.netlify.com/"),
    Shape("Render key", "rnd_", r"<an>{28,40}", "https://render.com/docs/api"),
    # Forges, registries, build services
    Shape("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"<an>{36,255}", _GITHUB),
    Shape("GitHub token", "github_pat_", r"[A-Za-z0-9_]{60,255}", _GITHUB),
    Shape(
        "GitLab token",
        "glpat- gloas- gldt- glrt- glrtr- glcbt- glptt- glft- glffct- glimt- glagent- glwt- glsoat- GR1348941",
        r"[A-Za-z0-9_.-]{20,300}",
        _GITLAB,
    ),
    Shape("Atlassian token", "ATATT3 ATCTT3 ATBB", r"[A-Za-z0-9_=-]{24,240}", _GITLEAKS, vague=True),
    Shape("npm token", "npm_", r"<an>{36}", "https://docs.npmjs.com/about-access-tokens"),
    Shape("PyPI token", "pypi-AgE", r"<url>{50,1000}", "https://pypi.org/help/#apitoken"),
    Shape("RubyGems token", "rubygems_", r"<hex>{48}", _GITLEAKS),
    Shape("Clojars token", "CLOJARS_", r"<lo>{60}", _GITLEAKS),
    Shape("crates.io token", "cio", r"<an>{32}" + _END, "https://crates.io/settings/tokens", vague=True),
    Shape(
        "NuGet key", "oy2", r"<lo>{43}" + _END, "https://learn.microsoft.com/en-us/nuget/nuget-org/publish-a-package"
    ),
    Shape("Docker token", "dckr_pat_ dckr_oat_", r"<url>{20,60}", "https://docs.docker.com/security/access-tokens/"),
    Shape("Artifactory token", "AKCp", r"<an>{69}", _GITLEAKS),
    Shape("Artifactory token", "cmVmdGtu", r"<an>{56}", _GITLEAKS),
    Shape("CircleCI token", "CCIPAT_", r"<an>{10,40}_<hex>{40}", "https://circleci.com/docs/managing-api-tokens/"),
    Shape("Buildkite token", "bkua_ bkaa_", r"<an>{32,64}", "https://buildkite.com/docs/apis/managing-api-tokens"),
    Shape("Sonar token", "squ_ sqp_ sqa_", r"<hex>{40}", "https://docs.sonarsource.com/"),
    Shape("Octopus key", "API-", r"(?=[A-Z]{0,20}[0-9])<up>{25,32}" + _END, _GITLEAKS),
    Shape("Sourcegraph token", "sgp_", r"(?:(?:<hex>{16}|local)_)?<hex>{40}", _GITLEAKS),
    Shape("Sourcegraph token", "slk_", r"<hex>{64}", _GITLEAKS),
    # Infrastructure
    Shape("Vault token", "hvs. hvb. hvr.", r"<url>{24,300}", _GITLEAKS),
    Shape("Terraform token", ".atlasv1.", r"[A-Za-z0-9_=-]{60,70}", _GITLEAKS, before=r"<an>{14}"),
    Shape("Pulumi token", "pul-", r"<hex>{40}", _GITLEAKS),
    Shape(
        "Doppler token",
        "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.",
        r"(?:[a-z0-9_-]{2,35}\.)?<an>{40,44}",
        _GITLEAKS,
    ),
    Shape("1Password token", "ops_eyJ", r"<b64>{250,2000}={0,3}", _GITLEAKS),
    Shape("1Password key", "A3-", r"<up>{6}-(?:<up>{11}|<up>{6}-<up>{5})-<up>{5}-<up>{5}-<up>{5}", _GITLEAKS),
    Shape("age key", "AGE-SECRET-KEY-1", r"[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}", _GITLEAKS),
    Shape("OpenShift token", "sha256~", r"<url>{43}", _GITLEAKS),
    Shape("Dynatrace token", "dt0c01. dt0s01. dt0s16.", r"<an>{24}\.<an>{64}", _GITLEAKS),
    Shape("Grafana token", "eyJrIjoi", r"<an>{40,400}={0,3}", _GITLEAKS),
    Shape("Grafana token", "glc_", r"<b64>{32,400}={0,3}", _GITLEAKS),
    Shape("Grafana token", "glsa_", r"<an>{32}_<HEX>{8}", _GITLEAKS),
    Shape("New Relic key", "NRAK- NRJS- NRRA- NRIQ- NRAL-", r"<an>{19,42}", _GITLEAKS),
    Shape("New Relic key", "NRII-", r"<url>{32}", _GITLEAKS),
    Shape("New Relic key", "NRAL", r"", _GITLEAKS, before=r"<hex>{36}"),
    Shape("Sentry token", "sntrys_eyJ", r"<b64>{50,500}={0,2}_<b64>{43}", _GITLEAKS),
    Shape("Sentry token", "sntryu_ sntryi_", r"<hex>{64}", _GITLEAKS),
    Shape("Prefect token", "pnu_ pnb_", r"<an>{36}", _GITLEAKS),
    Shape("Infracost key", "ico-", r"<an>{32}" + _END, _GITLEAKS, vague=True),
    Shape("Harness token", "pat. sat.", r"<url>{22}\.<an>{24}\.<an>{20}", _GITLEAKS),
    Shape("LaunchDarkly key", "sdk- mob- api-", r"<uuid>" + _END, "https://launchdarkly.com/docs/home/account/api"),
    Shape("Defined Networking token", "dnkey-", r"<url>{26}-<url>{52}", _GITLEAKS),
    # Services
    Shape(
        "Slack token",
        "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs-",
        r"(?:[0-9]{1,14}-){0,4}<an>{8,400}",
        _SLACK,
        vague=True,
    ),
    Shape("Slack token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs-", r"(?:[0-9]{1,14}-){1,4}<an>{8,400}", _SLACK),
    Shape("Slack token", "xoxe.xoxb- xoxe.xoxp- xapp-", r"[0-9]-(?:<an>{8,14}-)?(?:[0-9]{8,14}-)?<an>{40,400}", _SLACK),
    Shape(
        "Stripe key",
        "sk_live_ sk_test_ rk_live_ rk_test_ sk_prod_ rk_prod_",
        r"<an>{10,250}",
        "https://docs.stripe.com/keys",
    ),
    Shape("Stripe key", "whsec_", r"<b64>{24,100}={0,2}", "https://docs.stripe.com/webhooks"),
    Shape("SendGrid key", "SG.", r"<url>{16,32}\.<url>{16,64}", _GITLEAKS, vague=True),
    Shape("Shopify token", "shpat_ shpca_ shppa_ shpss_", r"<HEX>{32}", _GITLEAKS),
    Shape("Twilio key", "SK", r"<HEX>{32}" + _END, _GITLEAKS),
    Shape("Mailgun key", "key-", r"<hex>{32}" + _END, _GITLEAKS),
    Shape("Mailgun key", "pubkey-", r"<hex>{32}" + _END, _GITLEAKS),
    Shape("Mailchimp key", "-us", r"[0-9]{1,2}" + _END, _GITLEAKS, before=r"<hex>{32}"),
    Shape("Brevo key", "xkeysib- xsmtpsib-", r"<hex>{64}-<an>{16}", _GITLEAKS),
    Shape("Resend key", "re_", r"<an>{8}_<an>{24}", "https://resend.com/docs/api-reference/introduction"),
    Shape("Postman key", "PMAK-", r"<HEX>{24}-<HEX>{34}", _GITLEAKS),
    Shape("Linear key", "lin_api_ lin_oauth_", r"<an>{40,64}", _GITLEAKS),
    Shape("Notion token", "ntn_", r"[0-9]{11}<an>{35}", _GITLEAKS),
    Shape("Notion token", "secret_", r"<an>{43}" + _END, "https://developers.notion.com/docs/authorization"),
    Shape("Airtable token", "pat", r"<an>{14}\.<hex>{64}", _GITLEAKS),
    Shape(
        "Figma token",
        "figd_ figu_ figoh_ figor_",
        r"<url>{36,60}",
        "https://www.figma.com/developers/api#access-tokens",
    ),
    Shape("ReadMe key", "rdme_", r"<lo>{70}", _GITLEAKS),
    Shape("Typeform token", "tfp_", r"[A-Za-z0-9_.=-]{40,62}", _GITLEAKS),
    Shape("Frame.io token", "fio-u-", r"[A-Za-z0-9_=-]{64}", _GITLEAKS),
    Shape("Duffel token", "duffel_test_ duffel_live_", r"[A-Za-z0-9_=-]{43}", _GITLEAKS),
    Shape("EasyPost key", "EZAK EZTK", r"<an>{54}", _GITLEAKS),
    Shape("Shippo key", "shippo_live_ shippo_test_", r"<HEX>{40}", _GITLEAKS),
    Shape("Square token", "sq0atp- sq0csp- EAAA", r"<url>{22,60}", _GITLEAKS, vague=True),
    Shape("Flutterwave key", "FLWSECK_TEST- FLWSECK- FLWPUBK_TEST-", r"<an>{12,32}(?:-X)?", _GITLEAKS),
    Shape("Plaid token", "access-sandbox- access-development- access-production-", r"<uuid>", _GITLEAKS),
    Shape("Facebook token", "EAA", r"<an>{100,400}", _GITLEAKS),
    Shape("Discord token", ".", r"<url>{6}\.<url>{27,38}" + _END, _DETECT, before=r"[MNO]<url>{23,27}", vague=True),
    Shape("Adobe secret", "p8e-", r"<url>{32}", _GITLEAKS),
    Shape("Intra42 secret", "s-s4t2ud- s-s4t2af-", r"<hex>{64}", _GITLEAKS),
    Shape("SettleMint token", "sm_aat_ sm_pat_ sm_sat_", r"<an>{16}", _GITLEAKS),
    Shape("PostHog key", "phx_ phc_", r"<an>{40,50}", "https://posthog.com/docs/api"),
    Shape("Contentful token", "CFPAT-", r"<url>{43}", "https://www.contentful.com/developers/docs/"),
    Shape("HubSpot token", "pat-na1- pat-eu1- pat-na2-", r"<uuid>", "https://developers.hubspot.com/docs/"),
    Shape("Asana token", "1/", r"[0-9]{10,16}(?:/[0-9]{10,16})?:<hex>{32}", _GITLEAKS),
    Shape("Google key", "1//0", r"<url>{40,200}", _GOOGLE),
    Shape("Slack webhook", "hooks.slack.com/", r"[a-z]{4,20}/(?P<secret>[A-Za-z0-9+/]{30,70})", _SLACK),
    Shape(
        "Discord webhook",
        "api/webhooks/",
        r"(?P<secret>[0-9]{15,20}/<url>{50,80})",
        "https://docs.discord.com/developers/",
    ),
    Shape("Teams webhook", "webhook.office.com/", r"(?P<secret>webhookb?2?/[A-Za-z0-9@/-]{60,300})", _GITLEAKS),
    # Standards
    Shape(
        "JWT",
        "eyJ",
        r"<url>{8,2000}\.eyJ<url>{8,8000}\.<url>{10,2000}",
        "https://www.rfc-editor.org/rfc/rfc7519#section-3",
    ),
    Shape("JWT", "ZXlK", r"[A-Za-z0-9+/_-]{60,8000}={0,2}", _GITLEAKS),
)
"""Formats that begin a word, and those with their mark within one (`before`)."""

ANYWHERE = (
    Shape("Telegram token", ":AA", r"<url>{33}" + _END, "https://core.telegram.org/bots/api", before=r"[0-9]{8,10}"),
    Shape("AWS signature", "Signature=", r"(?P<secret><hex>{64})" + _END, _AWS_SIGNED),
    Shape("Azure signature", "sig=", r"(?P<secret><an>[A-Za-z0-9%+/]{38,80}={0,2})", _DETECT, vague=True, words="sig"),
    Shape("Azure key", "AccountKey=", r"(?P<secret><b64>{60,90}={0,2})", _DETECT, words="accountkey"),
    Shape(
        "private key",
        "-----BEGIN",
        # Whole, or cut off by the end of what is shown: then whatever may belong to it.
        r" [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
        r"(?=[^-]{0,80}[A-Za-z0-9+/=]{16})(?P<secret>[^-]{1,20000}(?=-----END)|[A-Za-z0-9+/=\s\\:,.\"'-]{1,20000})",
        "https://www.rfc-editor.org/rfc/rfc7468#section-10",
        words="begin",
    ),
    Shape(
        "private key",
        "Private-Lines:",
        r" [0-9]{1,3}\r?\n(?P<secret>(?:[A-Za-z0-9+/=]{1,80}[\r\n]{1,2}){1,200})",
        "https://tartarus.org/~simon/putty-snapshots/htmldoc/AppendixC.html",
        words="lines",
    ),
    Shape(
        "private key",
        '"d"',
        r'[ \t]?:[ \t]?"(?P<secret><url>{40,700})"',
        "https://www.rfc-editor.org/rfc/rfc7518#section-6.2.2",
        vague=True,
        words="kty",
    ),
    Shape(
        "wallet's key",
        "Wallet( accounts:",
        r"[ \t]?\[?[\"'`](?:0x)?(?P<secret><HEX>{64})[\"'`]",
        "https://docs.ethers.org/v6/api/wallet/",
        words="wallet accounts",
    ),
    Shape(
        "one-time password's key",
        "TOTP( HOTP(",
        r"[\"'](?P<secret>[A-Z2-7]{16,128}={0,6})[\"']",
        "https://www.rfc-editor.org/rfc/rfc6238",
        words="totp hotp",
    ),
    Shape(
        "authorization",
        "Bearer bearer BEARER Basic basic Token",
        r"[ \t]{1,3}(?:[Tt]oken=)?[\"']?(?P<secret>[A-Za-z0-9._~+/-]{12,2000}={0,2})",
        "https://www.rfc-editor.org/rfc/rfc6750#section-2.1, https://www.rfc-editor.org/rfc/rfc7617#section-2",
        vague=True,
    ),
)
"""Formats whose mark is searched for in the whole text."""

SHAPES = (*WORDS, *ANYWHERE)
