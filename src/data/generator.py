"""Draws problems from reasoning-gym: one JSON request a line in, one JSON reply a line out.

Requests: {"op": "families"} and
{"op": "generate", "family", "seed", "start", "count", "settings", "difficulty"}.
A problem is its family, seed, index and settings, so the same request always gives the same reply.
"""

import dataclasses
import datetime
import json
import math
import sys

import dateutil.parser
import reasoning_gym
from reasoning_gym.arithmetic import time_intervals
from reasoning_gym.factory import CURRICULA, DATASETS, create_curriculum


SOME_DAY = datetime.datetime(2000, 1, 1)


class FixedDay:
    """Stands in for today in a family that reads times of day: a problem must not depend on when
    it is drawn. It is both the `date` and the date `parser` of that family."""

    def __call__(self, *arguments):
        return datetime.date(*arguments)

    @staticmethod
    def today():
        return SOME_DAY.date()

    @staticmethod
    def parse(text):
        return dateutil.parser.parse(text, default=SOME_DAY)


time_intervals.date = FixedDay()
time_intervals.parser = FixedDay()


class RequestError(Exception):
    """A mistake in the request; `known` lists what would have been right."""

    def __init__(self, kind, message, known=()):
        super().__init__(message)
        self.kind = kind
        self.known = sorted(known)


def plain(value):
    """The value as plain JSON: what JSON cannot say becomes its text."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return str(value)


def settings_of(family, difficulty, settings):
    """Keyword arguments of the family: the curriculum's level first, then the given settings."""
    fields = {field.name for field in dataclasses.fields(DATASETS[family][1])} - {"seed", "size"}
    unknown = [name for name in settings if name not in fields]
    if unknown:
        raise RequestError("setting", f"{family} has no setting {unknown[0]}", fields)
    chosen = {}
    if difficulty is not None:
        if family not in CURRICULA:
            raise RequestError("difficulty", f"{family} has no levels of difficulty")
        curriculum = create_curriculum(family)
        curriculum.set_global_level(difficulty)
        config = curriculum.generate_configuration()
        chosen = {name: getattr(config, name) for name in sorted(fields)}
    chosen.update(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in settings.items()
    )
    return chosen


def generate(request):
    family = request["family"]
    if family not in DATASETS:
        raise RequestError("family", f"reasoning-gym has no family {family}", DATASETS)
    start, count = request["start"], request["count"]
    chosen = settings_of(family, request.get("difficulty"), request.get("settings") or {})
    try:
        dataset = reasoning_gym.create_dataset(
            family, seed=request["seed"], size=start + count, **chosen
        )
        items = [dataset[index] for index in range(start, start + count)]
    except (AssertionError, ValueError, TypeError) as error:
        raise RequestError("setting", f"{family} refuses its settings: {error}") from error
    return {
        "settings": plain(chosen),
        "items": [
            {
                "index": start + offset,
                "question": item["question"],
                "answer": None if item["answer"] is None else str(item["answer"]),
                "metadata": plain(item["metadata"]),
            }
            for offset, item in enumerate(items)
        ],
    }


def reply(request):
    try:
        if request["op"] == "families":
            return {"families": sorted(DATASETS), "levels": sorted(CURRICULA)}
        return generate(request)
    except RequestError as error:
        return {"refused": {"kind": error.kind, "message": str(error), "known": error.known}}


def main():
    # Generators may print; the channel must stay ours.
    channel = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": reply(request["payload"])}
        except Exception as error:  # the border: whatever a family throws is told, not died of
            answer = {"error": f"{type(error).__name__}: {error}"}
        channel.write(json.dumps({"id": request["id"], **answer}) + "\n")
        channel.flush()


if __name__ == "__main__":
    main()
