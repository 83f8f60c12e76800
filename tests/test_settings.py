"""Settings: which of default, file, environment and command line counts, and how each of their mistakes is told."""

import json
import logging
from pathlib import Path

import pytest
from rig_process import RigProcess, running, wait_for

from controld.cli import main
from controld.config import load_rig
from controld.config_settings import PLACES, VARIABLES, overrides_of
from controld.config_values import EngineConfig, LogConfig, RigConfig, ServiceConfig
from controld.errors import ConfigError
from controld.generations import Generations
from controld.log_setup import set_up_logging
from controld.places import data_folder
from controld.reload_files import load_again, load_last_good
from controld.run import run

# For each variable a value that is not the default.
SAID = {
    "CONTROLD_ENGINE": "bridge", "MODHOST_BRIDGE_ENDPOINT": "tcp://127.0.0.1:7000",
    "MODHOST_BRIDGE_PUB": "tcp://127.0.0.1:7001", "MODHOST_BRIDGE_HEALTH": "tcp://127.0.0.1:7002",
    "MODHOST_BRIDGE_TIMEOUT": "7.5", "BRIDGE_CONNECT_RETRIES": "9", "BRIDGE_CONNECT_RETRY_DELAY": "0.25",
    "BRIDGE_RECONNECT_DELAY": "3", "BRIDGE_HEALTH_CHECK_INTERVAL": "0", "LV2_PATH": "/a:/b",
    "SESSION_MANAGER_AUTO_CREATE_DEFAULT": "1", "ZMQ_BASE_PORT": "5600", "ZMQ_REQUEST_TIMEOUT": "12",
    "LOG_LEVEL": "debug", "LOG_FORMAT": "JSON",
}  # fmt: skip


def rig_file(folder: Path, text: str = "") -> Path:
    path = folder / "controld.yaml"
    path.write_text(f"version: 1\n{text}", encoding="utf-8")
    return path


def loaded(path: Path, environ: dict[str, str], *chosen: str) -> RigConfig:
    return load_rig(path, over=overrides_of(environ, chosen))


class TestWhoCounts:
    def test_every_variable_reaches_the_configuration(self, tmp_path: Path) -> None:
        """What the environment says is what the rig is run with, each value as what it is."""
        config = loaded(rig_file(tmp_path), SAID)
        endpoints = ("tcp://127.0.0.1:7000", "tcp://127.0.0.1:7001", "tcp://127.0.0.1:7002")
        assert SAID.keys() == VARIABLES.keys()
        assert config.engine == EngineConfig(
            "bridge", *endpoints, EngineConfig().address, 7.5, 9, 0.25, 3.0, 0.0, "/a:/b"
        )
        assert config.log == LogConfig("DEBUG", "json")
        assert config.service == ServiceConfig(base_port=5600, request_timeout_s=12.0)
        assert [board.name for board in config.pedalboards] == ["Default"]

    def test_the_file_over_the_default_the_environment_over_the_file_the_command_line_over_all(
        self, tmp_path: Path
    ) -> None:
        """Each step is looked at."""
        path = rig_file(tmp_path, "engine: {type: virtual, timeout: 2 s}\n")
        assert loaded(rig_file(tmp_path), {}).engine.timeout_s == EngineConfig().timeout_s
        path = rig_file(tmp_path, "engine: {type: virtual, timeout: 2 s}\n")
        assert loaded(path, {}).engine.timeout_s == 2
        assert loaded(path, {"MODHOST_BRIDGE_TIMEOUT": "3"}).engine.timeout_s == 3
        assert loaded(path, {"MODHOST_BRIDGE_TIMEOUT": ""}).engine.timeout_s == 2
        assert loaded(path, {"MODHOST_BRIDGE_TIMEOUT": "3"}, "engine.timeout=400 ms").engine.timeout_s == 0.4

    def test_any_key_can_be_set(self, tmp_path: Path) -> None:
        """Also one that no variable stands for, and one that the file has; its neighbours stay."""
        path = rig_file(tmp_path, "tempo: 90\nstartup: {restore: none}\n")
        config = loaded(path, {}, "tempo=140", "startup.create_default=yes")
        assert (config.tempo_bpm, config.startup.restore, config.startup.create_default) == (140, "none", True)

    def test_which_engine_the_variables_mean(self, tmp_path: Path) -> None:
        """A bridge that is named is one that is there, unless the file says what the engine is."""
        path = rig_file(tmp_path)
        assert loaded(path, {"MODHOST_BRIDGE_ENDPOINT": "tcp://127.0.0.1:7000"}).engine.type == "bridge"
        assert loaded(path, {"BRIDGE_RECONNECT_DELAY": "1"}).engine.type == "virtual"
        path = rig_file(tmp_path, "engine: {type: virtual}\n")
        assert loaded(path, {"MODHOST_BRIDGE_ENDPOINT": "tcp://127.0.0.1:7000"}).engine.type == "virtual"

    def test_a_default_pedalboard_there_is_already(self, tmp_path: Path) -> None:
        """It is not made twice."""
        (tmp_path / "b.yaml").write_text("version: 1\nname: Default\neffects: {}\ndescription: mine\n", "utf-8")
        config = loaded(rig_file(tmp_path, "pedalboards: [b.yaml]\nstartup: {create_default: true}\n"), {})
        assert [board.description for board in config.pedalboards] == ["mine"]

    def test_files_that_are_read_again_stay_under_what_was_said(self, tmp_path: Path) -> None:
        """A save while the rig runs does not bring back what the environment overrode."""
        path = rig_file(tmp_path, "tempo: 90\n")
        over = loaded(path, {"LOG_LEVEL": "ERROR"}, "tempo=140").over
        again = load_again(path, {}, over).config
        assert again is not None
        assert (again.tempo_bpm, again.log.level) == (140, "ERROR")


