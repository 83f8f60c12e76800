"""The bridge's JSON as pure values: what is sent, and what any answer at all is taken for."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controld.bridge.modhost_protocol import tokenize
from controld.bridge.protocol import (
    HOST_GONE,
    STOCK_DONE,
    BridgeInfo,
    command_line,
    decode_batch,
    decode_info,
    decode_reply,
    encode_batch,
    encode_command,
    encode_question,
    format_number,
)
from controld.bridge.protocol_events import decode_event
from controld.session.engine_events import (
    ConnectionReported,
    EffectReported,
    EngineEvent,
    ParameterReported,
    UnknownEngineEvent,
)
from controld.session.model import Plugin, Preset
from controld.session.requests import (
    AddEffect,
    ConnectPorts,
    Denied,
    DisconnectPorts,
    Done,
    EngineReply,
    EngineRequest,
    Found,
    FoundEffect,
    Probe,
    ReadBypass,
    ReadEffects,
    ReadParameter,
    ReadPlugin,
    ReadPresets,
    RemoveEffect,
    SetProcessing,
    TimedOut,
    WriteBypass,
    WriteParameters,
    WritePreset,
)
from controld.values import Scale, ScalePoint

LINES: list[tuple[EngineRequest, str | None]] = [
    (Probe(), "cpu_load"),
    (AddEffect(3, "urn:amp"), "add urn:amp 3"),
    (AddEffect(3, "urn:an amp"), 'add "urn:an amp" 3'),
    (RemoveEffect(3), "remove 3"),
    (WriteBypass(3, bypassed=True), "bypass 3 1"),
    (WriteBypass(3, bypassed=False), "bypass 3 0"),
    (WriteParameters(3, {"gain": 0.5}), "param_set 3 gain 0.5"),
    (WriteParameters(3, {":bypass": 1.0}), "param_set 3 :bypass 1"),
    (WriteParameters(3, {"gain": 0.5, "tone": -12.0}), "params_flush 3 0 2 gain 0.5 tone -12"),
    (WriteParameters(3, {}), ""),
    (WritePreset(3, "urn:amp#warm"), "preset_load 3 urn:amp#warm"),
    (ConnectPorts("system:capture_1", "effect_3:in"), "connect system:capture_1 effect_3:in"),
    (DisconnectPorts("a:b", "my synth:in"), 'disconnect a:b "my synth:in"'),
    (SetProcessing(on=False), "feature_enable processing 0"),
    (ReadBypass(3), "param_get 3 :bypass"),
    (ReadParameter(3, "gain"), "param_get 3 gain"),
    (ReadPlugin("urn:amp"), None),
    (ReadPresets("urn:amp"), None),
    (ReadEffects(), None),
]  # fmt: skip
ALL_REQUESTS = [request for request, _line in LINES]


def stock(status: str) -> bytes:
    """Return a reply as the stock bridge prints it."""
    return f'{{\n\t"raw" : "{status}",\n\t"status" : "{status}",\n\t"success" : true\n}}'.encode()


class TestRequests:
    @pytest.mark.parametrize(("request_", "line"), LINES)
    def test_every_request_has_its_command(self, request_: EngineRequest, line: str | None) -> None:
        """Each request is the mod-host command its documentation names; what no command tells has none."""
        assert command_line(request_) == line

    @pytest.mark.parametrize(
        ("value", "digits"),
        [
            (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (1 / 3, "0.3333333"), (-2.5, "-2.5"), (123456.789, "123456.8"),
            (1e-5, "0.00001"), (2.96e-23, "0.0000000000000000000000296"), (1.5e7, "15000000"), (-1e20, "-1" + 20 * "0"),
        ],
    )  # fmt: skip
    def test_numbers_are_plain(self, value: float, digits: str) -> None:
        """Numbers have 7 significant digits, a decimal point and no exponent."""
        assert format_number(value) == digits

    @given(st.floats(width=32, allow_nan=False, allow_infinity=False))
    def test_numbers_keep_what_a_float_keeps(self, value: float) -> None:
        """What is written reads back within seven digits, and is a decimal number without exponent."""
        digits = format_number(value)
        assert math.isclose(float(digits), value, rel_tol=5.1e-7)
        assert set(digits) <= set("-.0123456789")

    @pytest.mark.parametrize(
        "request_",
        [
            WriteParameters(1, {"gain": math.nan}), WriteParameters(1, {"gain": 1.0, "tone": math.inf}),
            WriteParameters(1, {"two words": 1.0}), WriteParameters(1, {"": 1.0}), WriteParameters(1, {"a\0b": 1.0}),
            AddEffect(1, 'urn:"x"'), AddEffect(1, "urn:\x00"), AddEffect(1, "\ud800"), ReadParameter(1, "a\nb"),
            ConnectPorts("a", "b\\"),
        ],
    )  # fmt: skip
    def test_what_mod_host_cannot_be_given_is_refused(self, request_: EngineRequest) -> None:
        """Text or numbers that mod-host would read as something else never reach it."""
        with pytest.raises(ValueError, match=r"."):
            command_line(request_)

    def test_no_command_fills_mod_hosts_buffer(self) -> None:
        """A command whose length is a multiple of 1024 bytes hangs a stock bridge, so none has it."""
        lengths = set()
        for count in range(2, 200):
            line = command_line(
                WriteParameters(1, {f"p{i:04}": 0.5 for i in range(count)} | {"q" * (count % 9 + 1): 1})
            )
            assert line is not None
            assert len(line) % 1024
            lengths.add(len(line) % 1024)
        assert 1 in lengths

    @given(st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True), st.floats(-1e6, 1e6)))
    def test_parameters_read_back(self, values: dict[str, float]) -> None:
        """mod-host's own way of reading a command finds every symbol with its value."""
        line = command_line(WriteParameters(7, values))
        assert line is not None
        words = tokenize(line)
        pairs = words[2:] if len(values) < 2 else words[4:]
        found = dict(zip(pairs[::2], map(float, pairs[1::2]), strict=True))
        assert found == pytest.approx(values, rel=1e-6, abs=1e-12)

    @given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
    def test_lines_survive_json(self, lines: list[str]) -> None:
        """Any text arrives as it is, in ASCII JSON."""
        assert json.loads(encode_command(lines[0])) == {"command": lines[0]}
        assert json.loads(encode_batch(lines).decode("ascii")) == {"action": "batch", "commands": lines}

    def test_questions(self) -> None:
        """Plugins are asked for by the two read-only methods, everything loaded by `effects`."""
        assert json.loads(encode_question(ReadEffects())) == {"action": "effects"}
        questions: list[tuple[EngineRequest, str]] = [
            (ReadPlugin('urn:"'), "get_plugin_essentials"), (ReadPresets('urn:"'), "get_plugin_presets"),
        ]  # fmt: skip
        for request, method in questions:
            expected = {"action": "plugin", "method": method, "plugin_uri": 'urn:"'}
            assert json.loads(encode_question(request)) == expected


