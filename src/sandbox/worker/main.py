"""Entry of a sandbox worker: `main.py serve SETTINGS` or `main.py probe`, settings being JSON.

`main.py zygote SETTINGS DESCRIPTOR...` is how a worker starts a part of itself (`fresh_start`).
"""

import json
import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main():
    role, *arguments = sys.argv[1:]
    if role == "probe":
        from worker import tiers

        print(json.dumps(tiers.probe()))
        return
    from worker import forks

    forks.watch_registrations()
    settings = json.loads(arguments[0])
    if role == "serve":
        from worker import supervisor

        del sys.path[0]
        supervisor.serve(settings)
    else:
        from worker import fresh_start, world

        del sys.path[0]
        world.run_zygote(settings, *fresh_start.taken_over(arguments[1:]))


main()
