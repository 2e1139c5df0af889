"""One execution in flight, from the client's request to its answer."""

import os
import signal
import time

from .capture import Capture

_CHUNK = 1 << 16
_CHUNKS_AT_ONCE = 32
_LOOK_SECONDS, _CROWDED_LOOK_SECONDS = 0.005, 0.003
_CROWDED_PART, _LEAST_PART = 2 / 3, 1 / 8
_LEAST_LOOK_SECONDS = 0.001
_SHORT_SECONDS = 0.05
_MUCH_MEMORY = 8 << 20
_MUCH_OUTPUT = 1 << 18
_LESS_PATIENCE = 2
_LARGEST_PARKED = 128 << 20


class Run:
    def __init__(self, header, slot, usual_time):
        self.id = header["run"]
        self.usual_time = usual_time
        self.header = header
        self.limits = header["limits"]
        self.slot = slot
        self.box = None
        self.output = None
        self.stopped = None
        self.started = 0.0
        # Since when a process of ours has not answered: that it forked, or that it reaped.
        self.owed_since = None
        self.lingers = False
        # Turns that it has had, or counts as having had, among those that take long.
        self.turns = 0
        # What it held when it was frozen; None while it may run.
        self.held_bytes = None
        self._left = self._frozen_since = self._frozen = 0.0
        self.capture = Capture(self.limits["headBytes"], self.limits["tailBytes"])

    def begin(self, output):
        os.set_blocking(output, False)
        self.output = output
        self.started = self.owed_since = time.monotonic()
        self.deadline = self.started + self.limits["timeoutMs"] / 1000
        self.lingers_at = float("inf")

    def look_first(self, running, crowded):
        """When it can have had its time, which it shares with the others that run; in a crowd, were it alone."""
        usual = self.usual_time.usual()
        soonest = max(_CROWDED_LOOK_SECONDS, usual) if crowded else max(_LOOK_SECONDS, usual) * running
        self.lingers_at = self.started + min(soonest, _SHORT_SECONDS)

    def has_begun(self):
        if self.stopped is None:
            self.owed_since = None

    def read(self):
        """Takes what the pipe holds now, within reason. Returns how many bytes; None at its end."""
        before = self.capture.total
        for _ in range(_CHUNKS_AT_ONCE):
            try:
                chunk = os.read(self.output, _CHUNK)
            except BlockingIOError:
                break
            if not chunk:
                return None
            self.capture.add(chunk)
            if self.capture.total > self.limits["outputBytes"] and self.stopped is None:
                self.stop("output_limit")
            if len(chunk) < _CHUNK:  # that was all
                break
        return self.capture.total - before

    def is_short(self, now, crowded):
        """Whether it may go on as a short one: not when it has had its processor time, or is there for long.

        One that starts processes or prints much has no more than the usual time; the others have what
        hardly any program exceeds. The next look is when it will have had that at its pace so far; in a crowd
        sooner, since what one that takes long has meanwhile is multiplied by many.
        """
        group = self.slot.group
        most = self.usual_time.most()
        if now >= self.started + max(_SHORT_SECONDS, 4 * most):
            return False
        if group is None:
            self.lingers_at = now + _SHORT_SECONDS
            return True
        self.read()
        is_modest = group.processes() < 2 and self.capture.total < _MUCH_OUTPUT
        had = group.processor_seconds()
        left = (most if is_modest else self.usual_time.usual()) - had
        part = _CROWDED_PART if crowded else max(had / (now - self.started), _LEAST_PART)
        self.lingers_at = now + max(left / part, _LEAST_LOOK_SECONDS)
        return left > 0

    def _takes_much(self):
        group = self.slot.group
        held = group is not None and (group.processes() > 1 or group.used_bytes() > _MUCH_MEMORY)
        return held or self.capture.total > _MUCH_OUTPUT

    def wait_for_place(self, now):
        """It has had a short program's time, but there is no place for one that takes long."""
        self.lingers_at = now + _SHORT_SECONDS / 2

    def linger(self):
        """From now on it runs behind those that have not had a short program's time."""
        self.lingers, self.lingers_at = True, float("inf")
        self.turns = _LESS_PATIENCE if self._takes_much() else 0

    def park(self, now):
        """Freezes what runs; False where that is not possible, or it holds much memory."""
        if self.stopped is not None or not self.slot.freeze(_LARGEST_PARKED):
            return False
        self.held_bytes = self.slot.group.used_bytes()
        self._left, self.deadline = self.deadline - now, float("inf")
        self._frozen_since = now
        return True

    def go_on(self, now, lightly):
        """For a turn, after the freezer or for the first time."""
        self.turns += 1
        self._weigh(lightly)
        if self.held_bytes is not None:
            self.deadline = now + self._left
            self._thaw(now)

    def _thaw(self, now):
        self.held_bytes = None
        self._frozen += now - self._frozen_since
        self.slot.group.freeze(False)

    def _weigh(self, lightly):
        if self.slot.group:
            self.slot.group.weigh(lightly)

    def duration(self):
        """Seconds of the run so far, less those in the freezer."""
        until = time.monotonic() if self.held_bytes is None else self._frozen_since
        return until - self.started - self._frozen

    def stop(self, reason):
        """Ends everything that runs for this execution; the first reason counts."""
        self.stopped = self.stopped or reason
        self.owed_since = self.owed_since or time.monotonic()
        self.deadline = float("inf")
        self.kill()

    def kill(self):
        if self.held_bytes is not None:
            self._thaw(time.monotonic())  # a frozen process of the older groups does not even die
        if self.box is not None:
            self.box.kill()

    def was_ended_from_outside(self, message):
        """Somebody killed its box, or itself before its first line, which is no doing of the program."""
        if self.stopped is not None or message["code"] != -signal.SIGKILL:
            return False
        boxed = self.box is not None and self.box.pid is not None
        had_no_memory = self.slot.group is not None and self.slot.group.oom_kills() > 0
        return (boxed and self.box.is_ending()) or not (message["begun"] or had_no_memory)

    def close_output(self):
        """Takes what was written before the end; what a survivor still writes belongs to nobody."""
        if self.lingers:
            self._weigh(lightly=False)
        self.read()
        os.close(self.output)
        self.output = None

    def status(self, code, cpu_ms, exception):
        """How it ended, in the words of the client."""
        limits = self.limits
        just_in_time = self.stopped == "timeout" and code != -signal.SIGKILL
        if self.stopped is not None and not just_in_time:
            return self.stopped
        if code == 0:
            return "ok"
        if self.slot.group and self.slot.group.oom_kills() > 0:
            return "memory_limit"
        if code == -signal.SIGXCPU or (code == -signal.SIGKILL and cpu_ms >= limits["cpuMs"]):
            return "cpu_limit"
        if code < 0:
            return "signal"
        return "error" if exception is not None and code == 1 else "exit"

    def answer(self, message, report):
        """The header and body of the client's answer."""
        exception = report.get("exception")
        code, cpu = message["code"], message["cpuMs"]
        status = self.status(code, cpu, exception)
        head, tail = self.capture.parts()
        peak = self.slot.group.peak_bytes() if self.slot.group else None
        header = {
            "ended": self.id,
            "status": status,
            "code": code,
            "exception": exception if status == "error" else None,
            "durationMs": round(self.duration() * 1000, 3),
            "cpuMs": cpu,
            "peakBytes": message["peakBytes"] if peak is None else peak,
            "totalBytes": self.capture.total,
            "headBytes": len(head),
            "files": self._asked_for(report.get("files", {})),
        }
        return header, head + tail

    def _asked_for(self, files):
        asked = self.header.get("fetch")
        return {path: files[path] for path in asked if path in files} if asked else None
