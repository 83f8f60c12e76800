"""From a fresh clone to a running rig, or a test run, in one command and with nothing but Python.

Standard library only, because nothing else is there yet. It makes a virtual environment in `.venv`, installs the
package into it, installs system packages where they are missing and it may (as root, with apt), says plainly what to do
where it may not, and hands over to the real program. What is there already is not touched: the second time takes none.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

USAGE = """\
usage: python3 -m controld.bootstrap run [options of `controld run`]
       python3 -m controld.bootstrap test [options of pytest]
       python3 -m controld.bootstrap setup [dev | extras of pyproject.toml, as in `web,layouts`]
"""
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE = ROOT / ".node"
MINIMUM = (3, 11)

# Debian's names. Without JACK's library MIDI works through ALSA alone.
RUN_PACKAGES = ("libjack-jackd2-0",)
# A real JACK server, independent OSC programs, and the real plugins that the virtual host's catalogue is compared with.
TEST_PACKAGES = (
    "jackd2", "liblo-tools", "puredata-core", "lilv-utils", "lv2-examples", "mda-lv2", "swh-lv2", "x42-plugins",
    "calf-plugins", "guitarix-lv2",
)  # fmt: skip
# One more independent OSC program, in node; of npm, and into a folder of its own.
NODE_PACKAGES = ("nodejs", "npm")
NPM_PACKAGES = ("osc@2.4.5",)
NPM_PATIENCE_S = 180  # where it cannot reach its registry it would try for many minutes
# python-rtmidi has no wheels for newer Pythons: there it is compiled.
COMPILE_PACKAGES = ("g++", "libasound2-dev", "libjack-jackd2-dev", "python3-dev")


def main(argv: Sequence[str]) -> int:
    """Set up what the command needs, and become it."""
    if sys.version_info < MINIMUM:
        tell(f"Python {MINIMUM[0]}.{MINIMUM[1]} or newer is needed; this is {sys.version.split()[0]}")
        return 1
    match list(argv):
        case ["run", *rest]:
            set_up("")
            program = VENV / "bin" / "controld"
            os.execv(program, [str(program), "run", *rest])  # noqa: S606 - our own program
        case ["test", *rest]:
            set_up("dev")
            os.chdir(ROOT)
            # By its own path also as the first argument: that is how Python finds the environment it belongs to.
            python = VENV / "bin" / "python"
            os.execv(python, [str(python), "-m", "pytest", *rest])  # noqa: S606 - our own tests
        case ["setup", *extras] if len(extras) < 2:
            set_up("".join(extras))
            return 0
    sys.stderr.write(USAGE)
    return 2


def set_up(extra: str) -> None:
    """Have the virtual environment, the package (with `extra`) and the system packages it needs."""
    wanted = RUN_PACKAGES + (TEST_PACKAGES if extra == "dev" else ())
    if sys.version_info >= (3, 13):
        wanted += COMPILE_PACKAGES
    install_system_packages(wanted, optional=True)
    if extra == "dev":
        install_npm_packages()
    if not (VENV / "bin" / "pip").exists():
        make_environment()
    stamp = VENV / f".controld-{extra or 'run'}"
    fingerprint = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    tell("installing controld and its Python packages into .venv (this once)")
    target = f"{ROOT}[{extra}]" if extra else str(ROOT)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, "--editable", target], check=True)
    stamp.write_text(fingerprint)


def make_environment() -> None:
    """Make `.venv`; Debian ships Python without what that takes, so its package is added where it may be."""
    tell("making a virtual environment in .venv (this once)")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        install_system_packages([version], optional=False)
    shutil.rmtree(VENV, ignore_errors=True)
    venv.EnvBuilder(with_pip=True, symlinks=True).create(VENV)


def install_npm_packages() -> None:
    """Have the packages of node that tests need in `.node`; without npm those tests are skipped, and say so."""
    stamp = NODE / ".controld"
    wanted = " ".join(NPM_PACKAGES)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if shutil.which("npm") is None:  # where node is not Debian's, npm came with it
        install_system_packages(NODE_PACKAGES, optional=True)
    npm = shutil.which("npm")
    if npm is None:
        return
    tell(f"installing packages of node into {NODE.name} (this once): {wanted}")
    NODE.mkdir(exist_ok=True)
    options = ["--prefix", str(NODE), "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--no-save"]
    command = [npm, "install", "--silent", "--fetch-retries=1", *options, *NPM_PACKAGES]
    try:
        subprocess.run(command, check=True, timeout=NPM_PATIENCE_S)
        stamp.write_text(wanted)
    except subprocess.SubprocessError:
        tell("going on without them: what needs them is skipped, and says so")


def install_system_packages(names: Sequence[str], *, optional: bool) -> None:
    """Install those of Debian's packages that are missing, or say how to; exits where a needed one cannot be had."""
    missing = [name for name in names if not is_installed(name)]
    if not missing:
        return
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        tell(f"installing system packages: {' '.join(missing)}")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
            done = subprocess.run([apt, "-qq", *arguments], env=environment, stdout=subprocess.DEVNULL, check=False)
        if done.returncode == 0:
            return
    tell(f"these system packages are missing: {' '.join(missing)}")
    tell(f"install them with: sudo apt-get install {' '.join(missing)}   (or what your system calls them)")
    if not optional:
        sys.exit(1)
    tell("going on without them: what needs them is skipped, and says so")


def is_installed(package: str) -> bool:
    """Tell whether Debian's package is there; on other systems everything is taken to be."""
    query = shutil.which("dpkg-query")
    if query is None:
        return True
    done = subprocess.run([query, "-W", "-f=${Status}", package], capture_output=True, text=True, check=False)
    return done.stdout.endswith("install ok installed")


def tell(text: str) -> None:
    """Say something to the person who waits."""
    sys.stderr.write(f"controld: {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
