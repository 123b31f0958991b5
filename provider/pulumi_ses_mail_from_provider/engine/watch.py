"""Ends this process when the engine ends: it must not go on calling SES for a run that is over."""

from __future__ import annotations

import os
import socket
import threading
import time


def end_with_engine(address: str) -> bool:
    """End this process as soon as nothing listens at the engine's address any more.

    Args:
        address: "HOST:PORT", the argument with which the engine starts a plugin (Pulumi's plugin protocol).

    Returns:
        False if the address has another form.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        return False
    threading.Thread(target=_end_with, args=(host, int(port)), name="engine-watch", daemon=True).start()
    return True


def _end_with(host: str, port: int) -> None:
    while True:
        try:
            with socket.create_connection((host, port)) as connection:
                while connection.recv(4096):
                    pass
        except ConnectionRefusedError:
            os._exit(1)  # at once, because another thread may be about to write
        except OSError:
            pass
        # The engine closes idle connections after two minutes: connect again.
        time.sleep(0.05)
