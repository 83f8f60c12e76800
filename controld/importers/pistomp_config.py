"""A pi-Stomp's whole configuration: default_config.yml, with a pedalboard's config.yml laid over it.

Pure.
"""

from dataclasses import replace

from controld.document import Node
from controld.importers.pistomp_reader import Reader
from controld.importers.pistomp_values import PiStomp
from controld.shape import Report

_HARDWARE_KEYS = frozenset({"version", "midi", "footswitches", "analog_controllers", "encoders"})


def read_config(node: Node, report: Report) -> PiStomp:
    """Return what default_config.yml says; mistakes are reported, and what they leave out is not there."""
    reader = Reader(report)
    hardware = node.get("hardware")
    if hardware is None or hardware.entries is None:
        report.error(hardware or node, "there is no `hardware:` in it", "expected a default_config.yml of pi-Stomp")
        return PiStomp()
    version = hardware.get("version")
    found = PiStomp(
        version.text if version else "",
        reader.channel(hardware) or 1,
        tuple(reader.each(hardware, "footswitches", reader.switch)),
        tuple(reader.each(hardware, "analog_controllers", reader.analog)),
        tuple(reader.each(hardware, "encoders", reader.encoder)),
        tuple(reader.each(node, "blend_snapshots", reader.blend)),
        reader.notes,
    )
    reader.unknown(hardware, _HARDWARE_KEYS, "hardware")
    for what, ids in (
        ("footswitches", [switch.id for switch in found.switches]),
        ("encoders", [encoder.id for encoder in found.encoders]),
    ):
        for number in sorted({number for number in ids if ids.count(number) > 1}):
            report.error(hardware.get(what) or hardware, f"several {what} have the id {number}")
    return found


def overlaid(config: PiStomp, node: Node, report: Report) -> PiStomp:
    """Return the configuration with a pedalboard's own config.yml laid over it, as pi-Stomp does.

    Footswitches by their id and key by key; of encoders the long press alone; the blends are the pedalboard's.
    """
    reader = Reader(report, config.notes)
    hardware = node.get("hardware")
    blends = tuple(reader.each(node, "blend_snapshots", reader.blend))
    if hardware is None:
        return replace(config, blends=blends or config.blends)
    if hardware.get("analog_controllers") is not None:
        config.notes.miss(f"`analog_controllers` in {node.path}", "pi-Stomp reads it only from default_config.yml")
    own = {switch.id: switch for switch in config.switches}
    for each in reader.nodes(hardware, "footswitches"):
        number = reader.number(each, "id", 0, 127)
        if number in own:
            own[number] = reader.over(own[number], each)
        elif number is not None:
            config.notes.miss(f"footswitch {number} in {node.path}", "default_config.yml has none of that id")
    turned = {encoder.id: encoder for encoder in config.encoders}
    for encoder in reader.each(hardware, "encoders", reader.encoder):
        if encoder.id in turned:
            turned[encoder.id] = replace(turned[encoder.id], longpress=encoder.longpress)
    channel = reader.channel(hardware) or config.channel
    encoders = tuple(turned.values())
    return replace(
        config, channel=channel, switches=tuple(own.values()), encoders=encoders, blends=blends or config.blends
    )
