"""The methods about the service itself: health, figures, what can be called; and what concerns the rig as a whole.

Pure: what only the machine knows comes from `Call.machine`.
"""

from collections.abc import Callable

import controld
from controld.actions import EngineAction, Panic, Redo, Resync, SelectBank, SetMute, SetTuner, Undo
from controld.changes import BankChanged, EngineState, MuteChanged, State, StateChange, TunerChanged
from controld.errors import hinted
from controld.rpc.answers import CallFailed, Code, Outcome, Result, done
from controld.rpc.call import Call
from controld.rpc.registry import BOOLEAN, ID, NUMBER, OBJECT, TEXT, WHOLE, Member, Method, Parameter

_GROUP, _RIG = "Service", "The rig as a whole"


def _health(call: Call) -> Outcome:
    state, reason = call.look.engine
    up = state is not EngineState.DOWN
    words = {"status": "healthy" if up else "degraded", "engine": state.value, "reason": reason}
    return {
        **done(**dict.fromkeys(("healthy", "bridge_connected", "mod_host_connected"), up)),
        **words,
        "service": "session_manager",
        "version": controld.__version__,
    }


def _metrics(call: Call) -> Outcome:
    up = call.look.engine[0] is not EngineState.DOWN
    present = sum(effect.present for effect in call.look.effects.values())
    return done(**call.machine.figures("process"), bridge_connected=up, active_plugins=present)


def _status(call: Call) -> Outcome:
    # `status` is the figures here, where elsewhere it says "ok": clients of the Session Manager look for it so.
    return {**done(), "status": {**call.machine.figures("system"), "controld": call.desk.status()}}


def _from_machine(what: str, member: str) -> Callable[[Call], Outcome]:
    return lambda call: done(**{member: call.machine.figures(what)})


def _ping(call: Call) -> Outcome:
    surfaces = call.desk.status().get("surfaces")
    return done(ihm_online=bool(surfaces), surfaces=surfaces if isinstance(surfaces, dict) else {})


def _get_config(call: Call) -> Outcome:
    settings, key = call.machine.settings(), call.text("key")
    if not key:
        return done(value={name: _plain(value) for name, value in settings.items()})
    if key not in settings:
        text = hinted(f"there is no setting `{key}`", key, settings)
        raise CallFailed(Code.INVALID_PARAMETERS, text, parameter="key")
    return done(key=key, value=_plain(settings[key]))


