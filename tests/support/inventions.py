"""Secrets that no issuer ever gave out, in the formats that issuers document, and passwords in the syntaxes of many languages.

The formats are written here from the issuers' pages and from samples, independently of `picode.core.secrets`: what measures the
rules must not be made from them. Everything is seeded. Check digits are right where a format has them.
"""

from __future__ import annotations

import base64
import json
import string
import uuid
import zlib
from collections.abc import Callable, Iterator
from random import Random

ALPHANUMERIC = string.ascii_letters + string.digits
LOWER = string.ascii_lowercase + string.digits
UPPER = string.ascii_uppercase + string.digits
BASE32 = string.ascii_uppercase + "234567"
BECH32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
HEX = string.digits + "abcdef"
URLSAFE = ALPHANUMERIC + "-_"
BASE64 = ALPHANUMERIC + "+/"


def some(random: Random, size: int, letters: str = ALPHANUMERIC) -> str:
    return "".join(random.choices(letters, k=size))


def base62(number: int, size: int) -> str:
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    out = ""
    while number:
        number, rest = divmod(number, 62)
        out = digits[rest] + out
    return out.rjust(size, "0")


def with_crc32(prefix: str, entropy: str) -> str:
    """GitHub's and npm's tokens end in the CRC-32 of what is random, six digits to the base of 62."""
    return prefix + entropy + base62(zlib.crc32(entropy.encode()), 6)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def jwt(random: Random) -> str:
    claims = {
        "sub": some(random, 10, string.digits),
        "name": "Ada",
        "iat": random.randint(1_600_000_000, 1_900_000_000),
    }
    return f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims)}.{some(random, 43, URLSAFE)}"


