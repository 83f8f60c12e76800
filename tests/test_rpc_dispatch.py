"""The dispatcher without sockets: arbitrary JSON is always answered, and only a call that is valid changes anything."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from played_rig import Stage, play

from controld.actions import Action
from controld.changes import EngineChanged, EngineState, StateChange
from controld.figures import Facts
from controld.rig import Output, Rig
from controld.rpc import dispatch, shapes
from controld.rpc.answers import Outcome, Question, Result, Wait
from controld.rpc.dispatch import Dispatcher, UnknownMethod
from controld.rpc.methods import REGISTRY
from controld.rpc.wire import Malformed, Request, answer_bytes, error_bytes, read_request
from controld.service import Answered
from controld.session.edits import Edit

MAX_ASKED = 50


class Desk:
    """A rig with an engine that answers at once."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.told: list[Any] = []

    @property
    def rig(self) -> Rig:
        return self.stage.rig

    def act(self, action: Action | Edit, origin: str) -> list[StateChange]:
        changes = self.stage.rig.act(action, origin, 0.0).changes
        self.told += changes
        return changes

    def ask_engine(self, question: Mapping[str, object], deadline_s: float, answered: Answered) -> None:
        raise AssertionError("the dispatcher returns its questions")

    def facts(self) -> Facts:
        raise AssertionError("no call asks for them")

    def status(self) -> dict[str, object]:
        return {"surfaces": {"floor": "connected"}}


def state(desk: Desk) -> str:
    """Return everything that a call could have changed."""
    look = desk.rig.session.look
    boards = [shapes.board(look, board, {}) for name in look.names if (board := look.board(name))]
    values = {name: effect.wish for name, effect in look.effects.items()}
    return repr(
        (boards, values, look.banks, look.bpm, look.rolling, look.muted, look.favourites, desk.rig.session.snapshot)
    )


class Machine:
    """Stands where the machine's figures are."""

    def figures(self, what: str) -> Result:
        return {"what": what}

    def settings(self) -> Mapping[str, object]:
        return {"engine.type": "virtual"}

    def read_json(self, filename: str) -> object:
        return {"name": filename, "plugins": [], "connections": []}

    def write_json(self, filename: str, data: Result) -> str:
        return filename


machine = Machine()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
plausible = st.sampled_from(
    ["drive", "delay", "gain", "mix", "Stage", "Lead", "urn:drive", "system:capture_1", "drive:in", "rolling", "none",
     ":bypass", "Crunch", 0, 1, 0.5, -1, 2**70, 120, True, False, "0", "a\x00b", "\ud800", "", [], {}]
)  # fmt: skip
names = sorted(
    {name for method in REGISTRY.methods for each in method.parameters for name in (each.name, *each.aliases)}
)
requests = st.builds(
    Request,
    st.sampled_from(sorted(REGISTRY.by_name)) | st.text(max_size=10),
    st.dictionaries(st.sampled_from(names) | st.text(max_size=5), plausible | json_values, max_size=5),
)


@st.composite
def calls(draw: st.DrawFn) -> Request:
    """A call of a method with parameters that it has, some of them well chosen."""
    method = draw(st.sampled_from(REGISTRY.methods))
    params = {each.name: draw(plausible | json_values) for each in method.parameters if draw(st.booleans())}
    return Request(method.name, params)


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=300)
def test_any_bytes_are_a_request_or_malformed(body: bytes) -> None:
    read = read_request(body)
    if isinstance(read, Malformed):
        assert json.loads(error_bytes(read.request_id, read.reason, "now"))["error"] == read.reason
    else:
        assert isinstance(read.params, dict)


@given(st.lists(requests | calls(), max_size=8), st.lists(json_values, max_size=MAX_ASKED))
@settings(max_examples=250, deadline=None)
def test_whatever_is_asked_is_answered(asked: list[Request], replies: list[Any]) -> None:
    """Nothing is raised, every result can be written, and a call that failed changed nothing."""
    desk = Desk(play())
    dispatcher = Dispatcher(desk, machine)
    for request in asked:
        before = state(desk)
        if request.method in REGISTRY.by_name:
            outcome = dispatcher.call(request, "rpc/test")
        else:
            with pytest.raises(UnknownMethod, match="not found"):
                dispatcher.call(request, "rpc/test")
            outcome = {"success": False}
        result = settle(desk, dispatcher, outcome, iter(replies))
        json.loads(answer_bytes(None, result, "now"))
        if result["success"] is False and not isinstance(outcome, Wait | Question):
            assert state(desk) == before
        details = result.get("details")
        if isinstance(details, dict):
            allowed = {code.name for code in REGISTRY.by_name[request.method].codes} | {"INVALID_PARAMETERS"}
            assert details["code"] in allowed, (request, result)


