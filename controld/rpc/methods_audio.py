"""The methods about JACK, the transport and MIDI devices.

Pure. What JACK knows is asked of the bridge; tempo and transport are the rig's own, and the engine follows them.
"""

from collections.abc import Callable, Mapping

from controld.actions import SetTempo, SetTransport, TapTempo
from controld.bridge.modhost_protocol import verdict
from controld.bridge.protocol_values import items, members
from controld.rpc import shapes
from controld.rpc.answers import CallFailed, Code, Outcome, Question, Result, done
from controld.rpc.call import Call, Members
from controld.rpc.registry import ANY, BOOLEAN, LIST, NUMBER, OBJECT, TEXT, WHOLE, Member, Method, Parameter

_LEVELS = ("input_levels", "output_levels")
_JACK, _TEMPO = "Audio", "Tempo and transport"
BUFFER_FRAMES = (16.0, 8192.0)  # what JACK's drivers take
_STATES: Mapping[str, bool] = {
    "rolling": True, "start": True, "starting": True, "play": True, "playing": True, "on": True, "1": True,
    "true": True, "stopped": False, "stop": False, "off": False, "0": False, "false": False,
}  # fmt: skip
_SYNCS: Mapping[str, str] = {
    "none": "none", "internal": "none", "midi": "midi", "midi_clock_slave": "midi", "midi_clock": "midi",
    "link": "link",
}  # fmt: skip


def _audio(call: Call, method: str, then: Callable[[Members], Outcome], **fields: object) -> Question:
    return call.ask("audio", method, then, **fields)


def _command(line: str, then: Callable[[str], Outcome]) -> Question:
    """Return the question that has mod-host do a command; `then` gets what it says behind its code."""

    def answered(reply: Members) -> Outcome:
        status = reply.get("status", reply.get("raw"))
        judged = verdict("", status if isinstance(status, str) else "")
        if not judged.ok:
            raise CallFailed(Code.BRIDGE_ERROR, f"the engine refused it: {judged.reason or reply.get('error', '')}")
        return then(judged.value)

    return Question({"command": line}, answered)


# JACK


def _init(call: Call) -> Outcome:
    def opened(reply: Members) -> Outcome:
        if reply.get("success") is not True:
            raise CallFailed(Code.BRIDGE_ERROR, "the bridge could not become a client of JACK")
        return _figures(call, lambda figures: done(**figures))

    return _audio(call, "init_jack", opened)


def _close(call: Call) -> Outcome:
    return _audio(call, "close_jack", lambda reply: done(closed=reply.get("success") is True))


def _figures(call: Call, then: Callable[[Result], Outcome]) -> Outcome:
    """Go on with sample rate and buffer size."""

    def with_rate(reply: Members) -> Outcome:
        rate = reply.get("sample_rate", 0)
        return _audio(call, "get_jack_buffer_size", lambda size: then(
            {"sample_rate": rate, "buffer_size": size.get("buffer_size", 0)}))  # fmt: skip

    return _audio(call, "get_jack_sample_rate", with_rate)


def _hardware(call: Call, then: Callable[[dict[str, list[str]]], Outcome]) -> Outcome:
    """Go on with the ports of the hardware: "capture" is what comes in, "playback" what goes out."""
    found: dict[str, list[str]] = {}
    wanted = [(kind, way) for kind in ("audio", "midi") for way in ("capture", "playback")]

    def next_one() -> Outcome:
        if len(found) == len(wanted):
            return then(found)
        kind, way = wanted[len(found)]

        def take(reply: Members) -> Outcome:
            found[f"{kind}_{way}"] = [str(port) for port in items(reply.get("ports"))]
            return next_one()

        fields = {"is_audio": kind == "audio", "is_output": way == "playback"}
        return _audio(call, "get_jack_hardware_ports", take, **fields)

    return next_one()


def _effect_ports(call: Call, kind: str) -> tuple[list[str], list[str]]:
    """Return what flows into effects and out of them, as far as the plugins' ports are known."""
    into: list[str] = []
    out_of: list[str] = []
    for effect in call.look.effects.values():
        essentials = call.catalogue.essentials.get(effect.uri, {})
        into += [f"effect_{effect.instance}:{each}" for each in shapes.symbols(essentials, f"{kind}_inputs")]
        out_of += [f"effect_{effect.instance}:{each}" for each in shapes.symbols(essentials, f"{kind}_outputs")]
    return into, out_of


