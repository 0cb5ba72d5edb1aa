"""A real backup of the test database, and the database as it is after somebody restored it."""

import os
import subprocess
import sysconfig
from pathlib import Path

from django.db import connection

from notifications.models import DemoClock
from stepup.local import postgres

# Time goes on whatever is restored; in the tests it is a row.
_CLOCK = DemoClock._meta.db_table


class Backup:
    """Every row as it stands now, written by `pg_dump`."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "backup"
        _run(
            "pg_dump",
            "--format=custom",
            "--data-only",
            "--disable-triggers",
            f"--exclude-table={_CLOCK}",
            f"--file={self._file}",
        )

    def restore(self) -> None:
        """Every row as it stood then, and nothing that has come since: `pg_restore` into empty tables."""
        with connection.cursor() as cursor:
            names = set(connection.introspection.table_names()) - {_CLOCK}
            tables = ", ".join(map(connection.ops.quote_name, sorted(names)))
            cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        _run(
            "pg_restore",
            "--data-only",
            "--disable-triggers",
            "--single-transaction",
            "--exit-on-error",
            str(self._file),
        )


def _run(program: str, *arguments: str) -> None:
    its = connection.settings_dict
    programs = postgres.newest_programs(Path(sysconfig.get_path("purelib"))) / "bin"
    where = {
        "PGHOST": its["HOST"],
        "PGPORT": str(its["PORT"]),
        "PGUSER": its["USER"],
        "PGPASSWORD": its["PASSWORD"],
    }
    database = ["--dbname", its["NAME"]]
    subprocess.run(
        [programs / program, *database, *arguments], env={"PATH": os.defpath, **{k: v for k, v in where.items() if v}},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
