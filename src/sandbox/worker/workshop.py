"""What programs are run with: slots, boxes, zygotes, and the way back to the client."""

import os
import selectors
from contextlib import contextmanager

from . import orders
from .answers import Answers
from .box_stock import BoxStock
from .slots import Slots
from .worker_lost import WorkerLost
from .world import World


class Workshop:
    def __init__(self, settings, answers):
        self.slots = Slots(settings["tier"])
        grouped = self.slots.namespaced and self.slots.groups is not None
        self.settings = {**settings, "processes": settings["tier"] == "unsafe" or grouped}
        self.world = World(self.settings)
        self.selector = selectors.DefaultSelector()
        self.boxes = self._stock_of_boxes()
        self._answers = Answers(answers, self.selector)

    def _stock_of_boxes(self):
        """None in tiers without boxes."""
        maker, most = self.world.maker, self.settings["spareBoxes"]
        return BoxStock(maker, most, self.slots.give_back) if maker else None

    def watch(self, descriptor, action):
        self.selector.register(descriptor, selectors.EVENT_READ, action)

    def unwatch(self, descriptor):
        if descriptor in self.selector.get_map():
            self.selector.unregister(descriptor)

    def answer(self, header, body=b""):
        self._answers.send(header, body)

    def fail(self, run_id, kind, why):
        self.answer({"failed": run_id, "kind": kind, "message": why})

    def has_box(self):
        """Whether a program could be started now, as far as boxes are concerned."""
        return self.boxes is None or len(self.boxes) > 0

    @contextmanager
    def bounded_slot(self, limits, together=True):
        """A slot with its limits set, which is given back if what needs it fails."""
        slot = self.slots.take()
        try:
            slot.bound(limits, together)
            yield slot
        except OSError:
            self.slots.give_back(slot)
            raise

    def order_fork(self, zygote, message, holder, descriptors, controls=()):
        """Sends the order with its descriptors, as a fork takes them apart; `controls` are for itself.

        `holder` has the slot, and takes a box where there are any. The descriptors are closed here.
        """
        if self.boxes is not None:
            holder.box = self.boxes.take()
        box = [holder.box.descriptor()] if holder.box else []
        try:
            rights = [*descriptors, *box, *holder.slot.descriptors(), *controls]
            orders.send(zygote, message, holder.slot, rights, len(controls))
        except OSError as problem:
            raise WorkerLost(f"a zygote takes no orders: {problem}") from None
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def give_back(self, holder):
        """The slot is free when nothing in it is alive any more."""
        if self.boxes is not None:
            self.boxes.await_end(holder.box, holder.slot)
            return
        if holder.box is not None:
            holder.box.close()
        self.slots.give_back(holder.slot)

    def close(self):
        self.world.end()
        self.slots.remove_all()
