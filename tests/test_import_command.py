"""`controld import` as a person runs it: what it writes, what it prints, and what it refuses."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from imported_pistomp import BLEND, DEFAULT
from mod_bundle import two_effects, write_bundle

from controld.cli import main
from controld.errors import ControldError
from controld.importers.files import write_all
from controld.importers.outcome import Made
from controld.yaml_reader import compose


def controld(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder."""
    command = [sys.executable, "-m", "controld.cli", *words]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **environment}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)


def files_of(folder: Path) -> list[str]:
    """Return every file below a folder, by its path from there."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def rig_of(folder: Path) -> list[str]:
    """Return the YAML files of a rig."""
    return [path for path in files_of(folder) if path.endswith(".yaml")]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Return a bundle's folder."""
    return write_bundle(tmp_path / "Two.pedalboard", two_effects())


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a pi-Stomp's configuration."""
    path = tmp_path / "default_config.yml"
    path.write_text(DEFAULT, encoding="utf-8")
    return path


class TestAnImport:
    """What is written and said."""

    def test_a_pedalboard_becomes_a_rig_that_checks(self, tmp_path: Path, bundle: Path) -> None:
        """In a folder of its own, with everything that belongs to a rig."""
        done = controld(tmp_path, "import", "mod-ui", bundle.name)
        assert (done.returncode, done.stderr) == (0, "")
        assert rig_of(tmp_path / "two-effects") == [
            "controld.yaml", "mappings/two-effects.yaml", "pedalboards/two-effects.yaml", "surfaces/mod-midi.yaml",
        ]  # fmt: skip
        assert "two-effects/pedalboards/two-effects.yaml  Two Effects: 2 effects, 2 snapshots" in done.stdout
        assert "name your MIDI device in controld.yaml" in done.stdout
        assert "Play it: controld run --config two-effects/controld.yaml" in done.stdout
        checked = controld(tmp_path, "check", "two-effects")
        assert (checked.returncode, checked.stdout) == (0, "4 files checked, no problems\n")

    def test_a_pi_stomp_with_its_pedalboard(self, tmp_path: Path, config: Path, bundle: Path) -> None:
        """The pedalboard around a config.yml is read too; the list says what has no equivalent."""
        (bundle / "config.yml").write_text(BLEND, encoding="utf-8")
        words = ("import", "pi-stomp", config.name, f"{bundle.name}/config.yml", "-o", "stage")
        done = controld(tmp_path, *words)
        assert (done.returncode, done.stderr) == (0, "")
        listed = done.stdout.partition("\nNo equivalent:\n")[2].partition("\n\n")[0]
        assert "  - encoder 3 (VOLUME): it turns the sound card's volume and sends no MIDI" in listed
        assert controld(tmp_path, "check", "stage").returncode == 0
        other = controld(tmp_path, *words[:3], bundle.name, "-o", "other")
        one, two = ((tmp_path / name / "mappings/pi-stomp.yaml").read_text() for name in ("stage", "other"))
        assert other.returncode == 0
        assert one.partition("version: 1")[2] == two.partition("version: 1")[2]

    def test_pi_stomp_alone(self, tmp_path: Path, config: Path) -> None:
        """Without a pedalboard the rig has none, and checks."""
        assert controld(tmp_path, "import", "pi-stomp", config.name).returncode == 0
        assert rig_of(tmp_path / "pi-stomp") == ["controld.yaml", "mappings/pi-stomp.yaml", "surfaces/pi-stomp.yaml"]
        assert controld(tmp_path, "check", "pi-stomp").returncode == 0

    def test_what_is_there_is_not_written_over(self, tmp_path: Path, bundle: Path) -> None:
        """Unless --force says so; then as if nothing had been there."""
        words = ("import", "mod-ui", bundle.name, "-o", "stage")
        assert controld(tmp_path, *words).returncode == 0
        changed = tmp_path / "stage/mappings/two-effects.yaml"
        first = changed.read_text()
        changed.write_text("mine\n")
        refused = controld(tmp_path, *words)
        assert refused.returncode == 1
        assert "stage/mappings/two-effects.yaml" in refused.stderr
        assert "nothing was written (--force writes over them)" in refused.stderr
        assert changed.read_text() == "mine\n"
        assert controld(tmp_path, *words, "--force").returncode == 0
        assert changed.read_text() == first

    def test_a_rig_that_is_there_stays(self, tmp_path: Path, bundle: Path) -> None:
        """Files are added to a rig; what its controld.yaml needs to know is printed."""
        (tmp_path / "stage").mkdir()
        (tmp_path / "stage/controld.yaml").write_text("version: 1\n")
        done = controld(tmp_path, "import", "mod-ui", bundle.name, "-o", "stage")
        assert done.returncode == 0
        assert (tmp_path / "stage/controld.yaml").read_text() == "version: 1\n"
        assert "stage/controld.yaml was there and is left as it is." in done.stdout
        assert "  pedalboards: [pedalboards/*.yaml]\n" in done.stdout

    def test_editors_find_the_schema_of_each_file(self, tmp_path: Path, config: Path, bundle: Path) -> None:
        """The first line of each names it, it is there, and the file follows it."""
        (bundle / "config.yml").write_text(BLEND, encoding="utf-8")
        assert controld(tmp_path, "import", "pi-stomp", config.name, bundle.name, "-o", "stage").returncode == 0
        for name in rig_of(tmp_path / "stage"):
            path = tmp_path / "stage" / name
            text = path.read_text(encoding="utf-8")
            found = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
            assert found, name
            schema = json.loads((path.parent / found[1]).read_text(encoding="utf-8"))
            jsonschema.validate(compose(text, name)[0].plain(), schema)

    @pytest.mark.parametrize("kind", [(), ("mod-ui",), ("pi-stomp",)])
    def test_help_teaches(self, tmp_path: Path, kind: tuple[str, ...]) -> None:
        """Each has examples that begin with the command itself."""
        done = controld(tmp_path, "import", *kind, "--help")
        assert done.returncode == 0
        assert "\n  controld import " in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 120


