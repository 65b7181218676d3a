"""Files that never go to a model, whatever the settings say: they hold keys and passwords."""

from __future__ import annotations

from fnmatch import fnmatch

# One pattern a line: names are matched anywhere, those that end with a slash are folders anywhere on the path.
SENSITIVE = tuple(
    """
    .env .env.* *.env .envrc .netrc _netrc .npmrc .pypirc .htpasswd .pgpass .my.cnf .git-credentials
    id_rsa id_dsa id_ecdsa id_ed25519 *.pem *.key *.p12 *.pfx *.jks *.keystore *.kdbx *.asc *.gpg *.ppk
    credentials credentials.json secrets.* *.tfvars *.tfstate service-account*.json
    .ssh/ .aws/ .azure/ .gnupg/ .kube/ .docker/ .git/
    """.split()
)
_EXAMPLES = (".env.example", ".env.sample", ".env.template", ".env.dist")


def is_sensitive(path: str) -> bool:
    """Whether `path` names a file that is known to hold secrets.

    >>> is_sensitive("/home/ada/project/.env.production")
    True
    >>> is_sensitive("/home/ada/project/environment.py")
    False
    """
    parts = [part for part in path.lower().replace("\\", "/").split("/") if part]
    if not parts or parts[-1] in _EXAMPLES:
        return False
    folders = set(parts[:-1])
    return any(
        pattern[:-1] in folders if pattern.endswith("/") else fnmatch(parts[-1], pattern) for pattern in SENSITIVE
    )
