"""Messages with descriptors between our own processes: JSON, mostly, over a packet socket."""

import array
import json
import socket

_LARGEST = 131072
_MOST_DESCRIPTORS = 12
# As plain numbers: combining the named ones runs a page of Python each time.
_CLOSED_ON_EXEC, _AT_ONCE = int(socket.MSG_CMSG_CLOEXEC), int(socket.MSG_DONTWAIT)
_SPACE = socket.CMSG_SPACE(_MOST_DESCRIPTORS * 4)


def pair():
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(connection, message, descriptors=()):
    send_bytes(connection, encoded(message), descriptors)


def encoded(message):
    return json.dumps(message, separators=(",", ":")).encode()


def send_bytes(connection, data, descriptors=()):
    rights = []
    if descriptors:
        packed = array.array("i", descriptors)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, packed)]
    connection.sendmsg([data], rights)


def receive(connection):
    """(message, descriptors), or (None, []) when the other side is gone."""
    data, descriptors = receive_bytes(connection)
    return (json.loads(data) if data else None), descriptors


def receive_bytes(connection, flags=0):
    """(data, descriptors); no data when the other side is gone."""
    data, ancillary, _, _ = connection.recvmsg(_LARGEST, _SPACE, _CLOSED_ON_EXEC | flags)
    descriptors = array.array("i")
    for level, kind, packed in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(packed[: len(packed) - len(packed) % 4])
    return data, list(descriptors)


def receive_all(connection):
    """What is there now, message by message; the last one is (None, []) when the other side is gone."""
    for data, descriptors in receive_all_bytes(connection):
        yield (json.loads(data) if data else None), descriptors


def receive_all_bytes(connection):
    """What is there now; the last one has no data when the other side is gone."""
    data = True
    while data:
        try:
            data, descriptors = receive_bytes(connection, _AT_ONCE)
        except BlockingIOError:
            return
        yield data, descriptors


def receive_forged(connection):
    """What a snippet may have sent: an object, or None at the end. Descriptors are dropped.

    Raises ValueError for anything else.
    """
    try:
        data = connection.recv(_LARGEST)
    except ConnectionResetError:
        return None
    if not data:
        return None
    try:
        message = json.loads(data)
    except RecursionError:
        message = None
    if not isinstance(message, dict):
        raise ValueError("a message of the wrong shape")
    return message