class TestReplies:
    @pytest.mark.parametrize(
        ("request_", "status", "reply"),
        [
            (WriteBypass(1, bypassed=True), "resp 0", Done()),
            (AddEffect(4, "urn:a"), "resp 4", Done()),
            (AddEffect(0, "urn:a"), "resp 0", Done()),
            (Probe(), "resp 0 4.0383", Done(4.0383)),
            (ReadParameter(1, "gain"), "resp 0 0.5000", Done(0.5)),
            (ReadBypass(1), "resp 0 1.0000", Done(answer=True)),
            (ReadBypass(1), "resp 0 0.0000", Done(answer=False)),
            (ReadBypass(1), "resp -3", Denied("there is no effect with this number", -3)),
            (WriteParameters(1, {"x": 1.0}), "resp -103", Denied("the effect has no parameter with this symbol", -103)),
            (Probe(), "not found", Denied("the host does not know this command")),
            (WriteBypass(1, bypassed=True), "resp", Denied("the host answered 'resp'")),
            (ReadParameter(1, "gain"), "resp 0 nan", Denied("the bridge answered nonsense: 'resp 0 nan'")),
            (ReadParameter(1, "gain"), "resp 0", Denied("the bridge answered nonsense: 'resp 0'")),
            (Probe(), "resp 0 much", Denied("the bridge answered nonsense: 'resp 0 much'")),
        ],
    )
    def test_mod_hosts_words_decide(self, request_: EngineRequest, status: str, reply: EngineReply) -> None:
        """What mod-host said decides, although the bridge calls everything a success."""
        assert decode_reply(request_, stock(status)) == reply

    def test_commonest_reply_is_read_byte_for_byte(self) -> None:
        """The short cut for "resp 0" is what the stock bridge prints, and only taken where nothing was asked."""
        assert stock("resp 0") == STOCK_DONE
        assert decode_reply(RemoveEffect(1), STOCK_DONE) == Done()
        for question in (Probe(), ReadBypass(1), ReadPlugin("urn:a"), ReadPresets("urn:a"), ReadEffects()):
            assert isinstance(decode_reply(question, STOCK_DONE), Denied)

    @pytest.mark.parametrize("request_", ALL_REQUESTS)
    def test_unreachable_host_is_no_refusal(self, request_: EngineRequest) -> None:
        """A command the bridge gave up may still be done later, so nobody says that it was refused."""
        assert decode_reply(request_, f'{{\n\t"error" : "{HOST_GONE}"\n}}'.encode()) == TimedOut()

    def test_errors_are_told(self) -> None:
        """A bridge's error is passed on, without the words that name its own parts."""
        body = b'{\n\t"error" : "Plugin command failed: Plugin not found: urn:a"\n}'
        assert decode_reply(ReadPlugin("urn:a"), body) == Denied("the bridge says: Plugin not found: urn:a")
        assert decode_reply(Probe(), b'{"error" : "Invalid request format"}') == Denied(
            "the bridge says: Invalid request format"
        )

    @pytest.mark.parametrize("request_", ALL_REQUESTS)
    @pytest.mark.parametrize(
        "body",
        [
            b"", b"null", b"[]", b"1", b'"x"', b"{}", b"{", b"\xff\xfe", b"[" * 20_000, b'{"success" : true}',
            b'{"status": 5}', b'{"status": null, "raw": []}', b'{"status": "\\udb25"}', b'{"raw": "resp \\udb25 0"}',
            b'{"status": "resp 99999999999999999999x"}', b'{"error": ["x"]}', b"9" * 5000,
            b'{"essentials": [], "presets": "x", "effects": [], "status": {}}',
        ],
    )  # fmt: skip
    def test_garbage_is_no_success(self, request_: EngineRequest, body: bytes) -> None:
        """No garbage is an exception, or a success of a command; the reason can be printed."""
        reply = decode_reply(request_, body)
        assert isinstance(reply, Denied)
        assert reply.reason.encode()

    @given(st.sampled_from(ALL_REQUESTS), st.binary() | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([
            "status", "raw", "error", "essentials", "control_inputs", "symbol", "units", "min_value", "scale_points",
            "properties", "presets", "uri", "label", "effects", "connections", "values", "1", "results",
        ]), inner),
    ).map(lambda value: json.dumps(value).encode()))  # fmt: skip
    def test_nothing_raises(self, request_: EngineRequest, body: bytes) -> None:
        """Any frame is a reply of some kind, for one request and for a batch, and a description."""
        assert isinstance(decode_reply(request_, body), Done | Denied | TimedOut)
        assert len(decode_batch([request_, request_], body)) == 2
        assert isinstance(decode_info(body), BridgeInfo)

    def test_batch_replies_keep_their_order(self) -> None:
        """Each result is the reply to the request at its place."""
        results = [{"status": "resp 0"}, {"status": "resp 0 0.5000"}, {"error": HOST_GONE}, {"status": "resp -3"}]
        requests: list[EngineRequest] = [
            WriteBypass(1, bypassed=True), ReadParameter(1, "a"), ReadBypass(1), WriteBypass(9, bypassed=True),
        ]  # fmt: skip
        assert decode_batch(requests, json.dumps({"results": results}).encode()) == [
            Done(), Done(0.5), TimedOut(), Denied("there is no effect with this number", -3),
        ]  # fmt: skip

    def test_batch_with_a_missing_result_is_nonsense(self) -> None:
        """A batch whose results do not fit its requests says nothing about any of them."""
        replies = decode_batch([Probe(), Probe()], b'{"results": [{"status": "resp 0 1.0"}]}')
        assert [type(reply) for reply in replies] == [Denied, Denied]
        assert decode_batch([Probe()] * 2, b'{"error": "%b"}' % HOST_GONE.encode()) == [TimedOut()] * 2

    def test_info(self) -> None:
        """Capabilities and a description come from `info`; a bridge that refuses it has none."""
        body = {"bridge": "controld", "version": "1", "host": "virtual", "sound": "none", "capabilities": ["batch", 5]}
        info = decode_info(json.dumps(body).encode())
        assert info == BridgeInfo(frozenset({"batch"}), "controld 1 with host virtual (sound: none)")
        assert decode_info(b'{\n\t"error" : "Invalid request format"\n}') == BridgeInfo()


