"""The command that starts the dashboard; the name of its package is all that is known of it here."""

import argparse
import importlib.util
import signal
import subprocess
import sys
from pathlib import Path

from core.base.errors import ConfigurationError
from core.cli.commands import Answer


def dashboard(options: argparse.Namespace) -> Answer:
    """`dashboard`: serve it until it is ended; what the server says goes to stderr.

    Raises:
        ConfigurationError: the dashboard is not installed, or the server ended with an error.
    """
    found = importlib.util.find_spec("dashboard")
    if found is None or found.origin is None:
        raise ConfigurationError("The dashboard is not installed here.")
    app = Path(found.origin).with_name("app.py")
    command = [sys.executable, "-m", "streamlit", "run", str(app)]
    if options.port is not None:
        command += ["--server.port", str(options.port)]
    with subprocess.Popen(command, stdout=sys.stderr) as server:
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())  # it ends with this process
        code = server.wait()
    if code not in (0, -signal.SIGTERM):
        raise ConfigurationError(f"The server ended with exit code {code}; what it said stands above.")
    return {"ended": True}, ["The dashboard has ended."]
