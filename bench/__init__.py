"""The benchmark of controld: open-loop load against the daemon as a process, beside floors measured in the same run."""
