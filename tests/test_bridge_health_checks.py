"""What a client does with the patience it is given: how long a command may take, and when health is asked for."""

import asyncio
import json
import time

from client_rig import Rig, playing, until
from stand_in_bridge import StandIn