def _with_effects(call: Call, then: Callable[[], Outcome]) -> Outcome:
    """Go on once the ports of all plugins on the pedalboard were asked for; of one that is refused none are told."""
    known = call.catalogue.essentials
    uri = next((each.uri for each in call.look.effects.values() if each.uri not in known), None)
    if uri is None:
        return then()

    def answered(reply: Members) -> Outcome:
        known[uri] = members(reply.get("essentials"))
        return _with_effects(call, then)

    return Question({"action": "plugin", "method": "get_plugin_essentials", "plugin_uri": uri}, answered)


def _ports(call: Call, kinds: tuple[str, ...]) -> Outcome:
    def tell(hardware: dict[str, list[str]]) -> Outcome:
        inputs: list[str] = []
        outputs: list[str] = []
        for kind in kinds:
            into, out_of = _effect_ports(call, kind)
            # For JACK a sound card's capture ports are outputs: something comes out of them.
            outputs += [*hardware[f"{kind}_capture"], *out_of]
            inputs += [*hardware[f"{kind}_playback"], *into]
        return done(ports=[*outputs, *inputs], inputs=inputs, outputs=outputs)

    return _with_effects(call, lambda: _hardware(call, tell))


def _all_ports(call: Call) -> Outcome:
    return _ports(call, ("audio", "midi"))


def _audio_ports(call: Call) -> Outcome:
    return _ports(call, ("audio",))


def _midi_ports(call: Call) -> Outcome:
    return _ports(call, ("midi",))


def _hardware_ports(call: Call) -> Outcome:
    return _hardware(call, lambda found: done(ports=[port for each in found.values() for port in each], **found))


def _data(call: Call) -> Outcome:
    def with_data(data: Members) -> Outcome:
        wanted = {name: data.get(name, 0) for name in ("cpu_load", "xruns", "bpm", "bpb")}
        wanted["rolling"] = data.get("rolling") is True
        return _hardware(call, lambda ports: _figures(call, lambda figures: done(
            **wanted, **figures, hardware_ports=[port for each in ports.values() for port in each])))  # fmt: skip

    return _audio(call, "get_jack_data", with_data, with_transport=True)


def _status(call: Call) -> Outcome:
    def tell(ports: dict[str, list[str]]) -> Outcome:
        running = any(ports.values())
        return _figures(call, lambda figures: done(running=running, **figures))

    return _hardware(call, tell)


def _buffer_size(call: Call) -> Outcome:
    return _audio(call, "get_jack_buffer_size", lambda reply: done(buffer_size=reply.get("buffer_size", 0)))


def _set_buffer_size(call: Call) -> Outcome:
    asked = int(call.number("buffer_size"))

    def is_now(reply: Members) -> Outcome:
        size = reply.get("buffer_size", 0)
        if size != asked:
            text = f"JACK did not take {asked} frames: it has {size}"
            raise CallFailed(Code.BRIDGE_ERROR, text, asked=asked, buffer_size=size)
        return done(asked=asked, buffer_size=size, size=size)

    return _audio(call, "set_jack_buffer_size", lambda _set: _audio(call, "get_jack_buffer_size", is_now), size=asked)


def _sample_rate(call: Call) -> Outcome:
    return _audio(call, "get_jack_sample_rate", lambda reply: done(sample_rate=reply.get("sample_rate", 0)))


def _xruns(call: Call) -> Outcome:
    return _audio(call, "get_jack_data", lambda reply: done(xruns=reply.get("xruns", 0)), with_transport=False)


def _reset_xruns(call: Call) -> Outcome:
    return _audio(call, "reset_xruns", lambda _reply: _xruns(call))


def _levels(_call: Call) -> Outcome:
    def tell(reply: Members) -> Outcome:
        found = {name: reply.get(name) for name in _LEVELS}
        if not all(isinstance(levels, list) for levels in found.values()):
            text = f"get_audio_levels: this engine does not tell them: {reply.get('error', 'its answer has none')}"
            raise CallFailed(Code.NOT_SUPPORTED, text)
        return done(**found)

    return Question({"action": "audio", "method": "get_audio_levels"}, tell)


