"""Runs one entry point and ends with its parent: the parent holds this process's stdin, and its end is ours.

python -m virtual_patient.worker.child <train|evaluate|simulate|relay> <the entry point's arguments>
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_parent() -> None:
    while os.read(0, 4096):  # unbuffered: a buffered reader's lock aborts the interpreter's end
        pass
    os.killpg(0, signal.SIGKILL)  # the parent made this process the leader of its own group


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    kind = sys.argv[1]
    sys.argv = [kind, *sys.argv[2:]]
    runpy.run_module(f"virtual_patient.{kind}", run_name="__main__", alter_sys=True)
