"""What the plugin API tells of plugins, presets and bundles that need not be loaded."""

from collections.abc import Iterator

import pytest
from bridge_process import Bridge, running

DRIVE, ECHO = "urn:test:drive", "urn:test:echo"


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with running() as shared:
        yield shared


def failure(text: str) -> dict[str, str]:
    return {"error": f"Plugin command failed: {text}"}


def test_the_catalogue_is_told_in_the_stock_shapes(bridge: Bridge) -> None:
    """Plugins have all members clients read, and their eight counts of ports."""
    plugins = bridge.plugin("get_available_plugins")["plugins"]
    assert list(plugins) == [DRIVE, ECHO]
    assert plugins[DRIVE] == {
        "uri": DRIVE,
        "name": "Drive",
        "brand": "Test",
        "label": "Drive",
        "comment": "",
        "build_environment": "",
        "version": "2.4",
        "license": "MIT",
        "category": ["Distortion"],
        "author": {"name": "Ada", "homepage": "", "email": ""},
        "ports": {
            "audio_inputs": 1,
            "audio_outputs": 1,
            "control_inputs": 3,
            "control_outputs": 1,
            "cv_inputs": 0,
            "cv_outputs": 0,
            "midi_inputs": 0,
            "midi_outputs": 0,
        },
    }


def test_essentials_tell_ranges_kinds_and_names(bridge: Bridge) -> None:
    """A control has its range, its properties, its scale points, its units and its designation."""
    reply = bridge.plugin("get_plugin_essentials", plugin_uri=DRIVE)
    essentials = reply["essentials"]
    assert reply["plugin_uri"] == DRIVE
    gain, mode, on = essentials["control_inputs"]
    assert gain == {
        "index": 0,
        "symbol": "gain",
        "name": "Gain",
        "short_name": "Gain",
        "comment": "",
        "designation": "",
        "min_value": -20.0,
        "max_value": 20.0,
        "default_value": 0.0,
        "properties": [],
        "scale_points": [],
        "units": {"label": "db", "symbol": "dB"},
    }
    assert mode["properties"] == ["enumeration", "integer"]
    assert mode["scale_points"] == [{"value": 0.0, "label": "off"}, {"value": 1.0, "label": "on"}]
    assert mode["short_name"] == "A mode with a lo"
    assert on["designation"] == "http://lv2plug.in/ns/lv2core#enabled"
    assert essentials["monitored_outputs"] == ["meter"]
    assert (essentials["minor_version"], essentials["micro_version"], essentials["parameters"]) == (2, 4, [])


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, [DRIVE, ECHO]),
        ({"query": "DRI"}, [DRIVE]),
        ({"query": "zzz"}, []),
        ({"criteria": {"category": "delay"}}, [ECHO]),
        ({"criteria": {"author": "ada"}}, [DRIVE]),
        ({"criteria": {"min_audio_inputs": 2}}, [ECHO]),
        ({"criteria": {"max_audio_inputs": 1}}, [DRIVE]),
        ({"criteria": {"min_audio_outputs": 1, "max_audio_outputs": 1}}, [DRIVE]),
        ({"criteria": {"has_parameter": "Feedback"}}, [ECHO]),
        ({"criteria": {"required_features": ["urn:x"]}}, []),
        ({"criteria": {"requires_realtime": True}}, [DRIVE, ECHO]),
        ({"criteria": []}, [DRIVE, ECHO]),
    ],
)
def test_search_honours_what_is_asked(bridge: Bridge, fields: dict[str, object], found: list[str]) -> None:
    """Each criterion narrows the search, alone and with others."""
    assert [plugin["uri"] for plugin in bridge.plugin("search_plugins", **fields)["plugins"]] == found


def test_a_limit_that_is_no_number_is_an_error(bridge: Bridge) -> None:
    """A text where a count belongs is refused in jsoncpp's words."""
    reply = bridge.plugin("search_plugins", criteria={"max_audio_inputs": "1"})
    assert reply == failure("Value is not convertible to Int.")


SMALL = [
    ("rescan_presets", {}, {"status": "ok"}),
    ("rescan_plugins", {}, {"status": "ok", "plugins_added": 0, "plugins_removed": 0}),
    ("is_bundle_loaded", {"bundle_path": "/x"}, {"is_loaded": False}),
    ("list_bundle_plugins", {"bundle_path": "/x"}, {"plugins": []}),
    ("add_bundle", {"bundle_path": "/x y"}, {"added_plugins": []}),
    ("remove_bundle", {"bundle_path": "/x"}, {"removed_plugins": []}),
    ("clear_all", {}, {"status": "ok"}),
]


@pytest.mark.parametrize(("method", "fields", "reply"), SMALL)
def test_the_small_methods_answer_in_shape(
    bridge: Bridge, method: str, fields: dict[str, object], reply: dict[str, object]
) -> None:
    """Methods about bundles and scans have the replies clients expect."""
    assert bridge.plugin(method, **fields) == {**reply, "success": True}


def test_a_plugin_without_gui_has_an_empty_one(bridge: Bridge) -> None:
    """The members are there, and empty."""
    assert bridge.plugin("get_plugin_gui", plugin_uri=DRIVE)["gui"]["icon_template"] == ""
    assert bridge.plugin("get_plugin_gui_mini", plugin_uri=DRIVE)["gui_mini"]["thumbnail"] == ""
    for method in ("get_plugin_gui", "get_plugin_essentials", "get_plugin_presets"):
        assert bridge.plugin(method, plugin_uri="urn:none") == failure("Plugin not found: urn:none")
