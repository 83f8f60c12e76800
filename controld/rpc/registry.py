"""What a method is: its names, its parameters, its result and its failures, in one value.

Pure. Dispatch, the checks of parameters, the page of documentation and the tests are all made from these.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from controld.bridge.protocol_values import number
from controld.errors import hinted
from controld.rpc.answers import CallFailed, Code, Outcome
from controld.rpc.wire import described

if TYPE_CHECKING:
    from controld.rpc.call import Call

TEXT, NUMBER, WHOLE, BOOLEAN, LIST, OBJECT, ID, ANY = (
    "text", "number", "whole number", "true or false", "list", "object", "text or number", "anything",
)  # fmt: skip
# What a result's members may be; a parameter of a kind is checked more leniently (see `_READERS`).
KINDS: Mapping[str, tuple[type, ...]] = {
    TEXT: (str,), NUMBER: (int, float), WHOLE: (int,), BOOLEAN: (bool,), LIST: (list,), OBJECT: (dict,),
    ID: (str, int), ANY: (object,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: `ends` are the lowest and highest number; one that is not required is `default` where absent."""

    name: str
    kind: str
    meaning: str
    required: bool = False
    aliases: tuple[str, ...] = ()
    ends: tuple[float, float] | None = None
    default: object = None

    def read(self, value: object) -> object:
        """Return a value of this parameter. Raises CallFailed."""
        taken = _READERS[self.kind](value)
        if taken is None:
            raise CallFailed(
                Code.INVALID_PARAMETERS,
                f"'{self.name}' has to be {_article(self.kind)}, not {described(value)}",
                parameter=self.name,
            )
        if self.ends is not None and isinstance(taken, int | float) and not self.ends[0] <= taken <= self.ends[1]:
            text = f"'{self.name}' has to be {self.ends[0]:g} to {self.ends[1]:g}, not {value}"
            raise CallFailed(Code.INVALID_PARAMETERS, text, parameter=self.name)
        return taken


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a successful result; one that is not `always` there says in its meaning when it is."""

    name: str
    kind: str
    meaning: str
    always: bool = True
    null: bool = False  # may be null


@dataclass(frozen=True)
class Method:
    """A method. Of each set in `one_of` at least one parameter has to be given. `group` is its heading on the page."""

    name: str
    group: str
    handler: Callable[["Call"], Outcome]
    does: str
    parameters: tuple[Parameter, ...] = ()
    results: tuple[Member, ...] = ()
    codes: tuple[Code, ...] = ()
    waits: bool = False  # for the engine
    aliases: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    any_parameters: bool = False

    @cached_property
    def by_name(self) -> Mapping[str, Parameter]:
        """The parameters by all their names."""
        return {name: each for each in self.parameters for name in (each.name, *each.aliases)}

    def read(self, params: Mapping[str, object]) -> dict[str, object]:
        """Return the parameters under their first names, those that are not given at their defaults.

        Null counts as not given. Raises CallFailed.
        """
        if self.any_parameters:
            return dict(params)
        taken: dict[str, object] = {}
        for name, value in params.items():
            parameter = self.by_name.get(name)
            if parameter is None:
                raise self._unknown(name)
            if value is not None:
                taken.setdefault(parameter.name, parameter.read(value))
        for each in self.parameters:
            if each.name not in taken:
                if each.required:
                    raise self._missing((each.name,))
                taken[each.name] = each.default
        if self.one_of and all(taken[name] is None for name in self.one_of):
            raise self._missing(self.one_of)
        return taken

    def _unknown(self, name: str) -> CallFailed:
        known = ", ".join(each.name for each in self.parameters)
        has = f"it takes {known}" if known else "it takes none"
        text = hinted(f"{self.name} has no parameter '{name}': {has}", name, self.by_name)
        return CallFailed(Code.INVALID_PARAMETERS, text, parameter=name)

    def _missing(self, names: Sequence[str]) -> CallFailed:
        text = "Missing " + " or ".join(f"'{name}'" for name in names) + " parameter"
        return CallFailed(Code.INVALID_PARAMETERS, text, parameter=names[0])


@dataclass(frozen=True)
class Registry:
    """All methods."""

    methods: tuple[Method, ...]
    by_name: Mapping[str, Method] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[str, Method] = {}
        for method in self.methods:
            for name in (method.name, *method.aliases):
                assert name not in found, f"two methods are called {name}"
                found[name] = method
        object.__setattr__(self, "by_name", found)


def _article(kind: str) -> str:
    return kind if kind in {BOOLEAN, ID, ANY} else f"an {kind}" if kind == OBJECT else f"a {kind}"


def _text(value: object) -> object:
    return value if isinstance(value, str) and value.strip() else None


def _whole(value: object) -> object:
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def _boolean(value: object) -> object:
    """Take what the clients there are send for true and false: forms of the web send 0 and 1, also as text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | str):
        return {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}.get(value)
    return None


def _id(value: object) -> object:
    return _text(value) if isinstance(value, str) else _whole(value)


_READERS: Mapping[str, Callable[[object], object]] = {
    TEXT: _text,
    NUMBER: number,
    WHOLE: _whole,
    BOOLEAN: _boolean,
    LIST: lambda value: value if isinstance(value, list) else None,
    OBJECT: lambda value: value if isinstance(value, dict) else None,
    ID: _id,
    ANY: lambda value: value,
}
