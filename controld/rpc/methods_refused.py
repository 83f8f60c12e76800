"""The methods of the Session Manager that nothing here can do: each with the sentence that says so.

Pure. A client that asks for one gets `NOT_SUPPORTED` instead of silence, whatever its parameters are.
"""

from collections.abc import Callable

from controld.rpc.answers import CallFailed, Code, Outcome
from controld.rpc.call import Call
from controld.rpc.registry import Method

_NO_RECORDING = "mod-host does not record; use a recorder that is a client of JACK"
_NO_FILES = "controld keeps no files of its clients"
_NO_PACKAGES = "packages are the operating system's matter"
_NO_UPDATES = "controld and firmware are updated by hand or by the operating system"
_NO_USERS = "there are no users to log in; the service listens on this machine only, unless you open it"
_NO_IMAGES = "controld draws no pictures of pedalboards or plugins"
_NO_GUI = "the engine tells no graphical interface of plugins"
_NO_POWER = "controld does not switch the machine off; ask the operating system"
_NO_LOGS = "the log goes to standard error, so to the journal where systemd runs the service"
_NOT_TOLD = "the bridge's protocol does not tell this of JACK"
_RULES = "which control moves a parameter is said in the mapping files, which are read again when they are saved"
_BUNDLES = "pedalboards are kept as YAML and exchanged as JSON: use export_pedalboard and import_pedalboard"

WHY: dict[str, str] = {
    **dict.fromkeys(("start_recording", "stop_recording", "start_playback", "wait_playback", "stop_playback",
                     "download_recording", "reset_recording"), _NO_RECORDING),
    **dict.fromkeys(("list_files", "list_user_files", "upload_file", "download_file", "delete_file"), _NO_FILES),
    **dict.fromkeys(("get_packages", "install_package", "remove_package", "uninstall_package"), _NO_PACKAGES),
    **dict.fromkeys(("check_updates", "install_update", "begin_update", "upload_system_image",
                     "upload_controlchain_firmware", "cancel_controlchain_update"), _NO_UPDATES),
    **dict.fromkeys(("login", "logout", "get_user_info"), _NO_USERS),
    **dict.fromkeys(("get_pedalboard_image", "generate_pedalboard_image", "wait_pedalboard_image",
                     "check_pedalboard_image", "get_plugin_image"), _NO_IMAGES),
    **dict.fromkeys(("get_plugin_file", "get_plugin_custom_file"), _NO_GUI),
    **dict.fromkeys(("shutdown", "reboot"), _NO_POWER),
    **dict.fromkeys(("get_logs", "clear_logs"), _NO_LOGS),
    **dict.fromkeys(("pack_pedalboard_bundle", "load_pedalboard_web"), _BUNDLES),
    **dict.fromkeys(("get_jack_cv_ports", "get_jack_latency", "get_jack_freewheel", "set_jack_freewheel",
                     "get_jack_timebase", "set_jack_timebase", "get_jack_repl_sync", "set_jack_repl_sync",
                     "get_jack_repl_latency", "set_jack_repl_latency"), _NOT_TOLD),
    **dict.fromkeys(("add_cv_addressing_port", "remove_cv_addressing_port"), "no CV port can be a control here"),
    "address_parameter": _RULES,
    "set_midi_devices": "MIDI devices are surfaces, and which there are is said in controld.yaml",
    "set_truebypass": "there are no relays here; `set_bypass` bypasses an effect",
    "switch_cpu_frequency": "the processor's speed is the operating system's matter",
    "reset_config": "the settings are those of controld.yaml, which is yours",
    "set_config": "the settings are those of controld.yaml, which is read again when it is saved",
    "get_network_info": "controld tells nothing of the network; ask the operating system",
}  # fmt: skip


def _refuse(name: str, why: str) -> Callable[[Call], Outcome]:
    def handler(_call: Call) -> Outcome:
        raise CallFailed(Code.NOT_SUPPORTED, f"{name}: {why}")

    return handler


METHODS = tuple(
    Method(name, "Not supported", _refuse(name, why), why, codes=(Code.NOT_SUPPORTED,), any_parameters=True)
    for name, why in sorted(WHY.items())
)