def _load(name: str, line: str) -> Callable[[Call], Outcome]:
    def handler(_call: Call) -> Outcome:
        def tell(value: str) -> Outcome:
            try:
                return done(**{name: float(value)})
            except ValueError:
                raise CallFailed(Code.BRIDGE_ERROR, f"the engine says `{value[:40]}`, which is no load") from None

        return _command(line, tell)

    return handler


def _midi_devices(call: Call) -> Outcome:
    def tell(ports: dict[str, list[str]]) -> Outcome:
        found = [*ports["midi_capture"], *ports["midi_playback"]]
        return done(devs_in_use=found, dev_list=found, names={port: port for port in found},
                    midi_aggregated_mode=False)  # fmt: skip

    return _hardware(call, tell)


# Tempo


def _transport_told(call: Call) -> Result:
    rolling = call.look.rolling
    return done(rolling=rolling, state="rolling" if rolling else "stopped", bpm=call.look.bpm)


def _get_transport(call: Call) -> Outcome:
    return _transport_told(call)


def _set_transport(call: Call) -> Outcome:
    state = call.args["state"]
    wanted = _STATES.get(str(state).lower()) if isinstance(state, bool | int | str) else None
    if wanted is None:
        text = f"'state' has to be `rolling` or `stopped`, not `{state}`"
        raise CallFailed(Code.INVALID_PARAMETERS, text, parameter="state")
    if call.given("bpm"):
        call.act(SetTempo(call.number("bpm")))
    call.act(SetTransport(wanted))
    return _transport_told(call)


def _set_tempo(call: Call) -> Outcome:
    call.act(SetTempo(call.number("bpm")))
    return _transport_told(call)


def _tap(call: Call) -> Outcome:
    call.act(TapTempo())
    return _transport_told(call)


def _sync(call: Call) -> Outcome:
    mode = call.text("mode").lower()
    if mode not in _SYNCS:
        text = f"'mode' has to be `none`, `midi_clock_slave` or `link`, not `{mode}`"
        raise CallFailed(Code.INVALID_PARAMETERS, text, parameter="mode")
    return _command(f"transport_sync {_SYNCS[mode]}", lambda _value: done(mode=mode))


# The table

_ASK = (Code.BRIDGE_ERROR, Code.TIMEOUT)
_ASK_OR_WRONG = (Code.INVALID_PARAMETERS, *_ASK)
_RATE = Member("sample_rate", NUMBER, "Frames a second; 0 where JACK does not run.")
_SIZE = Member("buffer_size", NUMBER, "Frames of a period; 0 where JACK does not run.")
_PORT_LISTS = (
    Member("ports", LIST, "All of them, by JACK name."),
    Member("inputs", LIST, "Those that something goes into: effects' inputs and the hardware's outputs."),
    Member("outputs", LIST, "Those that something comes out of."),
)
_WAYS = ("audio_capture", "audio_playback", "midi_capture", "midi_playback")
_TRANSPORT = (
    Member("rolling", BOOLEAN, "Whether the transport rolls."),
    Member("state", TEXT, "`rolling` or `stopped`."),
    Member("bpm", NUMBER, "The tempo in beats a minute."),
)
_BPM = (20.0, 300.0)