def settle(desk: Desk, dispatcher: Dispatcher, outcome: Outcome, replies: Any) -> Result:
    """Return the result a call comes to, with an engine that says anything to its questions."""
    for _ in range(MAX_ASKED):
        if isinstance(outcome, Question):
            reply: object = next(replies, {})
            outcome = dispatch.answered(outcome, reply if isinstance(reply, dict) else {})
        elif isinstance(outcome, Wait):
            return wait(desk, dispatcher, outcome)
        else:
            return outcome
    return dispatcher.unanswered()


def wait(desk: Desk, dispatcher: Dispatcher, asked: Wait) -> Result:
    """Return what a wait comes to once the engine did all it was sent."""
    already = len(desk.stage.changes)
    desk.stage.take(Output())
    for change in desk.stage.changes[already:]:
        if type(change) in asked.kinds:
            result = dispatch.judge(asked, change, "")
            if result is not None:
                return result
    return dispatcher.overdue(asked)


class TestAnswers:
    """What single calls come to, with an engine that can be made to refuse."""

    def test_a_refused_parameter_tells_what_is(self) -> None:
        from controld.session.requests import Denied, WriteParameters

        desk = Desk(play())
        desk.stage.engine.deny = lambda request: Denied("no", -1) if isinstance(request, WriteParameters) else None
        dispatcher = Dispatcher(desk, machine)
        asked = Request("set_parameter", {"instance_id": "drive", "parameter": "gain", "value": 0.75})
        outcome = dispatcher.call(asked, "rpc/test")
        assert isinstance(outcome, Wait)
        result = wait(desk, dispatcher, outcome)
        assert result["success"] is False
        details = result["details"]
        assert isinstance(details, dict)
        assert (details["code"], details["asked"], details["value"]) == ("BRIDGE_ERROR", 0.75, 0.2)

    def test_what_is_already_so_is_answered_at_once(self) -> None:
        desk = Desk(play())
        dispatcher = Dispatcher(desk, machine)
        asked = Request("set_parameter", {"instance_id": "drive", "parameter": "gain", "value": 0.2})
        outcome = dispatcher.call(asked, "rpc/test")
        assert isinstance(outcome, dict)
        assert outcome["value"] == 0.2

    def test_an_older_wish_is_told_the_newer_value(self) -> None:
        """Two calls for one parameter: both are answered with what is in the end."""
        desk = Desk(play())
        dispatcher = Dispatcher(desk, machine)
        first, second = (
            dispatcher.call(Request("set_parameter", {"instance_id": "drive", "port": "gain", "value": value}), "rpc/a")
            for value in (0.3, 0.6)
        )
        assert isinstance(first, Wait)
        assert isinstance(second, Wait)
        desk.stage.take(Output())
        told = desk.stage.changes[-1]
        for each, asked in ((first, 0.3), (second, 0.6)):
            result = dispatch.judge(each, told, "")
            assert result is not None
            assert (result["asked"], result["value"]) == (asked, 0.6)

    def test_another_engine_is_asked_anew(self) -> None:
        """What one engine told of its plugins is not told of the next."""
        dispatcher = Dispatcher(Desk(play()), machine)
        for uri in ("urn:one", "urn:two"):
            question = dispatcher.call(Request("get_available_plugins", {}), "rpc/test")
            assert isinstance(question, Question)
            told = dispatch.answered(question, {"plugins": {uri: {"name": uri}}})
            assert isinstance(told, dict)
            assert list(told["plugins"]) == [uri]  # type: ignore[call-overload]
            dispatcher.take_fact(EngineChanged(EngineState.UP))
            assert not isinstance(dispatcher.call(Request("get_available_plugins", {}), "rpc/test"), Question)
            dispatcher.take_fact(EngineChanged(EngineState.REPAIRING))

    def test_a_thousand_plugins_at_once_are_told_again(self) -> None:
        """What is known is told without a step for each that stands in another."""
        desk, uris = Desk(play()), [f"urn:{number}" for number in range(1000)]
        dispatcher = Dispatcher(desk, machine)
        replies: dict[str, object] = {
            "get_available_plugins": {"plugins": {uri: {"name": uri} for uri in uris}},
            "get_plugin_essentials": {"essentials": {"control_inputs": []}},
            "get_plugin_presets": {"presets": [{"uri": "urn:p", "label": "P"}]},
        }
        for _ in range(2):
            outcome = dispatcher.call(Request("get_plugins_bulk", {"uris": [*uris, "urn:none"]}), "rpc/test")
            while isinstance(outcome, Question):
                reply = replies[str(outcome.body["method"])]
                if outcome.body.get("plugin_uri") == "urn:7":
                    reply = {"error": "not today"}
                assert isinstance(reply, dict)
                outcome = dispatch.answered(outcome, reply)
            assert isinstance(outcome, dict)
            plugins = outcome["plugins"]
            assert isinstance(plugins, dict)
            assert list(plugins) == [*uris, "urn:none"]
            assert plugins["urn:7"] == {"error": "not today"}
            assert plugins["urn:none"] == {"error": "Plugin not found: urn:none"}
            assert plugins["urn:8"]["presets"] == [{"uri": "urn:p", "label": "P"}]
