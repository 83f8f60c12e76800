"""Everything that speaks the modhost-bridge protocol: the client of the daemon, and our own bridge."""