def _plain(value: object) -> object:
    """Return a setting as JSON has it; what it has no form for becomes a text."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _echo(call: Call) -> Outcome:
    return done(echo=dict(call.args))


# The rig as a whole


def _at_once(action: Callable[[], EngineAction]) -> Callable[[Call], Outcome]:
    def handler(call: Call) -> Outcome:
        changes = call.act(action())
        return done(facts=len(changes))

    return handler


def _mute(call: Call) -> Outcome:
    wanted = call.args["on"] is True

    def judge(change: StateChange, reason: str) -> Result | None:
        if not isinstance(change, MuteChanged) or change.state is State.ASKED:
            return None
        if change.state is State.FAILED:
            raise CallFailed(Code.BRIDGE_ERROR, reason or "the engine would not part every output", asked=wanted)
        return done(asked=wanted, on=change.on)

    return call.follow(SetMute(wanted), (MuteChanged,), judge, {"asked": wanted})


def _tuner(call: Call) -> Outcome:
    wanted = call.args["on"] is True
    for change in call.act(SetTuner(wanted)):
        if isinstance(change, TunerChanged):
            return done(asked=wanted, on=change.on)
    return done(asked=wanted, on=wanted)


def _bank(call: Call) -> Outcome:
    wanted = call.args["bank"]
    names = [bank.name for bank in call.look.banks]
    pick = wanted if isinstance(wanted, int) else str(wanted)
    told = [change for change in call.act(SelectBank(pick)) if isinstance(change, BankChanged)]
    index = told[0].index if told else 0
    return done(bank=told[0].bank if told else "", index=index - 1, banks=names)


# The table

_NOTHING_MORE = (Member("facts", WHOLE, "How many facts followed at once; the engine follows."),)
_ON = Parameter("on", BOOLEAN, "Whether it is to be.", required=True)
_ON_BACK = (Member("asked", BOOLEAN, "What was asked."), Member("on", BOOLEAN, "What is."))
_FIGURES = (
    Member("uptime_seconds", NUMBER, "Since the daemon was started."),
    Member("memory_mb", NUMBER, "What the daemon holds of the memory."),
    Member("cpu_percent", NUMBER, "The daemon's share of one processor since it was asked last."),
    Member("num_threads", WHOLE, "The daemon's threads."),
    Member("bridge_connected", BOOLEAN, "Whether the engine answers."),
    Member("active_plugins", WHOLE, "Effects that the engine holds."),
    Member("calls", WHOLE, "Calls since the start."),
    Member("refused", WHOLE, "Requests that were answered with an `error`."),
    Member("overdue", WHOLE, "Calls that were answered with a timeout."),
    Member("unread", WHOLE, "Answers that were dropped because their client did not read."),
    Member("events", WHOLE, "Events that were published; none are while nobody listens."),
    Member("clients", WHOLE, "Clients with calls that wait now."),
)

METHODS = (
    Method("health_check", _GROUP, _health, "Tell whether the engine answers.", (),
           (Member("status", TEXT, "`healthy`, or `degraded` while the engine is away."),
            Member("healthy", BOOLEAN, "The same."), Member("bridge_connected", BOOLEAN, "The same."),
            Member("mod_host_connected", BOOLEAN, "The same: a bridge without its host counts as away."),
            Member("engine", TEXT, "`up`, `repairing` or `down`."), Member("reason", TEXT, "In plain words."),
            Member("service", TEXT, "`session_manager`."), Member("version", TEXT, "controld's."))),
    Method("get_metrics", _GROUP, _metrics, "Tell the daemon's figures.", (), _FIGURES),
    Method("get_system_status", _GROUP, _status, "Tell how machine and rig are.", (),
           (Member("status", OBJECT, "`load_avg`, `memory`, `disk`, `uptime` ...; `controld` is the rig's."),)),
    Method("get_system_info", _GROUP, _from_machine("info", "system_info"), "Tell what machine this is.", (),
           (Member("system_info", OBJECT, "`system`, `release`, `machine`, `hostname`, `python_version`, `cpu_count`."),
            )),
    Method("get_cpu_usage", _GROUP, _from_machine("cpu", "cpu_usage"), "Tell the machine's load.", (),
           (Member("cpu_usage", OBJECT, "`load_avg`, `estimated_percent`."),)),
    Method("get_memory_usage", _GROUP, _from_machine("memory", "memory_usage"), "Tell the machine's memory.", (),
           (Member("memory_usage", OBJECT, "`total`, `available`, `used` (bytes), `percent`."),)),
    Method("get_disk_usage", _GROUP, _from_machine("disk", "disk_usage"), "Tell the disk of the root folder.", (),
           (Member("disk_usage", OBJECT, "By folder `total`, `used`, `free` (bytes), `percent`."),)),
    Method("get_config", _GROUP, _get_config, "Tell a setting in force, or all of them.",
           (Parameter("key", TEXT, "Its key, as in `engine.type`; else all are told."),),
           (Member("key", TEXT, "The key, where one was asked for.", always=False),
            Member("value", "anything", "Its value; an object with all of them where no key was given.", null=True)),
           (Code.INVALID_PARAMETERS,)),
    Method("ping_hmi", _GROUP, _ping, "Tell which surfaces there are.", (),
           (Member("ihm_online", BOOLEAN, "Whether there is any."), Member("surfaces", OBJECT, "Words for each."))),
    Method("echo", _GROUP, _echo, "Send back what was sent.", (), (Member("echo", OBJECT, "The parameters."),),
           any_parameters=True),
    Method("undo", _RIG, _at_once(Undo), "Take back the last change.", (), _NOTHING_MORE, (Code.INVALID_PARAMETERS,)),
    Method("redo", _RIG, _at_once(Redo), "Do again what was taken back.", (), _NOTHING_MORE,
           (Code.INVALID_PARAMETERS,)),
    Method("panic", _RIG, _at_once(Panic), "End what runs, and do what the rig declares as safe.", (), _NOTHING_MORE),
    Method("resync", _RIG, _at_once(Resync), "Compare the engine with what should be, and tell every state again.", (),
           _NOTHING_MORE),
    Method("set_mute", _RIG, _mute, "Part the outputs from the speakers, or join them.", (_ON,), _ON_BACK,
           (Code.BRIDGE_ERROR, Code.TIMEOUT), waits=True),
    Method("set_tuner", _RIG, _tuner, "Show the tuner on the surfaces, or put it away.", (_ON,), _ON_BACK),
    Method("select_bank", _RIG, _bank, "Choose the bank that surfaces count pedalboards in.",
           (Parameter("bank", ID, "Its name, or its number from 1.", required=True),),
           (Member("bank", TEXT, "Its name."), Member("index", WHOLE, "Its number, counted from 0."),
            Member("banks", "list", "All names.")), (Code.INVALID_PARAMETERS,)),
)  # fmt: skip
