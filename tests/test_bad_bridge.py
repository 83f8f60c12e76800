"""The daemon attached to a bridge that is worse than slow: silent, late, refusing and doing it after all.

The rig shows what the host holds in the end: what was asked, or visibly not.
"""

import random
from pathlib import Path

import pytest
from bad_bridge import playing, settle, storm
from troubled_rig import status


class TestFailures:
    @pytest.mark.parametrize("faults", ["silent", "late", "error", "stock,pairing,zombie=40"])
    def test_what_fails_is_seen_to_fail(self, tmp_path: Path, faults: str) -> None:
        """Not answered, answered late, refused, or refused and done after all: the rig shows what the host holds."""
        with playing(tmp_path, faults) as (rig, bridge, tablet):
            rng = random.Random(faults)
            while not status(rig)["counters"]["timed_out"]:
                storm(tablet, rng, moves=5)
            storm(tablet, rng, moves=10)
            settle(rig, bridge, tablet)
