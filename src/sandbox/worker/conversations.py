"""Opens and closes sessions, passes cells to their keepers and tells how they ended."""

import os

from . import channel
from .box import Box
from .memory_files import opened
from .sessions import Cell, Session, empty_descriptors


class Conversations:
    def __init__(self, workshop, executions):
        self._workshop = workshop
        self._executions = executions
        self._sessions = {}

    def handle(self, header, body):
        if "cell" in header:
            self._run_cell(header, body)
        elif "close" in header:
            self._close(header["close"])

    def concerns(self, message):
        run = message.get("forked", message.get("exited", message.get("failed")))
        return run in self._sessions

    def hear_zygote(self, message, descriptors):
        if "forked" in message:
            session = self._sessions[message["forked"]]
            session.opening_since = None
            if descriptors:
                session.box = Box(descriptors[0])
            self._workshop.answer({"opened": session.id})
        elif "failed" in message:
            self._end(self._sessions[message["failed"]])
            self._workshop.fail(message["failed"], "not_started", message["why"])
        else:
            self._first_keeper_ended(self._sessions[message["exited"]], message)

    def openings(self):
        """Since when keepers that were ordered have not begun."""
        return [session.opening_since for session in self._sessions.values()]

    def open(self, header):
        """Raises OSError where there is no room for it."""
        workshop = self._workshop
        with workshop.bounded_slot(header["limits"], together=False) as slot:
            descriptors = empty_descriptors()
            session = Session(header, slot, workshop.settings["processes"])
        self._sessions[session.id] = session
        message = session.message(header)
        workshop.order_fork(workshop.world.heavy, message, session, descriptors, [session.inner.fileno()])
        session.inner.close()
        workshop.watch(session.control, lambda: self._hear_keeper(session))

    def _run_cell(self, header, body):
        session = self._sessions.get(header["session"])
        if session is None or session.cell is not None:
            why = "the session has ended" if session is None else "a cell of the session still runs"
            self._workshop.fail(header["cell"], "session_lost", why)
            return
        cell = Cell(header, session, self._executions.usual_times[self._workshop.world.heavy])
        try:
            session.slot.bound(cell.limits, together=False)
            descriptors = opened(header, body)
        except OSError as problem:
            self._workshop.fail(cell.id, "not_started", f"{problem}")
            return
        cell.begin(descriptors.pop())
        session.cell = cell
        order = {"cell": cell.id, "file": header["file"], "timeoutMs": cell.limits["timeoutMs"]}
        try:
            channel.send(session.control, order, descriptors)
        except OSError:
            session.kill()
        for descriptor in descriptors:
            os.close(descriptor)
        self._executions.follow(cell)

    def _hear_keeper(self, session):
        try:
            message = channel.receive_forged(session.control)
            if message is None:
                self._lose(session)
            elif session.cell is not None and message["cell"] == session.cell.id:
                self._tell(session, *session.cell.take(message))
            else:
                session.kill()  # nothing was asked
        except (ValueError, KeyError):
            session.kill()  # a cell wrote to the keeper's channel

    def _tell(self, session, message, report):
        cell = session.cell
        session.cell = None
        self._executions.detach(cell)
        if cell.stopped == "cancelled" or session.closing:
            self._workshop.fail(cell.id, "cancelled", "cancelled")
        elif session.was_ended_from_outside(cell):
            self._workshop.fail(cell.id, "worker_lost", "the session's box was ended from outside")
        else:
            self._workshop.answer(*cell.answer(message, report))

    def _first_keeper_ended(self, session, message):
        """With transactions that is how a first cell succeeds; without them it ends the session."""
        if session.transactional:
            return
        if session.cell is not None:
            self._tell(session, message, message["report"])
        self._end(session)

    def _lose(self, session):
        """The channel's other end is closed: nothing of the session is alive, or will be."""
        if not session.transactional:
            self._workshop.unwatch(session.control)
            return  # the zygote tells how it ended
        if session.cell is not None:
            killed = {"code": -9, "cpuMs": 0, "peakBytes": 0}
            self._tell(session, killed, {})
        self._end(session)

    def _close(self, session_id):
        session = self._sessions.get(session_id)
        if session is not None:
            session.closing = True
            self._end(session)
        self._workshop.answer({"closed": session_id})

    def _end(self, session):
        if session.cell is not None:
            self._tell(session, {"code": -9, "cpuMs": 0, "peakBytes": 0}, {})
        del self._sessions[session.id]
        self._workshop.unwatch(session.control)
        session.control.close()
        session.kill()
        self._workshop.give_back(session)
