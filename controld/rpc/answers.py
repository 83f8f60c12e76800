"""What becomes of a call: a result at once, an answer that follows from facts to come, or a question to the engine.

Pure. A call that changes something is answered when the engine did it or would not, never before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from controld.changes import StateChange

Result = dict[str, object]


class Code(Enum):
    """Why a call failed, as the Session Manager's documentation names it; `NOT_SUPPORTED` is ours."""

    INVALID_PARAMETERS = "a parameter is missing or wrong, or what it names is not there"
    PLUGIN_NOT_FOUND = "the engine has no plugin of this URI, or cannot load it"
    INSTANCE_NOT_FOUND = "the pedalboard has no such effect"
    CONNECTION_FAILED = "the engine would not join or part these ports"
    BRIDGE_ERROR = "the engine is away, refused it, or could not be understood"
    TIMEOUT = "the engine did not say in time; it may yet do it"
    NOT_SUPPORTED = "nothing here can do this"


class CallFailed(Exception):
    """Why a call cannot be done; `details` come beside the code."""

    def __init__(self, code: Code, text: str, **details: object) -> None:
        super().__init__(text)
        self.code, self.text, self.details = code, text, details

    def result(self) -> Result:
        """Return it in the documented form."""
        return {"success": False, "error": self.text, "details": {"code": self.code.name, **self.details}}


@dataclass(slots=True)
class Wait:
    """An answer that follows from facts: `judge` is given each fact of `kinds` until it returns the result.

    It is also given why the caller was refused last ("" where nothing was), and may raise CallFailed. `pending` is what
    is said of the wish where the engine stays away or silent. With `engine` false nothing of the engine is waited for.
    `subject` is what a refusal speaks of that the engine causes later, of nobody's asking.
    """

    kinds: frozenset[type]
    judge: Callable[[StateChange, str], Result | None]
    pending: Result
    engine: bool = True
    subject: str = ""


@dataclass(slots=True)
class Question:
    """Something to ask the engine's bridge: a JSON request, and what its reply comes to.

    `then` is given the members of the reply, may ask something else, and may raise CallFailed.
    """

    body: Mapping[str, object]
    then: Callable[[Mapping[str, object]], "Outcome"]


Outcome = Result | Wait | Question


def done(**members: object) -> Result:
    """Return the result of a call that was done; both generations of clients find what they look for."""
    return {"success": True, "status": "ok", **members}
