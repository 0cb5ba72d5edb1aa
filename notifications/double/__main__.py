"""Start a double: python -m notifications.double --account-sid AC... --webhook-base http://127.0.0.1:8000."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from notifications.double.options import Options
from notifications.double.problems import RefusedError
from notifications.double.server import Double


def main() -> int:
    """Run until told to stop. Exit status 2 and one sentence when it cannot start."""
    given = _parser().parse_args()
    token = os.environ.get(given.auth_token_env, "")
    if not token:
        return _refuse(
            f"The environment has no {given.auth_token_env}; the double needs the account's token."
        )
    try:
        double = Double(_options(given, token))
    except RefusedError as problem:
        return _refuse(str(problem))
    except OSError as problem:
        return _refuse(
            f"Cannot listen on {given.host}:{given.port}: {problem.strerror}. Choose another --port."
        )
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    double.start()
    print(
        f"Provider double and phones page: {double.url}/  (simulated; nothing leaves this machine)",
        flush=True,
    )
    stop.wait()
    double.stop()
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _options(given: argparse.Namespace, token: str) -> Options:
    return Options(
        account_sid=given.account_sid,
        auth_token=token,
        webhook_base=given.webhook_base.rstrip("/"),
        host=given.host,
        port=given.port,
        state=given.state,
        numbers=tuple(given.number),
        step_seconds=given.step_seconds,
        pace=given.pace,
        segments_per_second=given.segments_per_second,
        follow_seconds=given.follow_seconds,
        zone=given.zone,
        allow_remote=given.allow_remote,
        yes_opts_in=given.yes_opts_in,
        no_opts_out=given.no_opts_out,
        api_key_id=given.api_key_id,
        api_key_secret=os.environ.get(given.api_key_env, ""),
        next_token=os.environ.get(given.next_token_env, ""),
        inbound_fallback=given.fallback_url,
        shared_key_id=given.shared_key_id,
        shared_key=os.environ.get(given.shared_key_env, ""),
        advanced_opt_out=given.advanced_opt_out,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notifications.double", description="A stand-in for the texting and voice provider."
    )
    add = parser.add_argument
    add("--port", type=int, default=8100)
    add("--host", default="127.0.0.1", help="an address of this machine, unless --allow-remote")
    add("--account-sid", required=True, help="AC and 32 hexadecimal digits")
    add("--auth-token-env", default="TWILIO_AUTH_TOKEN", help="the variable that holds the token")
    add("--webhook-base", required=True, help="where the service listens, as it believes to be called")
    add("--state", type=Path, help="a file that keeps everything across a restart")
    add(
        "--number",
        action="append",
        default=[],
        help="a number of the account; repeat. None: any sender is accepted",
    )
    add("--zone", default="UTC", help="the zone times are shown in, such as America/New_York")
    add("--step-seconds", type=float, default=0.03, help="between two states of a text")
    add("--pace", type=float, default=1.0, help="how long one second of a call lasts; tests use a small one")
    add("--segments-per-second", type=float, default=0.0, help="what one sender may send; 0 is no limit")
    add("--follow-seconds", type=float, default=2.0, help="how often to ask for the demo clock; 0 is never")
    add(
        "--yes-opts-in",
        action="store_true",
        help="YES is an opt-in keyword, as it is by default at the provider",
    )
    add("--no-opts-out", action="store_true", help="NO is an opt-out keyword, as some accounts set it")
    add("--api-key-id", default="", help="SK and 32 hexadecimal digits: a key that may ask beside the token")
    add("--api-key-env", default="TWILIO_API_KEY_SECRET", help="the variable that holds that key's secret")
    add(
        "--next-token-env", default="TWILIO_NEXT_AUTH_TOKEN", help="the variable that holds the token to come"
    )
    add("--fallback-url", default="", help="where texts from handsets go that the service did not take")
    add("--shared-key-id", default="", help="sign webhooks with SHA-256 and the shared key of this name")
    add("--shared-key-env", default="TWILIO_SHARED_KEY", help="the variable that holds that key")
    add("--advanced-opt-out", action="store_true", help="send OptOutType with keywords")
    add("--allow-remote", action="store_true", help="listen and post beyond this machine")
    return parser


if __name__ == "__main__":
    sys.exit(main())
