"""The way to the engine, as a configuration has it: our own bridge where one is to be started, and its client.

Shell.
"""

import asyncio
import logging
from contextlib import AsyncExitStack

from controld.bridge.client import BridgeClient, Endpoints, EventReceiver, ReplyReceiver
from controld.bridge.client_pace import Patience
from controld.bridge.supervisor import BridgeProcess, bridge_command
from controld.bridge.supervisor_watch import FrozenWatch
from controld.config_values import EngineConfig
from controld.errors import BridgeStartError
from controld.session.engine_events import EngineEvent
from controld.session.outbox import Outbox

log = logging.getLogger("controld.daemon")


async def start_engine(
    engine: EngineConfig, outbox: Outbox, on_reply: ReplyReceiver, on_event: EventReceiver, stack: AsyncExitStack
) -> BridgeClient:
    """Start what the engine needs and the client of its bridge, and have `stack` stop them.

    Raises:
        BridgeStartError: our own bridge could not be started, in its own words.
        EngineUnavailable: an endpoint is not a ZeroMQ address.
    """
    watch = await _start_bridge(engine, stack)

    def watched(event: EngineEvent) -> None:
        if watch is not None:
            watch.note(event)
        on_event(event)

    client = _client_of(engine, outbox, on_reply, watched)
    client.start()
    stack.push_async_callback(client.stop)
    return client


async def _start_bridge(engine: EngineConfig, stack: AsyncExitStack) -> FrozenWatch | None:
    """Start our own bridge where the engine wants one, and have `stack` stop it.

    Return who replaces it should it freeze, and wants to be told what becomes of the engine; None for a bridge that is
    not ours.

    Raises:
        BridgeStartError: it could not be started at the last try either, in its own words.
    """
    if engine.type == "bridge":
        return None
    options = ["--host", engine.type, "--endpoint", engine.endpoint, "--events", engine.events]
    options += ["--address", engine.address] if engine.type == "mod-host" else []
    places = {"LV2_PATH": engine.lv2_path} if engine.lv2_path else {}
    child = BridgeProcess(bridge_command(*options, "--health", engine.health), environment=places)
    stack.push_async_callback(child.stop)
    for left in range(engine.connect_retries, -1, -1):
        try:
            await child.start()
        except BridgeStartError as error:
            if not left:
                raise
            log.warning("%s; trying again in %g s", error, engine.connect_retry_delay_s)
            await asyncio.sleep(engine.connect_retry_delay_s)
        else:
            break
    watch = FrozenWatch(child, engine.health)
    watch.start()
    stack.push_async_callback(watch.stop)
    return watch


def _client_of(engine: EngineConfig, outbox: Outbox, on_reply: ReplyReceiver, on_event: EventReceiver) -> BridgeClient:
    """Return the client of an engine's bridge, with the patience that was configured."""
    missing_s = engine.connect_retries * engine.connect_retry_delay_s
    patience = Patience(engine.timeout_s, missing_s, engine.reconnect_delay_s, engine.health_check_interval_s)
    endpoints = Endpoints(engine.endpoint, engine.events, engine.health)
    return BridgeClient(endpoints, outbox, on_reply, on_event, patience=patience)
