"""The rig's own file, `controld.yaml`: its table, and the small values in it.

Pure. What the file names (profiles, pedalboards, mappings) is read by `config`.
"""

import re

from controld.config_addresses import ADDRESS_PATTERN, listen_address, network, parse_address
from controld.config_running import RUNNING, seconds
from controld.config_values import EngineConfig, MidiPorts, OscConfig
from controld.config_wires import CLOCK, THRUS
from controld.document import Node
from controld.errors import nearest
from controld.mappings.defaults import DEFAULTS
from controld.mappings.schema_tables import PANIC, VARIABLES
from controld.mappings.schema_words import NOT_BUILT_YET
from controld.osc_limits import DEFAULT_RATE, MAX_RATE, MIN_RATE, Limits
from controld.shape import Field, JsonSchema, Leaf, Mistake, Record, Table, listed
from controld.shape_leaves import boolean, choice, custom, integer, name, number, pattern, text, version
from controld.shape_lists import MapOf, OneOrMany

ENGINES = ("virtual", "mod-host", "bridge")


def _reply(node: Node) -> str | int | tuple[str, int]:
    if node.text == "sender":
        return "sender"
    port = re.fullmatch(r"port\s+([0-9]{1,5})", node.text)
    if port is not None and 0 < int(port[1]) < 65_536:
        return int(port[1])
    address = parse_address(node.text)
    if address is None:
        hint = f"`port {node.text}`" if node.text.isdigit() else nearest(node.text, ["sender"])
        wanted = "`sender`, `port 9001` or `192.168.1.20:9001`"
        raise Mistake(f"expected {wanted}, found {node.describe()}", hint)
    return address


def _tcp(node: Node) -> bool | int:
    value = node.value
    if isinstance(value, bool) or (isinstance(value, int) and 0 < value < 65_536):
        return value
    raise Mistake(f"expected `true` for the same port as UDP, or a port from 1 to 65535, found {node.describe()}")


def _port_glob(written: str) -> str:
    if len(written) > 2 and written.startswith("/") and written.endswith("/"):
        try:
            re.compile(written[1:-1])
        except re.error as error:
            raise Mistake(f"not a regular expression: {error}") from error
    return written


def _engine(written: str) -> str:
    if written not in ENGINES:
        raise Mistake(f"expected an engine ({listed(ENGINES)}), found `{written}`", nearest(written, ENGINES))
    return written


def _mod_host_address(written: str) -> str:
    address = parse_address(written)
    if address is None or address[1] == 65_535:  # the feedback port is the next one
        raise Mistake(f"expected an address and a port as in `127.0.0.1:5555`, found `{written}`")
    return written


_REPLY_SCHEMA: JsonSchema = {"anyOf": [
    {"const": "sender"}, {"type": "string", "pattern": r"^port\s+[0-9]{1,5}$"},
    {"type": "string", "pattern": ADDRESS_PATTERN},
]}  # fmt: skip
_TCP_SCHEMA: JsonSchema = {"anyOf": [
    {"type": "boolean"}, {"type": "integer", "minimum": 1, "maximum": 65_535},
]}  # fmt: skip
_ENGINE = EngineConfig()
_ENDPOINT = pattern("a ZeroMQ address as in `tcp://127.0.0.1:6000`", r"^(tcp://[^\s:]+:[0-9]+|ipc://\S+)$")
_ADDRESS = custom("an address and a port as in `127.0.0.1:5555`", _mod_host_address,
                  {"type": "string", "pattern": ADDRESS_PATTERN})  # fmt: skip
_PORTS = custom("a part of a port's name with `*` as the rest, or a `/regular expression/`", _port_glob,
                {"type": "string", "minLength": 1})  # fmt: skip
_FILES = OneOrMany(text("a path, in which `*` stands for any name"), "a list of paths")

