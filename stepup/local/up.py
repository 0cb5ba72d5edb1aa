"""`manage.py up`: the whole service on this machine, in the foreground, until Ctrl-C."""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from stepup.local import environment, interrupts, ports, progress, servers, steps
from stepup.local.folder import DataFolder, write_private
from stepup.local.places import DATA
from stepup.local.services import Services
from stepup.local.supervisor import Supervisor
from stepup.local.trouble import Trouble
from stepup.local.venv import Venv


def main(arguments: Sequence[str]) -> int:
    """Run the service until it is asked to stop. Exit status 0 then, 1 when a part of it keeps failing, 2
    when something on this machine must change first.
    """
    options = _parser().parse_args(arguments)
    folder = DataFolder(options.data)
    with interrupts.raised(), folder.held() as ours:
        if not ours:
            holder = folder.read_status().get("pid", "unknown")
            raise Trouble(
                f"StepUp runs on {folder.path} already (process {holder}): "
                "stop it first, or choose another folder with --data."
            )
        port = ports.wanted(options.port, "--port", any_port=options.any_port)
        double_port = ports.wanted(
            options.double_port, "--double-port", any_port=options.any_port, besides=[port]
        )
        return Run(folder, port=port, double_port=double_port, once_ready=options.once_ready).until_stopped()


class Run:
    """One run of the service on one data folder."""

    def __init__(self, folder: DataFolder, *, port: int, double_port: int, once_ready: Path | None) -> None:
        self._folder = folder
        self._port = port
        self._double_port = double_port
        self._once_ready = once_ready
        self._venv = Venv()
        self._supervisor = Supervisor(on_change=self._tell)
        self._servers = servers.Servers(database_url="", redis_url="")
        self._ready = False

    def until_stopped(self) -> int:
        """Set up, start and watch; whatever ends it, nothing is left running."""
        self._venv.prepare()
        try:
            sign_ins = self._start()
            self._ready = True
            self._tell()
            self._welcome(sign_ins)
            self._supervisor.watch()
        except KeyboardInterrupt:
            progress.say("Stopping.")
        finally:
            self._supervisor.stop()
        return 0 if self._ready else 130

    def _start(self) -> str:
        """Start everything, each part when what it needs is ready; answers the demo's sign-ins."""
        progress.say("Starting the database and the broker.")
        promised = (self._port, self._double_port)
        self._servers = servers.of_folder(self._folder, self._venv, besides=promised)
        settings = environment.of_service(
            self._folder.secrets(),
            database_url=self._servers.database_url,
            redis_url=self._servers.redis_url,
            port=self._port,
            double_port=self._double_port,
        )
        services = Services(self._venv, self._folder, settings, self._servers.children)
        self._supervisor.start([*self._servers.children, services.double(self._double_port)])
        sign_ins = steps.prepare(self._venv, self._folder, settings)
        progress.say("Starting the service.")
        self._supervisor.start(services.of_stepup(self._port))
        return sign_ins

    def _welcome(self, sign_ins: str) -> None:
        print(f"\nThe board:        {environment.board(self._port)}/")
        print(f"Simulated phones: {environment.phones(self._double_port)}/")
        if sign_ins:
            print(f"\nSign in as:\n{sign_ins}")
        print(f"\nData and logs are in {self._folder.path}. Ctrl-C stops everything.", flush=True)

    def _tell(self) -> None:
        """Write what runs where into status.json; once all is ready, into the file asked for as well."""
        status = {
            "ready": self._ready,
            "pid": os.getpid(),
            "addresses": {
                "board": f"{environment.board(self._port)}/",
                "phones": f"{environment.phones(self._double_port)}/",
                "database": self._servers.database_url,
                "redis": self._servers.redis_url,
            },
            "ports": {"web": self._port, "double": self._double_port, **dict(self._servers.ports)},
            "pids": self._supervisor.pids(),
        }
        self._folder.write_status(status)
        if self._ready and self._once_ready:
            write_private(self._once_ready, json.dumps(status, indent=2) + "\n")
            self._once_ready = None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="manage.py up", description="Run StepUp on this machine until Ctrl-C."
    )
    parser.add_argument("--port", type=int, default=environment.BOARD_PORT, help="of the board (%(default)s)")
    parser.add_argument(
        "--double-port",
        type=int,
        default=environment.PHONES_PORT,
        help="of the simulated phones (%(default)s)",
    )
    parser.add_argument(
        "--any-port", action="store_true", help="take a free port where one of these is taken"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="the folder for everything kept (.stepup)")
    parser.add_argument(
        "--once-ready", type=Path, metavar="FILE", help="write the status into FILE once everything answers"
    )
    return parser
