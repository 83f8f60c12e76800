"""Shells between ports and sockets on one side and control events and feedback on the other."""