class TestStructuredAnswers:
    def test_plugin(self) -> None:
        """Ranges, kinds, units and scale points come out; short and full names of properties mean the same."""
        controls = [
            {"symbol": "freq", "min_value": 20.0, "max_value": 20000.0, "default_value": 440.0,
             "properties": ["http://lv2plug.in/ns/ext/port-props#logarithmic"],
             "units": {"label": "hz", "symbol": "Hz"}},
            {"symbol": "mode", "min_value": 0, "max_value": 2, "default_value": 1,
             "properties": ["integer", "lv2:enumeration"], "units": {},
             "scale_points": [{"value": 2, "label": "c"}, {"value": 0, "label": "a"}, {"label": "lost"}]},
            {"symbol": "on", "min_value": 0, "max_value": 1, "default_value": 5, "properties": ["toggled", None]},
            {"symbol": "odd", "min_value": 3, "max_value": -3, "default_value": "x"},
            {"symbol": ""}, "x", None,
        ]  # fmt: skip
        body = json.dumps({"plugin_uri": "urn:a", "essentials": {"control_inputs": controls}}).encode()
        assert decode_reply(ReadPlugin("urn:a"), body) == Done(Plugin("urn:a", "", {
            "freq": Scale(20.0, 20000.0, 440.0, "Hz", logarithmic=True),
            "mode": Scale(0, 2, 1, integer=True, enumeration=True, points=(ScalePoint(0, "a"), ScalePoint(2, "c"))),
            "on": Scale(0, 1, 1, toggled=True),
            "odd": Scale(-3, 3, -3),
        }))  # fmt: skip

    def test_presets(self) -> None:
        """Presets keep the bridge's order; one without a label goes by its URI."""
        presets = [{"uri": "urn:b", "label": "B"}, {"uri": "urn:a"}, {"label": "none"}, 7]
        body = json.dumps({"presets": presets}).encode()
        assert decode_reply(ReadPresets("urn:p"), body) == Done((Preset("urn:b", "B"), Preset("urn:a", "urn:a")))

    def test_effects(self) -> None:
        """Everything loaded comes at once, by instance."""
        body = json.dumps({
            "effects": {
                "3": {"uri": "urn:a", "bypassed": True, "preset": "urn:a#p", "values": {"gain": 1, "bad": None}},
                "x": {"uri": "urn:a"}, "4": None,
            },
            "connections": [["a:1", "b:1"], ["broken"], None],
        }).encode()  # fmt: skip
        expected = Found({3: FoundEffect("urn:a", bypassed=True, values={"gain": 1.0}, preset="urn:a#p")},
                         frozenset({("a:1", "b:1")}))  # fmt: skip
        assert decode_reply(ReadEffects(), body) == Done(expected)


