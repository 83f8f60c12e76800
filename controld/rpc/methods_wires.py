"""The methods about connections, banks and favourites.

Pure.
"""

from collections.abc import Sequence

from controld.changes import BanksChanged, ConnectionMade, ConnectionRemoved, FavouritesChanged, State, StateChange
from controld.rpc import shapes
from controld.rpc.answers import CallFailed, Code, Outcome, Result, done
from controld.rpc.call import Call
from controld.rpc.registry import BOOLEAN, LIST, TEXT, Member, Method, Parameter
from controld.session.edits import AddFavourite, MakeConnection, RemoveConnection, RemoveFavourite, SetBanks
from controld.session.model import Bank

_WIRES, _BANKS = "Connections", "Banks and favourites"


# Connections


def _port(call: Call, port: str, plugin: str, symbol: str) -> str:
    """Return one end of a connection as the pedalboard writes it, from a whole name or from its two parts."""
    whole = call.text(port)
    if not whole:
        whole = f"{call.text(plugin)}:{call.text(symbol)}"
    client, colon, name = whole.partition(":")
    if not (client and colon and name):
        text = f"a port is written as in `drive:in` or `system:capture_1`, not `{whole}`"
        raise CallFailed(Code.INVALID_PARAMETERS, text, parameter=port)
    number = client.removeprefix("effect_")
    effects = call.look.effects.values()
    named = next(
        (each.name for each in effects if number == str(each.instance) and client not in call.look.effects), ""
    )
    return f"{named or client}:{name}"


def _pair(call: Call) -> tuple[str, str]:
    if call.given("connection_id"):
        pair = shapes.ends(call.text("connection_id"))
        if not all(pair):
            text = f"there is no connection `{call.text('connection_id')}`"
            raise CallFailed(Code.INVALID_PARAMETERS, text, parameter="connection_id")
        return pair
    return _port(call, "source", "source_plugin", "source_port"), _port(call, "target", "target_plugin", "target_port")


class _Joining:
    """Judges whether two ports are joined, or parted."""

    def __init__(self, kind: type[ConnectionMade | ConnectionRemoved], pair: tuple[str, str]) -> None:
        self._kind, self._pair = kind, pair

    def __call__(self, change: StateChange, reason: str) -> Result | None:
        """Return the result once it is done. Raises CallFailed where the engine would not."""
        if not isinstance(change, ConnectionMade | ConnectionRemoved) or (change.source, change.target) != self._pair:
            return None
        source, target = self._pair
        identifier = shapes.connection_id(source, target)
        if not isinstance(change, self._kind):
            text = "the contrary was asked for meanwhile"
            raise CallFailed(Code.CONNECTION_FAILED, text, connection_id=identifier)
        if change.state is State.FAILED:
            text = reason or f"the engine would not do it: {source} -> {target}"
            raise CallFailed(Code.CONNECTION_FAILED, text, connection_id=identifier)
        if change.state is State.ASKED:
            return None
        return done(**shapes.connection(source, target), joined=self._kind is ConnectionMade)


def _connect(call: Call) -> Outcome:
    pair = _pair(call)
    if pair in call.look.pedalboard.connections and call.look.joined(*pair):
        return done(**shapes.connection(*pair), joined=True)
    changes = call.act(MakeConnection(*pair))
    if call.look.muted and pair[1].partition(":")[0] not in call.look.effects:
        return done(**shapes.connection(*pair), joined=False)  # nothing is joined to the speakers before they are heard
    return _until(call, changes, ConnectionMade, pair)


def _disconnect(call: Call) -> Outcome:
    pair = _pair(call)
    return _until(call, call.act(RemoveConnection(*pair)), ConnectionRemoved, pair)


def _until(
    call: Call,
    changes: Sequence[StateChange],
    kind: type[ConnectionMade | ConnectionRemoved],
    pair: tuple[str, str],
) -> Outcome:
    """Answer once two ports are joined, or parted."""
    subject = f"connection {call.look.jack_name(pair[0])} -> {call.look.jack_name(pair[1])}"
    kinds, asked = (ConnectionMade, ConnectionRemoved), {"source": pair[0], "target": pair[1]}
    return call.until(changes, kinds, _Joining(kind, pair), {**asked}, subject=subject)


def _connections(call: Call) -> Outcome:
    look = call.look
    found = [
        {
            **shapes.connection(*pair),
            "port1": look.jack_name(pair[0]),
            "port2": look.jack_name(pair[1]),
            "joined": look.joined(*pair),
        }
        for pair in look.pedalboard.connections
    ]
    return done(connections=found)


# Banks and favourites


def _banks(call: Call) -> Outcome:
    look = call.look
    banks = [
        {
            "title": bank.name,
            "name": bank.name,
            "pedalboards": [shapes.board_listed(look, name) for name in bank.pedalboards],
        }
        for bank in look.banks
    ]
    return done(banks=banks)