METHODS = (
    Method("init_jack", _JACK, _init, "Have the bridge become a client of JACK; without harm where it is one.", (),
           (_RATE, _SIZE), _ASK),
    Method("close_jack", _JACK, _close, "Have the bridge leave JACK; the engine itself plays on.", (),
           (Member("closed", BOOLEAN, "Whether it did."),), _ASK),
    Method("get_jack_data", _JACK, _data, "Tell everything of JACK at once.", (),
           (_RATE, _SIZE, Member("cpu_load", NUMBER, "Percent."), Member("xruns", NUMBER, "How many there were."),
            Member("bpm", NUMBER, "The engine's tempo."), Member("bpb", NUMBER, "The engine's beats in a bar."),
            Member("rolling", BOOLEAN, "Whether the engine's transport rolls."),
            Member("hardware_ports", LIST, "The hardware's ports.")), _ASK),
    Method("get_jack_status", _JACK, _status, "Tell whether JACK runs.", (),
           (Member("running", BOOLEAN, "Whether there is any hardware port."), _RATE, _SIZE), _ASK),
    Method("get_jack_ports", _JACK, _all_ports, "List the ports of the hardware and of the pedalboard's effects.", (),
           _PORT_LISTS, _ASK),
    Method("get_jack_audio_ports", _JACK, _audio_ports, "The audio ports of them.", (), _PORT_LISTS, _ASK),
    Method("get_jack_midi_ports", _JACK, _midi_ports, "The MIDI ports of them.", (), _PORT_LISTS, _ASK),
    Method("get_jack_hardware_ports", _JACK, _hardware_ports, "The hardware's ports by kind.", (),
           (_PORT_LISTS[0], *(Member(way, LIST, "Those of this kind.") for way in _WAYS)), _ASK),
    Method("get_jack_buffer_size", _JACK, _buffer_size, "Tell the length of a period.", (), (_SIZE,), _ASK,
           aliases=("get_jack_buffersize",)),
    Method("set_jack_buffer_size", _JACK, _set_buffer_size, "Set the length of a period; the sound may drop out.",
           (Parameter("buffer_size", WHOLE, "Frames.", required=True, aliases=("size", "buffersize"),
                      ends=BUFFER_FRAMES),),
           (Member("asked", WHOLE, "What was asked."), _SIZE, Member("size", NUMBER, "The same.")), _ASK_OR_WRONG,
           waits=True, aliases=("set_buffer_size", "set_jack_buffersize")),
    Method("get_jack_sample_rate", _JACK, _sample_rate, "Tell the sample rate.", (), (_RATE,), _ASK,
           aliases=("get_jack_samplerate",)),
    Method("get_jack_xruns", _JACK, _xruns, "Tell how many dropouts there were.", (),
           (Member("xruns", NUMBER, "How many."),), _ASK),
    Method("reset_xruns", _JACK, _reset_xruns, "Count the dropouts from 0 again.", (),
           (Member("xruns", NUMBER, "How many there are now."),), _ASK, aliases=("reset_jack_xruns",)),
    Method("get_cpu_load", _JACK, _load("cpu_load", "cpu_load"), "Tell the load of audio processing.", (),
           (Member("cpu_load", NUMBER, "Percent."),), _ASK, aliases=("get_jack_dsp_load",)),
    Method("get_max_cpu_load", _JACK, _load("max_cpu_load", "max_cpu_load"), "Tell the highest load so far.", (),
           (Member("max_cpu_load", NUMBER, "Percent."),), _ASK),
    Method("get_audio_levels", _JACK, _levels,
           "Tell how loud it is at the sound card: the highest amplitude of the last 0.2 s by port, 1.0 for full "
           "scale. The first answers may say 0: it is listened to from the first question on, until 3 s after the "
           "last.", (),
           (Member("input_levels", LIST, "What comes in."), Member("output_levels", LIST, "What goes out.")),
           (*_ASK, Code.NOT_SUPPORTED)),
    Method("get_midi_devices", _JACK, _midi_devices, "List the MIDI ports of the hardware.", (),
           (Member("devs_in_use", LIST, "Ports that JACK has."), Member("dev_list", LIST, "The same."),
            Member("names", OBJECT, "A name for each."),
            Member("midi_aggregated_mode", BOOLEAN, "Whether they are one; false.")), _ASK),
    Method("get_jack_transport", _TEMPO, _get_transport, "Tell tempo and transport.", (), _TRANSPORT),
    Method("set_jack_transport", _TEMPO, _set_transport,
           "Start or stop the transport. It is the rig's own, so that it is answered at once; the engine follows.",
           (Parameter("state", ANY, "`rolling` or `stopped`; true or false.", required=True, aliases=("rolling",)),
            Parameter("bpm", NUMBER, "The tempo, too.", ends=_BPM)), _TRANSPORT, (Code.INVALID_PARAMETERS,)),
    Method("set_tempo", _TEMPO, _set_tempo, "Set the tempo.",
           (Parameter("bpm", NUMBER, "Beats a minute.", required=True, ends=_BPM),), _TRANSPORT,
           (Code.INVALID_PARAMETERS,)),
    Method("tap_tempo", _TEMPO, _tap, "Tap once; the second tap sets the tempo.", (), _TRANSPORT),
    Method("set_transport_sync_mode", _TEMPO, _sync, "Say what the engine's transport follows.",
           (Parameter("mode", TEXT, "`none`, `midi_clock_slave` or `link`.", required=True),),
           (Member("mode", TEXT, "What it follows now."),), _ASK_OR_WRONG, waits=True),
)  # fmt: skip