def uuid4(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def pem(kind: str) -> Callable[[Random], str]:
    def make(random: Random) -> str:
        lines = "\n".join(some(random, 64, BASE64) for _ in range(random.randint(8, 25)))
        return f"-----BEGIN {kind}-----\n{lines}\n{some(random, 30, BASE64)}==\n-----END {kind}-----"

    return make


def made(*parts: tuple[int, str] | str) -> Callable[[Random], str]:
    """A maker of what the `parts` say: fixed text, or a number of characters out of some letters."""

    def make(random: Random) -> str:
        return "".join(part if isinstance(part, str) else some(random, *part) for part in parts)

    return make


SENTRY = {"iat": 1_700_000_000.1, "url": "https://sentry.io", "region_url": "https://us.sentry.io", "org": "acme"}

PUBLISHED: dict[str, Callable[[Random], str]] = {
    # By issuer: what it gives out. Where only a part is the secret, the whole is what has to be gone (see `told`).
    "OpenAI, project key": made("sk-proj-", (74, URLSAFE), "T3BlbkFJ", (74, URLSAFE)),
    "OpenAI, service account": made("sk-svcacct-", (58, URLSAFE), "T3BlbkFJ", (58, URLSAFE)),
    "OpenAI, user key": made("sk-", (20, ALPHANUMERIC), "T3BlbkFJ", (20, ALPHANUMERIC)),
    "Anthropic": made("sk-ant-api03-", (93, URLSAFE), "AA"),
    "Anthropic, admin": made("sk-ant-admin01-", (93, URLSAFE), "AA"),
    "OpenRouter": made("sk-or-v1-", (64, HEX)),
    "DeepSeek": made("sk-", (32, HEX)),
    "Groq": made("gsk_", (52, ALPHANUMERIC)),
    "xAI": made("xai-", (80, ALPHANUMERIC)),
    "Perplexity": made("pplx-", (48, ALPHANUMERIC)),
    "Hugging Face": made("hf_", (34, string.ascii_letters)),
    "Replicate": made("r8_", (37, ALPHANUMERIC)),
    "LangSmith": made("lsv2_pt_", (32, HEX), "_", (10, HEX)),
    "NVIDIA": made("nvapi-", (64, URLSAFE)),
    "Together": made("tgp_v1_", (43, URLSAFE)),
    "Google API key": made("AIzaSy", (33, URLSAFE)),
    "Google OAuth secret": made("GOCSPX-", (28, URLSAFE)),
    "Google access token": made("ya29.a0", (150, URLSAFE)),
    "Google refresh token": made("1//0", (1, HEX), (60, URLSAFE)),
    "AWS access key": made("AKIA", (16, BASE32)),
    "AWS temporary key": made("ASIA", (16, BASE32)),
    "AWS signed address": made("https://a.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=", (64, HEX)),
    "Azure storage key": made(
        "DefaultEndpointsProtocol=https;AccountName=acme;AccountKey=",
        (86, BASE64),
        "==;EndpointSuffix=core.windows.net",
    ),
    "Azure client secret": made((3, ALPHANUMERIC), (1, string.digits), "Q~", (34, URLSAFE)),
    "Azure shared access": made(
        "https://acme.blob.core.windows.net/c?sv=2022-11-02&sr=c&sig=", (42, ALPHANUMERIC), "%3D"
    ),
    "Azure service bus": made(
        "Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=", (43, BASE64), "="
    ),
    "DigitalOcean": made("dop_v1_", (64, HEX)),
    "DigitalOcean refresh": made("dor_v1_", (64, HEX)),
    "Alibaba": made("LTAI5t", (18, ALPHANUMERIC)),
    "Yandex": made("AQVN", (36, URLSAFE)),
    "Heroku": made("HRKU-AA", (58, URLSAFE)),
    "Fly": made("fo1_", (43, URLSAFE)),
    "Fly macaroon": made("fm2_", (180, BASE64), "=="),
    "Scalingo": made("tk-us-", (48, URLSAFE)),
    "PlanetScale": made("pscale_tkn_", (43, URLSAFE)),
    "PlanetScale password": made("pscale_pw_", (43, URLSAFE)),
    "Databricks": made("dapi", (32, HEX)),
    "Supabase": made("sbp_", (40, HEX)),
    "Neon": made("napi_", (64, LOWER)),
    "ClickHouse": made("4b1d", (38, ALPHANUMERIC)),
    "Cloudflare origin": made("v1.0-", (24, HEX), "-", (146, HEX)),
    "Tailscale": made("tskey-auth-k", (10, ALPHANUMERIC), "CNTRL-", (32, ALPHANUMERIC)),
    "Netlify": made("nfp_", (36, ALPHANUMERIC)),
    "GitHub, classic": lambda random: with_crc32("ghp_", some(random, 30)),
    "GitHub, OAuth": lambda random: with_crc32("gho_", some(random, 30)),
    "GitHub, app": lambda random: with_crc32("ghs_", some(random, 30)),
    "GitHub, fine-grained": made("github_pat_", (22, ALPHANUMERIC), "_", (59, ALPHANUMERIC)),
    "GitLab, personal": made("glpat-", (20, URLSAFE)),
    "GitLab, routable": made("glpat-", (27, URLSAFE), ".01.0", (1, LOWER), (7, LOWER)),
    "GitLab, runner": made("glrt-", (20, URLSAFE)),
    "GitLab, pipeline trigger": made("glptt-", (40, HEX)),
    "GitLab, deploy": made("gldt-", (20, URLSAFE)),
    "Atlassian": made("ATATT3xFfGF0", (180, URLSAFE), "=", (8, "0123456789ABCDEF")),
    "npm": lambda random: with_crc32("npm_", some(random, 30)),
    "PyPI": made("pypi-AgEIcHlwaS5vcmcC", (150, URLSAFE)),
    "RubyGems": made("rubygems_", (48, HEX)),
    "Clojars": made("CLOJARS_", (60, HEX)),
    "crates.io": made("cio", (32, ALPHANUMERIC)),
    "NuGet": made("oy2", (43, LOWER)),
    "Docker Hub": made("dckr_pat_", (27, URLSAFE)),
    "Artifactory": made("AKCp", (69, ALPHANUMERIC)),
    "CircleCI": made("CCIPAT_", (22, ALPHANUMERIC), "_", (40, HEX)),
    "Buildkite": made("bkua_", (40, HEX)),
    "SonarQube": made("squ_", (40, HEX)),
    "Octopus Deploy": made("API-", (26, UPPER)),
    "Sourcegraph": made("sgp_", (16, HEX), "_", (40, HEX)),
    "Vault": made("hvs.", (95, URLSAFE)),
    "Vault, batch": made("hvb.", (150, URLSAFE)),
    "Terraform Cloud": made((14, ALPHANUMERIC), ".atlasv1.", (67, ALPHANUMERIC)),
    "Pulumi": made("pul-", (40, HEX)),
    "Doppler": made("dp.pt.", (43, ALPHANUMERIC)),
    "Doppler, service": made("dp.st.prd.", (40, ALPHANUMERIC)),
    "1Password, service": lambda random: (
        "ops_"
        + base64.b64encode(
            json.dumps({"signInAddress": "my.1password.com", "key": some(random, 220)}).encode()
        ).decode()
    ),
    "1Password, secret key": made(
        "A3-", (6, UPPER), "-", (6, UPPER), "-", (5, UPPER), "-", (5, UPPER), "-", (5, UPPER), "-", (5, UPPER)
    ),
    "age": made("AGE-SECRET-KEY-1", (58, BECH32)),
    "OpenShift": made("sha256~", (43, URLSAFE)),
    "Dynatrace": made("dt0c01.", (24, UPPER), ".", (64, UPPER)),
    "Grafana, service account": made("glsa_", (32, ALPHANUMERIC), "_", (8, HEX)),
    "Grafana, cloud": made("glc_", (120, BASE64), "="),
    "Grafana, old": lambda random: base64.b64encode(
        json.dumps({"k": some(random, 32), "n": "ci", "id": 1}, separators=(",", ":")).encode()
    ).decode(),
    "New Relic, user": made("NRAK-", (27, UPPER)),
    "New Relic, insert": made("NRII-", (32, URLSAFE)),
    "Sentry, organization": lambda random: f"sntrys_{encoded(SENTRY)}_{some(random, 43, BASE64)}",
    "Sentry, user": made("sntryu_", (64, HEX)),
    "Prefect": made("pnu_", (36, ALPHANUMERIC)),
    "Infracost": made("ico-", (32, ALPHANUMERIC)),
    "Harness": made("pat.", (22, URLSAFE), ".", (24, HEX), ".", (20, ALPHANUMERIC)),
    "LaunchDarkly": lambda random: f"sdk-{uuid4(random)}",
    "Defined Networking": made("dnkey-", (26, UPPER), "-", (52, UPPER)),
    "Slack, bot": made("xoxb-", (12, string.digits), "-", (13, string.digits), "-", (24, ALPHANUMERIC)),
    "Slack, user": made(
        "xoxp-", (12, string.digits), "-", (12, string.digits), "-", (13, string.digits), "-", (32, HEX)
    ),
    "Slack, app": made("xapp-1-A0", (9, UPPER), "-", (13, string.digits), "-", (64, HEX)),
    "Slack, configuration": made("xoxe.xoxp-1-", (163, ALPHANUMERIC)),
    "Slack, refresh": made("xoxe-1-", (146, ALPHANUMERIC)),
    "Slack, legacy": made(
        "xoxs-", (11, string.digits), "-", (11, string.digits), "-", (11, string.digits), "-", (10, HEX)
    ),
    "Slack, webhook": made(
        "https://hooks.slack.com/services/T0", (9, UPPER), "/B0", (9, UPPER), "/", (24, ALPHANUMERIC)
    ),
    "Discord, bot": lambda random: (
        base64.b64encode(some(random, 19, string.digits[1:]).encode()).decode().rstrip("=").replace("+", "x")
        + "."
        + some(random, 6, URLSAFE)
        + "."
        + some(random, 38, ALPHANUMERIC)
    ),
    "Discord, webhook": made("https://discord.com/api/webhooks/", (19, string.digits), "/", (68, URLSAFE)),
    "Telegram": made((10, string.digits[1:]), ":AA", (33, URLSAFE)),
    "Stripe": made("sk_live_51", (97, ALPHANUMERIC)),
    "Stripe, restricted": made("rk_live_51", (97, ALPHANUMERIC)),
    "Stripe, webhook": made("whsec_", (32, ALPHANUMERIC)),
    "Square": made("EAAA", (60, URLSAFE)),
    "Square, OAuth": made("sq0csp-", (43, URLSAFE)),
    "Plaid": lambda random: f"access-production-{uuid4(random)}",
    "Flutterwave": made("FLWSECK-", (32, HEX), "-X"),
    "SendGrid": made("SG.", (22, URLSAFE), ".", (43, URLSAFE)),
    "Twilio, API key": made("SK", (32, HEX)),
    "Mailgun": made("key-", (32, HEX)),
    "Mailchimp": made((32, HEX), "-us12"),
    "Brevo": made("xkeysib-", (64, HEX), "-", (16, ALPHANUMERIC)),
    "Resend": made("re_", (8, ALPHANUMERIC), "_", (24, ALPHANUMERIC)),
    "Shopify": made("shpat_", (32, HEX)),
    "Shippo": made("shippo_live_", (40, HEX)),
    "EasyPost": made("EZAK", (54, HEX)),
    "Duffel": made("duffel_live_", (43, URLSAFE)),
    "Postman": made("PMAK-", (24, HEX), "-", (34, HEX)),
    "Linear": made("lin_api_", (40, ALPHANUMERIC)),
    "Notion": made("ntn_", (11, string.digits), (35, ALPHANUMERIC)),
    "Notion, old": made("secret_", (43, ALPHANUMERIC)),
    "Airtable": made("pat", (14, ALPHANUMERIC), ".", (64, HEX)),
    "Figma": made("figd_", (40, URLSAFE)),
    "ReadMe": made("rdme_xn8s9h", (64, LOWER)),
    "Typeform": made("tfp_", (44, URLSAFE), "_", (14, ALPHANUMERIC)),
    "Frame.io": made("fio-u-", (64, URLSAFE)),
    "Adobe": made("p8e-", (32, URLSAFE)),
    "Facebook": made("EAAC", (170, ALPHANUMERIC)),
    "HubSpot": lambda random: f"pat-na1-{uuid4(random)}",
    "Asana": made("1/", (16, string.digits[1:]), ":", (32, HEX)),
    "Contentful": made("CFPAT-", (43, URLSAFE)),
    "Aiven": made("AVNS_", (19, ALPHANUMERIC)),
    "Render": made("rnd_", (32, ALPHANUMERIC)),
    "PostHog": made("phx_", (43, ALPHANUMERIC)),
    "SettleMint": made("sm_pat_", (16, ALPHANUMERIC)),
    "42 School": made("s-s4t2ud-", (64, HEX)),
    "Teams, webhook": lambda random: (
        f"https://acme.webhook.office.com/webhookb2/{uuid4(random)}@{uuid4(random)}"
        f"/IncomingWebhook/{some(random, 32, HEX)}/{uuid4(random)}"
    ),
    "JSON Web Token": jwt,
    "private key, RSA": pem("RSA PRIVATE KEY"),
    "private key, PKCS 8": pem("PRIVATE KEY"),
    "private key, EC": pem("EC PRIVATE KEY"),
    "private key, OpenSSH": pem("OPENSSH PRIVATE KEY"),
    "private key, encrypted": pem("ENCRYPTED PRIVATE KEY"),
    "private key, PGP": pem("PGP PRIVATE KEY BLOCK"),
}

PLACES = (
    'client = Client("{}")\n',
    "const key = '{}';\n",
    "  - value: {}\n",
    "export VALUE={}\n",
    "# rotate {} next week\n",
    'call(user, "{}", timeout=3)\n',
    '{{"v": "{}"}}\n',
    "<string>{}</string>\n",
    "run `deploy {}` by hand\n",
    "curl https://api.example.com/v1?k={}&page=2\n",
    'headers["X-Custom"] = "{}"\n',
    "x := []string{{`{}`}}\n",
)
"""Where a published secret may stand; `{}` is its place. No name tells that it is one."""

BY_NAME: dict[str, tuple[Callable[[Random], str], str]] = {
    # Without a mark of their own: the issuer's name in front of them tells.
    "AWS secret": (made((40, BASE64)), 'aws_secret_access_key = "{}"\n'),
    "Datadog": (made((32, HEX)), "DATADOG_API_KEY={}\n"),
    "Algolia": (made((32, HEX)), 'algolia = init("APP", key="{}")\nALGOLIA_ADMIN_KEY: "{}"\n'),
    "Cloudflare": (made((40, URLSAFE)), "CLOUDFLARE_API_TOKEN={}\n"),
    "Heroku, by name": (uuid4, 'heroku_api_key: "{}"\n'),
    "Mailgun, by name": (made((32, HEX), "-", (8, HEX), "-", (8, HEX)), "MAILGUN_API_KEY={}\n"),
    "Twitter": (made((50, ALPHANUMERIC)), 'twitter_api_secret = "{}"\n'),
    "Zendesk": (made((40, ALPHANUMERIC)), 'zendesk.token = "{}"\n'),
    "Okta": (made("00", (40, URLSAFE)), 'okta_token = "{}"\n'),
    "Snyk": (uuid4, "SNYK_TOKEN={}\n"),
    "Trello": (made((64, HEX)), 'trello_token = "{}"\n'),
    "Dropbox": (made("sl.", (135, URLSAFE)), 'dropbox_token = "{}"\n'),
    "PagerDuty": (made((20, URLSAFE)), 'pagerduty_token = "{}"\n'),
    "Twilio, token": (made((32, HEX)), 'Client(sid, auth_token="{}")\n'),
    "Flask": (made((64, HEX)), "SECRET_KEY = '{}'\n"),
    "Django": (made((50, LOWER + "!@#%^&*(-_=+)")), "SECRET_KEY = 'django-insecure-{}'\n"),
    "Sonar, by name": (made((40, HEX)), "sonar.token={}\n"),
    "Codecov": (uuid4, "CODECOV_TOKEN: {}\n"),
    "bearer header": (made((40, ALPHANUMERIC)), "curl -H 'Authorization: Bearer {}' https://api.example.com\n"),
    "basic header": (
        lambda random: base64.b64encode(f"ada:{some(random, 14)}".encode()).decode(),
        '"Authorization": "Basic {}"\n',
    ),
    "API key header": (made((32, ALPHANUMERIC)), "X-Api-Key: {}\n"),
    "query parameter": (made((32, ALPHANUMERIC)), "https://api.example.com/v1/items?page=2&api_key={}&x=1\n"),
    "npmrc": (uuid4, "//registry.example.com/:_authToken={}\n"),
}

WORDS = "correct horse battery staple winter dragon monkey sunshine purple coffee guitar falcon harbor velvet marble".split()


def chosen(random: Random) -> str:
    """A password of one of the ways in which people and generators choose them."""
    words = random.sample(WORDS, 3)
    year = str(random.randint(1980, 2029))
    return random.choice(
        (
            lambda: some(random, random.randint(8, 24)),
            lambda: some(random, random.randint(10, 20), ALPHANUMERIC + "!@#%^&*-_+=.?/;:~$"),
            lambda: words[0].capitalize() + year + random.choice("!?#$"),
            lambda: words[0] + str(random.randint(2, 99)),
            lambda: "-".join(words),
            lambda: words[0].replace("o", "0").replace("e", "3").replace("a", "@") + "!" + year[2:],
            lambda: f"{words[0]}@{words[1]}/{year}",
            lambda: f"{some(random, 4)};{some(random, 4)}%{some(random, 3)}",
            lambda: f"P@$${some(random, 6)}",
            lambda: some(random, 32, HEX),
            lambda: uuid4(random),
            lambda: words[0] + words[1].capitalize() + random.choice(string.digits),
        )
    )()


NAMES = (
    "password passwd pwd passphrase db_password dbPassword DB_PASSWORD DATABASE_PASSWORD POSTGRES_PASSWORD mysql_root_password "
    "admin_pass smtpPassword redis_password keystorePassword user.password spring.datasource.password passwort kennwort "
    "contrasena mot_de_passe senha haslo wachtwoord password2 MYSQL_PWD ldap-bind-password rootPassword"
).split()

SYNTAXES: dict[str, str] = {
    # `{n}` is the name, `{v}` the password. What a syntax can't hold, `_UNFIT` says.
    "Python": '{n} = "{v}"\n',
    "Python, argument": "connect(host, {n}='{v}', port=5432)\n",
    "Python, annotated": '{n}: str = "{v}"\n',
    "Python, dictionary": 'config["{n}"] = "{v}"\n',
    "Python, bytes": "{n} = b'{v}'\n",
    "Python, default": 'os.environ.get("{n}", "{v}")\n',
    "Python, compared": 'if {n} == "{v}":\n',
    "JavaScript": "const {n} = '{v}';\n",
    "JavaScript, object": "  {n}: '{v}',\n",
    "JavaScript, fallback": "const p = process.env.{n} || '{v}';\n",
    "TypeScript": "private readonly {n}: string = '{v}';\n",
    "JSON": '  "{n}": "{v}",\n',
    "JSON within a string": 'body = "{{\\"{n}\\": \\"{v}\\"}}"\n',
    "YAML": "database:\n  host: db.example.com\n  {n}: {v}\n  port: 5432\n",
    "YAML, quoted": '  {n}: "{v}"\n',
    "YAML, list": "    - name: {n}\n      value: x\n    environment:\n      - {n}={v}\n",
    "TOML": '{n} = "{v}"\n',
    "environment file": "HOST=db.example.com\n{N}={v}\nPORT=5432\n",
    "shell": "export {N}={v}\n",
    "shell, quoted": "export {N}='{v}'\n",
    "shell, inline": "{N}={v} ./deploy.sh --now\n",
    "shell, default": 'p="${{{N}:-{v}}}"\n',
    "Dockerfile": "ENV {N}={v}\n",
    "Dockerfile, old": "ENV {N} {v}\n",
    "docker run": "docker run -d -e {N}={v} -p 5432:5432 postgres\n",
    "flag": "tool --{f} {v} --verbose\n",
    "flag, equals": "tool --{f}={v} --verbose\n",
    "PowerShell": '$env:{N} = "{v}"\n',
    "batch file": "set {N}={v}\n",
    "Java": 'String {n} = "{v}";\n',
    "Java, setter": 'source.setPassword("{v}");\n',
    "Java, property": 'props.setProperty("{n}", "{v}");\n',
    "Java properties": "# the database\n{n}={v}\n",
    "XML element": "<{n}>{v}</{n}>\n",
    "XML attribute": '<server host="db" {n}="{v}" port="1"/>\n',
    "XML, add key": '<add key="{n}" value="{v}" />\n',
    "XML property": '<property name="{n}" value="{v}"/>\n',
    "plist": "<key>{n}</key>\n<string>{v}</string>\n",
    "C#": 'var {n} = "{v}";\n',
    "C#, verbatim": 'string {n} = @"{v}";\n',
    "C# connection string": '"Server=db;Database=app;User Id=sa;Password={v};Encrypt=true"\n',
    "ODBC": "Driver={{SQL Server}};Server=db;Uid=sa;Pwd={v};\n",
    "JDBC, parameter": "jdbc:mysql://db.example.com:3306/app?user=ada&password={v}\n",
    "JDBC, SQL Server": 'url = "jdbc:sqlserver://db:1433;databaseName=app;user=sa;password={v};encrypt=true"\n',
    "JDBC, Oracle": "jdbc:oracle:thin:ada/{v}@db.example.com:1521:orcl\n",
    "libpq": 'conn = "host=db user=ada password={v} dbname=app"\n',
    "address": "DATABASE_URL=postgres://ada:{v}@db.example.com:5432/app\n",
    "address, in code": 'redis.connect("redis://:{v}@cache.internal:6379/0")\n',
    "address, two hosts": '"mongodb://ada:{v}@a.example.com:27017,b.example.com:27017/app"\n',
    "Go": '{n} := "{v}"\n',
    "Go, struct": '\tPassword: "{v}",\n',
    "Go, raw": "{n} := `{v}`\n",
    "Rust": 'let {n}: &str = "{v}";\n',
    "Rust, owned": '{n}: String::from("{v}"),\n',
    "Kotlin": 'val {n}: String = "{v}"\n',
    "Swift": 'let {n} = "{v}"\n',
    "Scala": 'val {n} = "{v}"\n',
    "Ruby": "{n} = '{v}'\n",
    "Ruby, hash": ":{n} => '{v}',\n",
    "Ruby, symbol": "{n}: '{v}',\n",
    "PHP": "${n} = '{v}';\n",
    "PHP, constant": "define('{N}', '{v}');\n",
    "PHP, array": "'{n}' => '{v}',\n",
    "Perl": "my ${n} = '{v}';\n",
    "C": 'const char *{n} = "{v}";\n',
    "C, array": 'char {n}[32] = "{v}";\n',
    "C++, braces": 'std::string {n}("{v}");\n',
    "Lua": 'local {n} = "{v}"\n',
    "Elixir": '{n}: "{v}",\n',
    "Clojure": '{{:{n} "{v}"}}\n',
    "R": '{n} <- "{v}"\n',
    "Terraform": '  {n} = "{v}"\n',
    "Terraform, variable": 'variable "{n}" {{\n  default = "{v}"\n}}\n',
    "Groovy": '{n} "{v}"\n',
    "INI": "[database]\nhost = db.example.com\n{n} = {v}\n",
    "netrc": "machine example.com login ada password {v}\n",
    "curl": "curl -u ada:{v} https://api.example.com/v1\n",
    "mysql": "mysql -h db -u root -p{v} app < dump.sql\n",
    "sshpass": "sshpass -p '{v}' ssh ada@example.com\n",
    "SQL": "CREATE USER ada WITH PASSWORD '{v}';\n",
    "SQL, identified": "ALTER USER 'ada'@'%' IDENTIFIED BY '{v}';\n",
    "Kubernetes": "kind: Secret\nstringData:\n  {n}: {v}\n",
    "Makefile": "{N} := {v}\n",
}

_UNFIT = {
    # By syntax: characters that end or change the value in it, so that no such text would be written.
    "YAML": "#:&*!@%`",
    "environment file": "#$`;&",
    "shell": "#$;&*?!~",
    "shell, inline": "#$;&*?!~",
    "shell, default": "}$#;&",
    "Dockerfile": "$#",
    "Dockerfile, old": "$#",
    "docker run": "#$;&*?!~",
    "flag": "#$;&*?!~",
    "flag, equals": "#$;&*?!~",
    "batch file": "%&^",
    "Java properties": "#!\\",
    "C# connection string": ";",
    "ODBC": ";",
    "JDBC, parameter": "&#?;",
    "JDBC, SQL Server": ";",
    "JDBC, Oracle": "@",
    "INI": ";#%",
    "netrc": "#",
    "curl": "#$;&*?!~",
    "mysql": "#$;&*?!~",
    "YAML, list": "#$:&*",
    "Kubernetes": "#:&*!@%",
    "Makefile": "$#",
    "Python, compared": "",
    "address": "#",
    "XML element": "&<>",
    "XML attribute": "&<>",
    "XML, add key": "&<>",
    "XML property": "&<>",
    "plist": "&<>",
    "Lua": "",
    "PowerShell": "$`",
    "Perl": "",
    "address, in code": "#",
    "address, two hosts": "#",
}


def passwords(random: Random, each: int) -> Iterator[tuple[str, str, str]]:
    """Syntax, text and password, `each` times a syntax."""
    for syntax, form in SYNTAXES.items():
        for _ in range(each):
            value = chosen(random)
            while set(value) & set(_UNFIT.get(syntax, "")) or (syntax in _UNFIT and value[0] in "-:=@%"):
                value = chosen(random)
            name = random.choice(NAMES)
            if "." in name or "-" in name:
                name = (
                    name if '"{n}"' in form or syntax in ("YAML", "Java properties", "INI", "JSON") else "db_password"
                )
            flag = name.replace("_", "-").replace(".", "-").lower()
            text = form.format(n=name, N=name.upper().replace(".", "_").replace("-", "_"), f=flag, v=value)
            yield syntax, text, value


def published(random: Random, each: int) -> Iterator[tuple[str, str, str]]:
    """Kind, text and secret, `each` times a kind, in places that say nothing of it."""
    for kind, make in PUBLISHED.items():
        for _ in range(each):
            secret = make(random)
            place = random.choice(PLACES) if "\n" not in secret else "{}\n"
            yield kind, place.format(secret), secret


def named(random: Random, each: int) -> Iterator[tuple[str, str, str]]:
    """Kind, text and secret, `each` times a kind, behind the name of what it is."""
    for kind, (make, form) in BY_NAME.items():
        for _ in range(each):
            secret = make(random)
            yield kind, form.replace("{}", secret).replace("{{", "{").replace("}}", "}"), secret
