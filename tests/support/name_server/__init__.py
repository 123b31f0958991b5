"""Name servers on loopback for tests: a real one with zone files, and one that does what it is told."""

from .real import KNOT, NameServer, zone_text
from .scripted import ScriptedNameServer

__all__ = ["KNOT", "NameServer", "ScriptedNameServer", "zone_text"]
