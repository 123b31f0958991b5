"""Name servers on loopback for tests: a real one with zone files, and a scripted one."""

from .real import KNOT, NameServer, zone_text
from .scripted import ScriptedNameServer

__all__ = ["KNOT", "NameServer", "ScriptedNameServer", "zone_text"]