class TestMistakes:
    @pytest.mark.parametrize(
        ("variable", "value", "told"),
        [
            ("LOG_LEVEL", "debg", ("expected a level (DEBUG, INFO, WARNING, ERROR or CRITICAL), found the text `debg` "
             "(did you mean `DEBUG`?)")),
            ("LOG_FORMAT", "xml", "expected a format (text or json), found the text `xml`"),
            ("MODHOST_BRIDGE_ENDPOINT", "6000", ("expected a ZeroMQ address as in `tcp://127.0.0.1:6000`, found the "
             "number 6000")),
            ("MODHOST_BRIDGE_TIMEOUT", "-1", ("expected a time from 0.1 to 600 s: a number of seconds, or as in "
             "`500 ms`, found the number -1")),
            ("BRIDGE_RECONNECT_DELAY", "2 beats", ("expected a time from 0.05 to 60 s: a number of seconds, or as in "
             "`500 ms`, found the text `2 beats`")),
            ("BRIDGE_CONNECT_RETRIES", "1.5", "expected a whole number from 0 to 1000, found the number 1.5"),
            ("ZMQ_BASE_PORT", "99999", "expected a port from 1 to 62535, found the number 99999"),
            ("SESSION_MANAGER_AUTO_CREATE_DEFAULT", "maybe", "expected true or false, found the text `maybe`"),
        ],
    )  # fmt: skip
    def test_a_bad_variable_is_told_like_a_bad_file(self, variable: str, value: str, told: str, tmp_path: Path) -> None:
        """With its name for the place, and what was expected."""
        with pytest.raises(ConfigError) as caught:
            loaded(rig_file(tmp_path), {variable: value})
        assert str(caught.value) == f"environment variable {variable}: {told}"

    def test_all_mistakes_at_once(self, tmp_path: Path) -> None:
        """Those of the file too."""
        path = rig_file(tmp_path, "tempo: fast\n")
        with pytest.raises(ConfigError) as caught:
            loaded(path, {"LOG_LEVEL": "loud"}, "log.fromat=json")
        assert [problem.path for problem in caught.value.problems] == [
            str(path), "command line --set log.fromat", "environment variable LOG_LEVEL",
        ]  # fmt: skip
        assert caught.value.problems[1].hint == "did you mean `format`?"

    @pytest.mark.parametrize("choice", ["log.level", "=DEBUG", ""])
    def test_a_choice_without_a_value(self, choice: str) -> None:
        """It is told what one looks like."""
        with pytest.raises(ConfigError, match="expected KEY=VALUE"):
            overrides_of({}, [choice])

    def test_a_run_with_a_bad_variable_does_not_start(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """As with a bad file."""
        monkeypatch.setenv("LOG_LEVEL", "loud")
        with pytest.raises(ConfigError, match="environment variable LOG_LEVEL"):
            run(rig_file(tmp_path), tmp_path / "socket")


class TestTheCommand:
    def test_each_value_says_where_it_comes_from(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Default, file and line, variable and command line."""
        path = rig_file(tmp_path, "tempo: 90\nsurfaces:\n  pad: {profile: x, osc: {listen: 9000}}\n")
        for variable in (*VARIABLES, *(place.variable for place in PLACES)):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setenv("LOG_LEVEL", "WARNING")
        monkeypatch.setenv("SESSION_MANAGER_DATA_DIR", str(tmp_path / "kept"))
        words = ["config", "--config", str(path), "--set", "log.format=json"]
        assert main([*words, "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        said = {key: tuple(found[key].values()) for key in found}
        assert said["config"] == (str(path), "command line --config")
        assert said["data"] == (str(tmp_path / "kept"), "environment variable SESSION_MANAGER_DATA_DIR")
        assert said["tempo"] == (90, f"{path}:2")
        assert said["surfaces.pad.osc.listen"] == (9000, f"{path}:4")
        assert said["log.level"] == ("WARNING", "environment variable LOG_LEVEL")
        assert said["log.format"] == ("json", "command line --set log.format")
        assert said["engine.timeout"] == (5.0, "default")
        assert set(VARIABLES.values()) <= set(said)
        assert main(words) == 0
        lines = capsys.readouterr().out.splitlines()
        assert ["log.level", "WARNING", "environment", "variable", "LOG_LEVEL"] in [line.split() for line in lines]
        assert len(lines) == len(said)

    def test_the_defaults_that_are_shown_are_those_that_count(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The table and the values the daemon is built from agree."""
        for variable in VARIABLES:
            monkeypatch.delenv(variable, raising=False)
        assert main(["config", "--config", str(rig_file(tmp_path)), "--format", "json"]) == 0
        found = json.loads(capsys.readouterr().out)
        engine, log, service = EngineConfig(), LogConfig(), ServiceConfig()
        assert found["engine.reconnect_delay"]["value"] == engine.reconnect_delay_s
        assert found["log.level"]["value"] == log.level
        assert found["service.base_port"]["value"] == service.base_port


class TestWhatTheyDo:
    def test_the_folder_of_what_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The Session Manager's variable, else XDG's."""
        monkeypatch.setenv("XDG_STATE_HOME", "/state")
        monkeypatch.setenv("SESSION_MANAGER_DATA_DIR", str(tmp_path))
        assert data_folder() == tmp_path
        monkeypatch.delenv("SESSION_MANAGER_DATA_DIR")
        assert data_folder() == Path("/state/controld")

    def test_the_log(self, capsys: pytest.CaptureFixture[str]) -> None:
        """From its level on, as JSON where that is wanted."""
        try:
            set_up_logging("WARNING", "json")
            logging.getLogger("controld.x").info("not this")
            logging.getLogger("controld.x").warning("this")
        finally:
            set_up_logging("INFO", "text")
        (line,) = capsys.readouterr().err.splitlines()
        entry = json.loads(line)
        assert (entry["level"], entry["logger"], entry["message"]) == ("WARNING", "controld.x", "this")

    def test_a_rig_that_runs_under_variables(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Log level and format, the default pedalboard, the plugin folders of its bridge, and where state is kept."""
        said = {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": "json", "SESSION_MANAGER_AUTO_CREATE_DEFAULT": "true"}
        for variable, value in said.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setenv("SESSION_MANAGER_DATA_DIR", str(tmp_path / "kept"))
        rig = RigProcess(tmp_path)
        rig.write("controld.yaml", (tmp_path / "controld.yaml").read_text("utf-8") + "\nlog: {level: ERROR}\n")
        rig.start("--set", "engine.lv2_path=/nowhere")
        try:
            environment = Path(f"/proc/{rig.bridge_pid()}/environ").read_bytes().split(b"\0")
            assert b"LV2_PATH=/nowhere" in environment
            assert rig.tool("simulate", "--help").returncode == 0
        finally:
            assert rig.stop() == 0
        levels = {json.loads(line)["level"] for line in rig.text.splitlines() if line.startswith("{")}
        assert "DEBUG" in levels
        assert list((tmp_path / "kept").glob("last-*.json"))

    def test_a_log_level_that_is_saved_is_taken_at_once(self, tmp_path: Path) -> None:
        """Without a restart."""
        with running(tmp_path) as rig:
            text = (tmp_path / "controld.yaml").read_text("utf-8")
            rig.write("controld.yaml", text + "log: {format: json}\n")
            wait_for(lambda: '"message": "saved files are taken"' in rig.text, "a line of JSON")


def test_kept_files_are_loaded_under_what_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--last-good` is a way to the files, not past the environment."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("SESSION_MANAGER_DATA_DIR", raising=False)
    path = rig_file(tmp_path, "tempo: 90\n")
    generations = Generations(path)
    generations.keep(load_rig(path).found, "")
    generations.save()
    rig_file(tmp_path, "tempo: fast\n")
    config, _ = load_last_good(path, {}, overrides_of({"LOG_LEVEL": "ERROR"}))
    assert (config.tempo_bpm, config.log.level) == (90, "ERROR")
