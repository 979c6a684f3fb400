"""The short way to a socket: one frame's bytes are made once and handed to the transport of every line.

Through the server each line makes the same WebSocket frame again, in a task of its own. What a server sends is not
masked (RFC 6455, 5.1), so without compression equal text is equal bytes. Only uvicorn's wsproto connections are known
here; beside any other server, or when a connection is not ready to write at once, the frame goes the ordinary way.
"""

import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol

_TEXT: Final = 0x81  # a whole message in one frame


@lru_cache(maxsize=4)
def bytes_of(text: str) -> bytes:
    """A text message as one WebSocket frame."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((_TEXT, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", _TEXT, 126, size) + payload
    return struct.pack("!BBQ", _TEXT, 127, size) + payload


class Straight:
    """Writes to one connection without waiting."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: WSProtocol) -> None:
        self._protocol = protocol

    def write(self, text: str) -> bool:
        """Hand a message over; False when the connection cannot take it now, and nothing has been written."""
        at = self._protocol
        if not at.writable.is_set() or at.close_sent or at.disconnected or at.transport.is_closing():
            return False
        at.transport.write(bytes_of(text))
        return True


def straight_to(send: Callable[..., Any]) -> Straight | None:
    """The short way to the connection behind an ASGI ``send``, after its handshake; None where there is none."""
    protocol = getattr(send, "__self__", None)
    if isinstance(protocol, WSProtocol) and protocol.handshake_complete and not protocol.config.ws_per_message_deflate:
        return Straight(protocol)
    return None