def _save_banks(call: Call) -> Outcome:
    given = call.args["banks"]
    banks = tuple(_bank(call, each) for each in given) if isinstance(given, list) else ()
    changes = call.act(SetBanks(banks))
    told = any(isinstance(change, BanksChanged) for change in changes)
    return _banks(call) if told else done(banks=[])


def _bank(call: Call, given: object) -> Bank:
    if isinstance(given, dict):
        name, boards = given.get("title", given.get("name")), given.get("pedalboards", [])
        if isinstance(name, str) and name.strip() and isinstance(boards, list):
            return Bank(name, tuple(_in_bank(call, each) for each in boards))
    text = "a bank is an object with a `title` and a list of `pedalboards`"
    raise CallFailed(Code.INVALID_PARAMETERS, text, parameter="banks")


def _in_bank(call: Call, given: object) -> str:
    names = [given.get(key) for key in ("id", "name", "title", "bundlepath")] if isinstance(given, dict) else [given]
    name = next((each for each in names if isinstance(each, str) and each), "")
    return call.board_name(name) or name


def _favourites(call: Call) -> Outcome:
    return done(favorites=list(call.look.favourites))


def _add_favourite(call: Call) -> Outcome:
    return _told_favourites(call, AddFavourite(call.text("uri")))


def _remove_favourite(call: Call) -> Outcome:
    return _told_favourites(call, RemoveFavourite(call.text("uri")))


def _told_favourites(call: Call, action: AddFavourite | RemoveFavourite) -> Outcome:
    for change in call.act(action):
        if isinstance(change, FavouritesChanged):
            return done(favorites=list(change.favourites))
    return _favourites(call)


# The table

_ENDS = (
    Parameter("source", TEXT, "The port it comes from: `drive:out`, `system:capture_1`, or a JACK name.",
              aliases=("port1",)),
    Parameter("target", TEXT, "The port it goes to.", aliases=("port2",)),
    Parameter("source_plugin", TEXT, "In two parts: the effect, or `system`."),
    Parameter("source_port", TEXT, "... and its port."),
    Parameter("target_plugin", TEXT, "In two parts: the effect, or `system`."),
    Parameter("target_port", TEXT, "... and its port."),
)  # fmt: skip
_CONNECTION = (
    Member("connection_id", TEXT, "What `remove_connection` takes."),
    Member("source", TEXT, "The port it comes from, as the pedalboard has it."),
    Member("target", TEXT, "The port it goes to."),
    Member("source_plugin", TEXT, "The same in parts."),
    Member("source_port", TEXT, "The same in parts."),
    Member("target_plugin", TEXT, "The same in parts."),
    Member("target_port", TEXT, "The same in parts."),
    Member("joined", BOOLEAN, "Whether the engine has joined them; while the outputs are muted none is to a speaker."),
)
_CODES = (Code.INVALID_PARAMETERS, Code.CONNECTION_FAILED, Code.BRIDGE_ERROR, Code.TIMEOUT)
_PLUGIN_URI = (Parameter("uri", TEXT, "The plugin's LV2 URI.", required=True),)
_FAVOURITES = (Member("favorites", LIST, "URIs, in the order in which they became favourites."),)
_BANK_LIST = Member("banks", LIST, "Banks: `title` and `pedalboards`, which are as in `get_pedalboard_list`.")

METHODS = (
    Method("create_connection", _WIRES, _connect, "Join two ports, on the pedalboard and in the engine.", _ENDS,
           _CONNECTION, _CODES, waits=True, aliases=("connect_jack_ports",), one_of=("source", "source_plugin")),
    Method("remove_connection", _WIRES, _disconnect, "Part two ports.",
           (Parameter("connection_id", TEXT, "The connection, as `create_connection` told it."), *_ENDS), _CONNECTION,
           _CODES, waits=True, aliases=("disconnect_jack_ports",),
           one_of=("connection_id", "source", "source_plugin")),
    Method("get_jack_connections", _WIRES, _connections, "List the pedalboard's connections.", (),
           (Member("connections", LIST, "Connections with their JACK names `port1` and `port2`, and whether they are "
                   "`joined`."),)),
    Method("get_banks", _BANKS, _banks, "List the banks.", (), (_BANK_LIST,)),
    Method("save_banks", _BANKS, _save_banks, "Say which banks there are: all of them.",
           (Parameter("banks", LIST, "Banks: `title` and `pedalboards` (names, or objects with `title` or "
                      "`bundlepath`).", required=True),), (_BANK_LIST,), (Code.INVALID_PARAMETERS,)),
    Method("get_favorites", _BANKS, _favourites, "List the favourite plugins.", (), _FAVOURITES),
    Method("add_favorite", _BANKS, _add_favourite, "Mark a plugin as a favourite.", _PLUGIN_URI, _FAVOURITES,
           (Code.INVALID_PARAMETERS,)),
    Method("remove_favorite", _BANKS, _remove_favourite, "Mark a plugin as a favourite no more.", _PLUGIN_URI,
           _FAVOURITES, (Code.INVALID_PARAMETERS,)),
)  # fmt: skip
