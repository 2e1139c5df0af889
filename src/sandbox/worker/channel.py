"""Messages with descriptors between our own processes: JSON over a packet socket."""

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
    rights = []
    if descriptors:
        packed = array.array("i", descriptors)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, packed)]
    connection.sendmsg([json.dumps(message, separators=(",", ":")).encode()], rights)


def receive(connection, flags=0):
    """(message, descriptors), or (None, []) when the other side is gone."""
    data, ancillary, _, _ = connection.recvmsg(_LARGEST, _SPACE, _CLOSED_ON_EXEC | flags)
    descriptors = array.array("i")
    for level, kind, packed in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(packed[: len(packed) - len(packed) % 4])
    return (json.loads(data), list(descriptors)) if data else (None, list(descriptors))


def receive_all(connection):
    """What is there now, message by message; the last one is (None, []) when the other side is gone."""
    while True:
        try:
            message, descriptors = receive(connection, _AT_ONCE)
        except BlockingIOError:
            return
        yield message, descriptors
        if message is None:
            return


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
