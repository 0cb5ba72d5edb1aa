"""What a production start must have. Plain values in, sentences out."""

from collections.abc import Sequence
from urllib.parse import urlsplit

SHORTEST_SECRET = 50
FEWEST_DIFFERENT_CHARACTERS = 12


def problems(
    *,
    secret_key: str,
    debug: bool,
    allowed_hosts: Sequence[str],
    public_base_url: str,
    database_url: str,
    redis_url: str,
    account_sid: str,
    auth_token: str,
    api_base: str,
    second_account_sid: str,
    second_auth_token: str,
    second_api_base: str,
) -> list[str]:
    """One sentence for each setting that must change before the service may carry real patients."""
    weak = len(secret_key) < SHORTEST_SECRET or len(set(secret_key)) < FEWEST_DIFFERENT_CHARACTERS
    no_https = not public_base_url.startswith("https://")
    checks = [
        (weak, "SECRET_KEY is missing or weak: set at least 50 random characters."),
        (debug, "DEBUG is on: set DEBUG=false."),
        (not allowed_hosts or "*" in allowed_hosts, "ALLOWED_HOSTS must list the service's own host names."),
        (no_https, "PUBLIC_BASE_URL must be the https:// address the provider's webhooks are sent to."),
        (
            not database_url.startswith(("postgres://", "postgresql://")),
            "DATABASE_URL must name a PostgreSQL.",
        ),
        (not redis_url.startswith(("redis://", "rediss://")), "REDIS_URL must name a Redis or Valkey."),
        (
            not (account_sid.startswith("AC") and auth_token),
            "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are missing: without them nobody can be texted or called.",
        ),
        (
            not _is_the_provider(api_base),
            "TWILIO_API_BASE is not the provider's https address: credentials go wherever it points.",
        ),
        *_second_account(account_sid, second_account_sid, second_auth_token, second_api_base),
    ]
    return [sentence for broken, sentence in checks if broken]


def _second_account(first_sid: str, sid: str, token: str, api_base: str) -> list[tuple[bool, str]]:
    return [
        (
            bool(sid or token) and not (sid.startswith("AC") and token),
            "TWILIO_SECOND_ACCOUNT_SID and TWILIO_SECOND_AUTH_TOKEN go together: a second account needs both.",
        ),
        (
            not _is_the_provider(api_base),
            "TWILIO_SECOND_API_BASE is not the provider's https address: credentials go wherever it points.",
        ),
        (
            bool(sid) and sid == first_sid,
            "TWILIO_SECOND_ACCOUNT_SID is the first account: a second one must not fail with it.",
        ),
    ]


def _is_the_provider(base: str) -> bool:
    address = urlsplit(base)
    return address.scheme == "https" and (address.hostname or "").endswith(".twilio.com")
