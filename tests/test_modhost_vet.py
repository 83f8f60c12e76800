"""What must not reach mod-host: lists that are shorter than they say, and the instances it keeps for itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.bridge.hosts.modhost_vet import vet
from controld.bridge.hosts.virtual import VirtualHost
from controld.bridge.modhost_protocol import FEW_ARGUMENTS, tokenize

COUNTED = (
    "params_flush", "pre_run", "multi_add", "multi_preload", "multi_remove", "multi_activate", "multi_bypass",
    "multi_param_set", "multi_params_flush", "multi_pre_run",
)  # fmt: skip
WORDS = st.lists(st.sampled_from(["0", "1", "2", "3", "-1", "drive", "0.5", "urn:x"]), max_size=9)


def verdict_on(line: str) -> str | None:
    name, *words = tokenize(line)
    return vet(name, words)


@pytest.mark.parametrize(
    "line",
    [
        "params_flush 1 0 3 drive 0.1", "params_flush 1 0 1 drive", "multi_remove 2 1", "multi_remove 3",
        "multi_add 2 urn:x 5", "multi_add 1 urn:x", "multi_bypass 1 3 1", "multi_param_set drive 0.5 3 1",
        "multi_params_flush 0 1 1 3 drive 0.1", "multi_activate 1 4 1", "pre_run 1 0 2 drive",
    ],
)  # fmt: skip
def test_each_line_that_was_seen_to_end_mod_host_is_stopped(line: str) -> None:
    """With the reply mod-host has for too few arguments."""
    assert verdict_on(line) == FEW_ARGUMENTS


@pytest.mark.parametrize("line", ["remove 9995", "remove 9999", "multi_remove 2 1 9990"])
def test_the_instances_of_mod_host_itself_stay(line: str) -> None:
    """One of them cannot be removed without the end of mod-host."""
    assert verdict_on(line) == "resp -1"


@pytest.mark.parametrize(
    "line",
    [
        "params_flush 1 0 0", "params_flush 1 0 2 drive 0.1 output 1", "params_flush 1 0", "params_flush 1 0 -1",
        "multi_remove 1 1", "multi_add 1 urn:x 1", "multi_params_flush 0 2 1 2 1 drive 0.1", "remove 1", "remove -1",
        "remove 9989", "remove", "multi_remove", "bypass 9995 1", "param_set 1 drive 0.5", "nope",
    ],
)  # fmt: skip
def test_everything_else_is_mod_hosts_to_judge(line: str) -> None:
    """Refusals included."""
    assert verdict_on(line) is None


@given(st.sampled_from(COUNTED), WORDS)
def test_nothing_is_stopped_that_the_simulation_would_do(name: str, words: list[str]) -> None:
    """What is stopped changes nothing there either, and no words are too odd to be judged."""
    host = VirtualHost()
    host.execute("add http://drobilla.net/plugins/mda/Overdrive 1")
    host.take_events()
    if vet(name, words) == FEW_ARGUMENTS:
        assert not str(host.execute(" ".join([name, *words]))).startswith("resp 0")
        assert host.take_events() == []
