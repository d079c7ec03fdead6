"""A SLURM cluster of one node on loopback, in a folder of its own and as whoever runs the tests; no systemd needed."""

import contextlib
import getpass
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import free_port

DAEMONS = ("munged", "slurmctld", "slurmd")
START_SECONDS = 60
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
GresTypes=gpu
MpiDefault=none
ReturnToService=2
KillWait=5
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=64000 Gres=gpu:1 State=UNKNOWN
PartitionName=gpu Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
"""As small as it goes in a container: no cgroups, no accounting; cores, memory and a GPU that it only believes in."""


def daemon(name: str) -> str | None:
    """Where a daemon is installed; the system's folders are not on everybody's path."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A running cluster with one partition "gpu"; its folder, with its logs. Skips where SLURM is not installed."""
    missing = [name for name in DAEMONS if daemon(name) is None]
    if missing or not shutil.which("sbatch"):
        pytest.skip("SLURM is not installed: apt-get install slurmctld slurmd slurm-client munge")
    folder = tmp_path / "slurm"
    for part in (folder, folder / "state", folder / "spool"):
        part.mkdir()
    host = socket.gethostname().split(".")[0]
    (folder / "slurm.conf").write_text(
        CONFIGURATION.format(
            host=host,
            user=getpass.getuser(),
            folder=folder,
            controller_port=free_port(),
            node_port=free_port(),
        )
    )
    (folder / "gres.conf").write_text("Name=gpu Count=1 File=/dev/null\n")
    (folder / "cgroup.conf").write_text(without_cgroups())
    (folder / "munge.key").touch(mode=0o600)
    (folder / "munge.key").write_bytes(os.urandom(1024))
    monkeypatch.setenv("SLURM_CONF", str(folder / "slurm.conf"))
    commands = [
        [
            *("munged", "--foreground", "--key-file", f"{folder}/munge.key", "--socket", f"{folder}/munge.socket"),
            *("--pid-file", f"{folder}/munge.pid", "--seed-file", f"{folder}/munge.seed"),
            *("--log-file", f"{folder}/munge.log", "--force"),
        ],
        ["slurmctld", "-D"],
        ["slurmd", "-D"],
    ]
    started = []
    try:
        for name, *arguments in commands:
            with (folder / f"{name}.out").open("wb") as output:
                started.append(subprocess.Popen([daemon(name), *arguments], stdout=output, stderr=output))
        wait_for_node(folder)
        yield folder
    finally:
        subprocess.run(["scancel", "--user", getpass.getuser(), "--signal", "KILL"], capture_output=True, check=False)
        for process in reversed(started):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def without_cgroups() -> str:
    """How this version of SLURM is told to do without them; before 23.02 it insists, but not on systemd."""
    version = re.search(r"(\d+)\.(\d+)", command(daemon("slurmd"), "-V"))
    modern = version and (int(version[1]), int(version[2])) >= (23, 2)
    return "CgroupPlugin=disabled\n" if modern else "IgnoreSystemd=yes\n"


def wait_for_node(folder: Path) -> None:
    """Until the node is idle; what the daemons said, where it does not become so."""
    deadline = time.monotonic() + START_SECONDS
    while "idle" not in (said := command("sinfo", "--noheader", "--format", "%t")):
        if time.monotonic() > deadline:
            logs = "\n".join(f"{log.name}: {log.read_text()[-1500:]}" for log in sorted(folder.glob("*.log")))
            raise AssertionError(f"the node is {said or 'not there'}\n{logs}")
        time.sleep(0.2)


def command(*words: str) -> str:
    """What one of SLURM's commands answers."""
    return subprocess.run(words, capture_output=True, text=True, timeout=30, check=False).stdout.strip()


def jobs() -> list[str]:
    """Numbers of the jobs that run, oldest first."""
    return sorted(command("squeue", "--noheader", "--states", "RUNNING", "--format", "%i").split(), key=int)
