"""controld: MIDI and OSC control surfaces for live LV2 rigs, with the rig's true state on every light."""

__version__ = "0.1.0"
