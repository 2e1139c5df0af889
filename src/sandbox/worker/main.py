"""Entry of a sandbox worker: `main.py serve SETTINGS` or `main.py probe`, settings being JSON."""

import json
import os
import sys

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def main():
    if sys.argv[1] == "probe":
        from worker import tiers

        print(json.dumps(tiers.probe()))
    else:
        from worker import forks

        forks.watch_registrations()
        from worker import supervisor

        del sys.path[0]
        supervisor.serve(json.loads(sys.argv[2]))


main()
