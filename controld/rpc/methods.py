"""All methods of the service, in one registry.

Pure. `list_methods` tells it to clients, `page` writes it down, the tests call everything in it.
"""

from controld.rpc import (
    methods_audio,
    methods_boards,
    methods_catalogue,
    methods_effects,
    methods_refused,
    methods_snapshots,
    methods_system,
    methods_wires,
)
from controld.rpc.answers import Outcome, done
from controld.rpc.call import Call
from controld.rpc.registry import OBJECT, Member, Method, Registry


def _list_methods(_call: Call) -> Outcome:
    return done(
        methods={
            method.name: {
                "does": method.does,
                "aliases": list(method.aliases),
                "parameters": [
                    {"name": each.name, "aliases": list(each.aliases), "kind": each.kind, "required": each.required}
                    for each in method.parameters
                ],
                "supported": method.group != "Not supported",
            }
            for method in REGISTRY.methods
        }
    )


_LIST = Method(
    "list_methods", "Service", _list_methods, "List the methods.", (),
    (Member("methods", OBJECT, "By name `does`, `aliases`, `parameters`, `supported`."),),
)  # fmt: skip
_PARTS = (
    methods_catalogue,
    methods_effects,
    methods_boards,
    methods_wires,
    methods_snapshots,
    methods_audio,
    methods_system,
)
REGISTRY = Registry((*(method for part in _PARTS for method in part.METHODS), _LIST, *methods_refused.METHODS))
