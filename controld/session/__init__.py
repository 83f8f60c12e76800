"""Actions become engine requests and state changes: the session core, pure and synchronous."""