ENGINE = Table(
    "engine", "an engine",
    {
        "type": Field(custom("an engine", _engine, {"enum": list(ENGINES)}),
                      "virtual: a bridge of our own with virtual plugins, started with the daemon (it makes no sound). "
                      "mod-host: a bridge of our own, started with the daemon, to a mod-host that runs already. "
                      "bridge: a modhost-bridge that runs already.", required=True, examples=("virtual", "mod-host")),
        "address": Field(_ADDRESS, "Where mod-host takes commands, with `type: mod-host`; its feedback port is the "
                         "next one.", default=_ENGINE.address),
        "endpoint": Field(_ENDPOINT, "Where the bridge takes commands.", default=_ENGINE.endpoint),
        "events": Field(_ENDPOINT, "Where the bridge publishes events.", default=_ENGINE.events),
        "health": Field(_ENDPOINT, "Where the bridge publishes its health.", default=_ENGINE.health),
        "timeout": Field(seconds(0.1, 600), "How long the bridge may take over a command.", default=_ENGINE.timeout_s),
        "connect_retries": Field(integer(0, 1000), "How often more a bridge is tried to be reached, or our own to be "
                                 "started, before it is said to be missing.", default=_ENGINE.connect_retries),
        "connect_retry_delay": Field(seconds(0.05, 60), "The time between these tries.",
                                     default=_ENGINE.connect_retry_delay_s),
        "reconnect_delay": Field(seconds(0.05, 60), "The longest time between two looks for a bridge that is gone.",
                                 default=_ENGINE.reconnect_delay_s),
        "health_check_interval": Field(seconds(0, 3600), "How often a bridge is asked for its health while nothing "
                                       "else is; 0 for never.", default=_ENGINE.health_check_interval_s),
        "lv2_path": Field(text("folders of LV2 plugins, with `:` between them"), "Where our bridge looks for "
                          "plugins.", default=_ENGINE.lv2_path, examples=("/usr/lib/lv2:~/.lv2",)),
    },
    doc="The audio side.",
)  # fmt: skip
MIDI = Table(
    "midi_ports", "MIDI ports",
    {
        "in": Field(_PORTS, "The port the device sends from.", examples=("*FCB1010*",)),
        "out": Field(_PORTS, "The port that reaches the device's lights.", examples=("*FCB1010*",)),
    },
    doc="MIDI ports by name. A device that is absent is waited for.",
)  # fmt: skip
OSC = Table(
    "osc_port", "an OSC port",
    {
        "listen": Field(listen_address(), "Where to listen: address and port (UDP).",
                        required=True, examples=("127.0.0.1:9000",)),
        "reply": Field(Leaf(_reply, _REPLY_SCHEMA, "whom to answer"),
                       "Whom to answer: `sender` (the socket it came from), `port 9001` (of the sender's host), or one "
                       "fixed address.", default="sender"),
        "tcp": Field(Leaf(_tcp, _TCP_SCHEMA, "`true` or a port"),
                     "Whether OSC is taken over TCP as well: `true` at the same port, or another port.",
                     default=False, examples=(True,)),
        "allow": Field(OneOrMany(network(), "a list of addresses and networks"),
                       "The only hosts that are heard, by address or network; without it all are.", default=(),
                       examples=(["192.168.1.20", "10.0.0.0/24"],)),
        "rate": Field(number(f"messages a second from {MIN_RATE:g} to {MAX_RATE:g}", MIN_RATE, MAX_RATE),
                      "How many messages a second are taken of one sender; of a fader's moves ten times as many. "
                      "More than that wait, and are dropped where too many do.", default=DEFAULT_RATE),
    },
    doc="A network port for OSC.",
)  # fmt: skip
SURFACE = Table(
    "surface", "a surface",
    {
        "profile": Field(pattern("the name of a profile", r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"),
                         "What the device can send and show: a file of `surfaces/`, or one that is shipped.",
                         required=True, examples=("generic-6fs-2exp",)),
        "midi": Field(MIDI, "Its MIDI ports.", examples=({"in": "*FCB1010*", "out": "*FCB1010*"},)),
        "osc": Field(OSC, "Its OSC port.", examples=({"listen": "127.0.0.1:9000"},)),
        "thru": Field(THRUS, "Where its MIDI messages go on to, untouched by any rule.", default=(),
                      examples=(["synth"],)),
    },
    doc="A device to play on.",
    later=NOT_BUILT_YET["surface"],
)  # fmt: skip
STARTUP = Table(
    "startup", "`startup`",
    {
        "restore": Field(choice("what to restore", ("last", "none")), "last: go on where the rig was left.",
                         default="last"),
        "pedalboard": Field(text("the name of a pedalboard"), "The pedalboard to begin with; else the first.",
                            default=""),
        "create_default": Field(boolean(), "Whether there is an empty pedalboard `Default` as well.", default=False),
    },
    doc="What is loaded at start.",
)  # fmt: skip
TUNER = Table(
    "tuner_settings", "`tuner`",
    {"mute": Field(boolean(), "Whether the outputs are parted from the speakers while the tuner is shown.",
                   default=True, examples=(True,))},
    doc="What the tuner does.",
)  # fmt: skip
RIG = Table(
    "rig", "the rig",
    {
        "version": Field(version(), "The version of the language: 1.", required=True, examples=(1,)),
        "description": Field(text("a description"), "For people.", default=""),
        "engine": Field(ENGINE, "The audio side; the virtual one where nothing is said."),
        "surfaces": Field(MapOf(name("the name of a surface"), SURFACE, "surfaces by name"), "The devices to play on.",
                          default={}),
        "pedalboards": Field(_FILES, "Files of pedalboards, from here; `*` stands for any name.", default=(),
                             examples=(["pedalboards/*.yaml"],)),
        "banks": Field(text("a path"), "The file that says the order of the pedalboards.", examples=("banks.yaml",)),
        "preload": Field(integer(0, 4, "a number of pedalboards"),
                         "How many pedalboards on each side of the current one, in the bank, have their effects loaded "
                         "beforehand: the change to them is a reconnect, and costs memory.", default=0, examples=(1,)),
        "library": Field(text("a path"), "The folder of the pedalboards, banks and favourites that are saved while it "
                         "runs, from here; else `controld/library` in the user's data folder, for all rigs.",
                         default="", examples=("~/pedalboards",)),
        "mappings": Field(_FILES, "Files of rules, from here.", default=(), examples=(["mappings/*.yaml"],)),
        "startup": Field(STARTUP, "What is loaded at start."),
        "tempo": Field(number("beats a minute from 20 to 300", 20, 300),
                       "The tempo of pedalboards that do not say their own.", default=120.0),
        "clock": Field(CLOCK, "Whose MIDI clock is followed, and who is sent one.", examples=({"out": ["synth"]},)),
        "defaults": Field(DEFAULTS, "What holds in all files of rules where neither rule nor file says it.",
                          examples=({"hold": "400 ms"},)),
        "variables": Field(VARIABLES, "Values of your own, each with its first value; files of rules may have theirs.",
                           default={}, examples=({"solo": False},)),
        "panic": Field(PANIC, "What `panic: true` does after it has ended what runs.", default=(),
                       examples=([{"mute": "on"}],)),
        "tuner": Field(TUNER, "What the tuner does.", examples=({"mute": True},)),
        "reload": Field(boolean(), "Whether a saved file is read again at once.", default=True),
        **RUNNING,
    },
    doc="A rig: engine, surfaces, and which pedalboards and mappings belong to it.",
    later=NOT_BUILT_YET["rig"],
)  # fmt: skip


def engine_of(record: Record) -> EngineConfig:
    """Return the engine the rig's record describes."""
    engine: Record | None = record["engine"]
    if engine is None:
        return EngineConfig()
    endpoints = engine["endpoint"], engine["events"], engine["health"]
    patience = engine["timeout"], engine["connect_retries"], engine["connect_retry_delay"], engine["reconnect_delay"]
    health_s = engine["health_check_interval"]
    return EngineConfig(
        engine["type"] or "virtual", *endpoints, engine["address"], *patience, health_s, engine["lv2_path"]
    )


def midi_of(record: Record) -> MidiPorts | None:
    """Return the MIDI ports of a surface's record."""
    midi: Record | None = record["midi"]
    return None if midi is None else MidiPorts(midi["in"] or "", midi["out"] or "")


def osc_of(record: Record) -> OscConfig | None:
    """Return the OSC port of a surface's record."""
    osc: Record | None = record["osc"]
    if osc is None or osc["listen"] is None:
        return None
    host, port = osc["listen"]
    tcp = port if osc["tcp"] is True else int(osc["tcp"])
    return OscConfig(host, port, osc["reply"], Limits(tcp, osc["allow"], osc["rate"]))


def shares_host(osc: OscConfig, other: OscConfig) -> bool:
    """Tell whether two surfaces cannot listen on the same port."""
    return osc.host == other.host or bool({osc.host, other.host} & {"0.0.0.0", "::"})  # noqa: S104 - compared
