# The Python half of PythonProcess: answers one JSON line with one JSON line.
#
#     from json_lines import serve
#     serve(lambda payload: {"sum": payload["a"] + payload["b"]})
#
# The folder of this file is on the path of every program that PythonProcess starts.

import json
import os
import sys


def serve(handle):
    """Answers requests until standard input ends.

    `handle` takes the payload and returns what JSON can say. An exception becomes the answer's
    error text. Whatever is printed goes to standard error, so that nothing breaks the protocol,
    not even a library written in C.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            answer = json.dumps({"id": request["id"], "result": handle(request["payload"])})
        except Exception as error:
            told = f"{type(error).__name__}: {error}"
            answer = json.dumps({"id": request["id"], "error": told})
        answers.write(answer + "\n")
        answers.flush()
