#!/usr/bin/env python3
"""The one command: `up`, `test`, and every command of Django, on a machine that has only Python.

python3 manage.py up      prepare and run the whole service here, until Ctrl-C
python3 manage.py test    run every check and every test
python3 manage.py help    everything else
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the sentence is for those who run an older one
    sys.stderr.write(f"StepUp needs Python 3.11 or newer; this is Python {sys.version.split()[0]}.\n")
    sys.exit(2)
if sys.platform == "win32":
    sys.stderr.write("StepUp runs on Linux and macOS; on Windows, use the Windows Subsystem for Linux.\n")
    sys.exit(2)

from stepup.local import commands

if __name__ == "__main__":
    sys.exit(commands.main(sys.argv))
