"""What passes between the supervisor and a zygote: orders of forks, and what is told of those forks.

An order is a record of numbers (`struct order` of orders.h), an id as JSON, and a message for the fork,
marshalled: both sides are one interpreter, and that reads it in a single call.
What is told is JSON; behind a line end, of a fork that has ended, what it reported.
"""

import json
import marshal
import os
import struct

from . import channel, report

_MEBIBYTE = 1 << 20
_NO_USER = -1
_RECORD = struct.Struct("=IIiIQQQQQ")


class Order:
    """How a fork is made and confined; `message` is for the fork itself."""

    def __init__(self, record, run, message):
        (
            self.report_bytes, _, user, self.controls,
            self.address_bytes, self.cpu_seconds, self.open_files, self.file_bytes, self.processes,
        ) = record  # fmt: skip
        self.user = None if user == _NO_USER else user
        self.run = run
        self.message = message


def send(zygote, message, slot, descriptors, controls):
    """Orders a fork in the slot; the last `controls` of the descriptors are for the fork itself."""
    fork_message = {**message, "scratch": slot.scratch}
    run, limits = fork_message.pop("run"), fork_message.pop("limits")
    run_id = json.dumps(run).encode()
    record = _RECORD.pack(
        report.size(with_files=bool(message.get("fetch"))),
        len(run_id),
        _NO_USER if slot.user is None else slot.user,
        controls,
        _address_bytes(limits, slot.group is not None),
        max(1, -(-limits["cpuMs"] // 1000)),
        limits["files"],
        limits["fileMb"] * _MEBIBYTE,
        limits["processes"],
    )
    channel.send_bytes(zygote, record + run_id + marshal.dumps(fork_message), descriptors)


def _address_bytes(limits, grouped):
    """A group bounds what is used; addresses may be reserved more generously beside it."""
    memory = limits["memoryMb"] * _MEBIBYTE
    return memory * 2 + 1024 * _MEBIBYTE if grouped else memory


def unpacked(data):
    """The `Order` that was sent."""
    record = _RECORD.unpack_from(data)
    at = _RECORD.size + record[1]
    return Order(record, json.loads(data[_RECORD.size : at]), marshal.loads(data[at:]))


def told(zygote):
    """What a zygote has told by now: (message, descriptors), the last one (None, []) when it is gone."""
    for data, descriptors in channel.receive_all_bytes(zygote):
        head, _, reported = data.partition(b"\n")
        message = json.loads(head) if head else None
        if message is not None and "exited" in message:
            message = _ended(message, reported, descriptors)
            descriptors = []
        yield message, descriptors


def _ended(message, reported, descriptors):
    """A report of files comes as a file, which is closed."""
    if descriptors:
        reported = report.read(descriptors[0])
        os.close(descriptors[0])
    content = report.parsed(reported)
    code = os.waitstatus_to_exitcode(message["status"])
    return {
        "exited": message["exited"],
        "code": code,
        "cpuMs": message["cpuUs"] / 1000,
        "peakBytes": message["peakBytes"],
        "begun": message["begun"],
        "setUp": None if message["begun"] else report.set_up_failure(content, code),
        "report": report.checked(content),
    }