class TestRefusals:
    """One sentence with file and place, exit code 1, nothing written, never a traceback."""

    @pytest.fixture
    def refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> Callable[..., str]:
        """Return what runs the command and returns what is said, after nothing was written."""
        monkeypatch.chdir(tmp_path)

        def run(*words: str) -> str:
            before = files_of(tmp_path)
            assert main(["import", *words]) == 1
            told = capsys.readouterr()
            assert told.out == ""
            assert files_of(tmp_path) == before
            return told.err

        return run

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "default_config.yml: the file is empty"),
            ("hardware: [\n", "default_config.yml:"),
            ("hardware:\n\tmidi: 1\n", "default_config.yml:2:1: not YAML: a tab cannot indent"),
            ("hardware: {midi: {channel: 99}}\n", "default_config.yml:1:28: expected `channel` from 0 to 16"),
            ("a: 1\na: 2\n", "default_config.yml:2:1: the key `a` stands here twice"),
        ],
    )
    def test_broken_configurations(self, refused: Callable[..., str], config: Path, text: str, said: str) -> None:
        """YAML that is none, and values of another kind."""
        config.write_text(text)
        told = refused("pi-stomp", config.name)
        assert said in told
        assert "\nNothing was written.\n" in told

    def test_files_that_are_not_there(
        self, refused: Callable[..., str], tmp_path: Path, config: Path, bundle: Path
    ) -> None:
        """By their names."""
        assert "no.yml: cannot be read: No such file" in refused("pi-stomp", "no.yml")
        assert "no.yml: cannot be read: No such file" in refused("pi-stomp", config.name, "no.yml")
        assert "no.pedalboard: there is no such folder" in refused("mod-ui", "no.pedalboard")
        assert f"{config.name}: is no folder" in refused("mod-ui", config.name)
        (tmp_path / "empty").mkdir()
        assert "empty: there is no manifest.ttl in it" in refused("mod-ui", "empty")

    @pytest.mark.parametrize(
        ("name", "data", "said"),
        [
            ("board.ttl", b"<> <> .", "Two.pedalboard/board.ttl:1:1: not Turtle: "),
            ("board.ttl", b"\xff\xfe", "Two.pedalboard/board.ttl: not UTF-8 text"),
            ("manifest.ttl", b"", "Two.pedalboard/manifest.ttl: describes no pedalboards, expected one"),
            ("snapshots.json", b"{", "Two.pedalboard/snapshots.json:1:2: not JSON: "),
            ("addressings.json", b"[]", "Two.pedalboard/addressings.json: expected an object, found []"),
        ],
    )
    def test_broken_bundles(self, refused: Callable[..., str], bundle: Path, name: str, data: bytes, said: str) -> None:
        """Turtle, JSON, and bytes that are no text."""
        (bundle / name).write_bytes(data)
        assert said in refused("mod-ui", bundle.name)

    def test_without_rdflib_it_says_how_to_get_it(self, tmp_path: Path, bundle: Path) -> None:
        """It is an optional part of the installation."""
        hidden = tmp_path / "hidden"
        hidden.mkdir()
        (hidden / "rdflib.py").write_text("raise ImportError\n")
        path = f"{hidden}{os.pathsep}{Path(__file__).parents[1]}"
        done = controld(tmp_path, "import", "mod-ui", bundle.name, PYTHONPATH=path)
        assert done.returncode == 1
        assert done.stderr == (
            "controld: a pedalboard bundle is read with rdflib, which is not installed; "
            "get it with: pip install 'controld[import]', or in a clone: python3 -m controld.bootstrap setup import\n"
        )

    def test_a_place_that_cannot_be_written(self, refused: Callable[..., str], tmp_path: Path, bundle: Path) -> None:
        """A file stands where a folder has to be."""
        (tmp_path / "stage").write_text("a file\n")
        assert "stage" in refused("mod-ui", bundle.name, "-o", "stage")

    def test_nothing_is_half_written(self, tmp_path: Path) -> None:
        """Where one of the files cannot be put into its place, none is."""
        (tmp_path / "b/c.yaml").mkdir(parents=True)
        with pytest.raises(ControldError, match="cannot be written"):
            write_all(tmp_path, [Made("a.yaml", "", "a"), Made("b/c.yaml", "", "c")])
        assert files_of(tmp_path) == []


def test_the_example_of_the_page_is_what_comes_of_it(tmp_path: Path) -> None:
    """The switches that `importing.md` shows become the rules that it shows."""
    page = (Path(__file__).parents[1] / "docs" / "importing.md").read_text(encoding="utf-8")
    config, rules = re.findall(r"^```yaml fragment\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "default_config.yml").write_text(config, encoding="utf-8")
    assert controld(tmp_path, "import", "pi-stomp", "default_config.yml").returncode == 0
    mapping = (tmp_path / "pi-stomp/mappings/pi-stomp.yaml").read_text(encoding="utf-8")
    assert mapping.partition("\n\n")[2] == rules