class TestEvents:
    @pytest.mark.parametrize(
        ("fields", "event"),
        [
            (
                {"type": "param_set", "effect_id": 3, "symbol": "drive", "value": 0.5},
                ParameterReported(3, "drive", 0.5),
            ),
            (
                {"type": "param_set", "effect_id": 3, "symbol": ":bypass", "value": 1},
                ParameterReported(3, ":bypass", 1),
            ),
            ({"type": "effect_added", "effect_id": 3, "uri": "urn:a"}, EffectReported(3, "urn:a")),
            ({"type": "effect_removed", "effect_id": 3}, EffectReported(3, "")),
            ({"type": "connected", "source": "a:1", "target": "b:1"}, ConnectionReported("a:1", "b:1", connected=True)),
            (
                {"type": "disconnected", "source": "a:1", "target": "b:1"},
                ConnectionReported("a:1", "b:1", connected=False),
            ),
        ],
    )
    def test_both_shapes(self, fields: dict[str, object], event: EngineEvent) -> None:
        """An event means the same flat and in an envelope, and is own where it carries our identity."""
        flat = json.dumps(fields).encode()
        assert decode_event(flat, "c0") == event
        data = {key: value for key, value in fields.items() if key != "type"}
        envelope = {"type": fields["type"], "timestamp": 1, "data": data}
        assert decode_event(json.dumps(envelope).encode()) == event
        own = decode_event(json.dumps({**fields, "client": "c0"}).encode(), "c0")
        assert getattr(own, "own", False) is True
        assert decode_event(json.dumps({**fields, "client": "c1"}).encode(), "c0") == event
        assert decode_event(json.dumps({**fields, "client": ""}).encode(), "") == event

    @pytest.mark.parametrize(
        "body",
        [
            b'{"type":"output_set","effect_id":3,"symbol":"meter","value":0.0}', b'{"type":"data_finish"}',
            b'{"type":"plugin_unloaded","timestamp":1,"data":{"instance_id":"plugin_0","uri":"\\udb25\\u0000"}}',
            b'{"type":"transport","rolling":false,"bpb":4.0,"bpm":120.0}',
        ],
    )  # fmt: skip
    def test_what_does_not_concern_the_rig(self, body: bytes) -> None:
        """Meters, transport and the plugin methods' own announcements are known, and nothing to tell."""
        assert decode_event(body) is None

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"null", b"[]", b"\xff\xfe\x00", b'{"type":5}', b'{"type":"unknown","raw":"x"}', b"[" * 20_000,
            b'{"type":"param_set","effect_id":"x","symbol":null,"value":2.96e-323}',
            b'{"type":"param_set","effect_id":1,"symbol":"a","value":NaN}',
            b'{"type":"param_set","effect_id":1,"symbol":"a","value":1' + 400 * b"0" + b"}",
            b'{"type":"param_set","effect_id":true,"symbol":"a","value":1}', b'{"type":"effect_added","effect_id":1}',
        ],
    )  # fmt: skip
    def test_garbage_is_unknown(self, body: bytes) -> None:
        """What is not known or not well formed is a value that holds its beginning."""
        event = decode_event(body)
        assert isinstance(event, UnknownEngineEvent)
        assert len(event.raw) <= 200
        assert event.raw.encode() is not None

    @given(st.binary())
    def test_no_frame_raises(self, body: bytes) -> None:
        """Any frame is an event, or nothing."""
        decode_event(body, "c0")
