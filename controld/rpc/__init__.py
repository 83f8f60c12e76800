"""The session manager's service for programs: calls and events over ZeroMQ."""
