"""Programs that are run without a network: what they ask of it is written down, and refused by the kernel where that can be."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

# Read by every Python below, notebook kernels and workers too. Names are looked up before anything is sent.
GUARD = """
import os, sys

def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        address = args[1] if event in ("socket.connect", "socket.sendto") else args[0]
        host = address[0] if isinstance(address, tuple) else address
        host = host.decode() if isinstance(host, bytes) else host
        here = host in (None, "", "localhost", "::1", "0.0.0.0") or str(host).startswith(("127.", "/"))
        if not here and not isinstance(address, int):
            with open(os.environ["OFFLINE_LOG"], "a") as log:
                print(event, args[1:] if event == "socket.connect" else args, sys.argv, file=log)
            raise OSError(f"{event} of {host}: this program was to stay on its machine")

sys.addaudithook(watch)
"""
# A network of its own in which there is only the loopback, which has to be switched on (SIOCSIFFLAGS, IFF_UP).
ALONE = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 1))
os.execv(sys.argv[1], sys.argv[1:])
"""


@cache
def alone() -> list[str]:
    """The words before a command that give it a network of its own; none where the machine does not allow that."""
    words = ["unshare", "--map-root-user", "--net", sys.executable, "-c", ALONE]
    if not shutil.which("unshare") or subprocess.run([*words, "/bin/true"], capture_output=True).returncode:
        return []
    return words


def environment(folder: Path) -> dict[str, str]:
    """The environment of a guarded program; `folder`/asked.txt holds what it asked of the network."""
    (folder / "guard").mkdir(parents=True, exist_ok=True)
    (folder / "guard" / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    path = os.pathsep.join(
        filter(None, [str(folder / "guard"), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")])
    )
    return {**os.environ, "PYTHONPATH": path, "OFFLINE_LOG": str(folder / "asked.txt")}


def asked(folder: Path) -> str:
    log = folder / "asked.txt"
    return log.read_text(encoding="utf-8") if log.exists() else ""


def run_offline(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """A Python program with these words, guarded, and alone where that can be."""
    command = [*alone(), sys.executable, *map(str, words)]
    return subprocess.run(command, env=environment(folder), cwd=folder, capture_output=True, text=True, timeout=300)
