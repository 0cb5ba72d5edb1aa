"""`.venv/bin/python -m benchmarks NAME [OPTIONS]`: one measurement on throw-away servers, or `--help` for the list."""

import subprocess
import sys
import tempfile
from pathlib import Path

from stepup.local import environment, interrupts, places, servers, steps
from stepup.local.folder import DataFolder
from stepup.local.venv import Venv

NAMES = {
    "ticks": "an idle turn of the engine while finished rows pile up, and what each invariant costs",
    "webhooks": "a text stored, triaged and committed, at so many a second, beside a plain view and a plain INSERT",
    "pages": "from a red flag received to its first page handed over, and from a check-in's deadline to its case",
    "storm": "a thousand cases in ten seconds at one message a second: the gravest first, and everybody",
    "mutants": "the service broken on purpose in every way on a list, and whether the tests notice",
}
_RUN = "import django; django.setup(); from benchmarks import {0}; {0}.main()"


def main(arguments: list[str]) -> int:
    """Start servers of its own, run one benchmark on them with the rest of the arguments, and leave nothing behind."""
    if not arguments or arguments[0] not in NAMES:
        print(__doc__, *(f"{name:<10}{what}" for name, what in NAMES.items()), sep="\n")
        return 0 if arguments[:1] == ["--help"] else 2
    folder, venv = DataFolder(Path(tempfile.mkdtemp(prefix="stepup-benchmark-"))), Venv()
    try:
        with interrupts.raised(), servers.running(folder, venv, durable=True, only_embedded=True) as running:
            settings = environment.of_service(
                folder.secrets(), database_url=running.database_url, redis_url=running.redis_url, kind="test"
            )
            steps.migrate(venv, folder, settings)
            code = _RUN.format(arguments[0])
            command = [str(venv.python), "-c", code, *arguments[1:]]
            return subprocess.run(command, env=settings, cwd=places.ROOT, check=False).returncode
    finally:
        servers.remove(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
