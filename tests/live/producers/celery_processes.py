"""Real `celery` processes: started with their settings in the environment, always ended, by pid."""
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys

import celery_shop

HERE = pathlib.Path(__file__).parent
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Even a producer killed by SIGKILL leaves no worker behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class CeleryProcesses:
    """Needs: a folder for logs and beat's schedule. Leaving the `with` block ends every process that still runs."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.running = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in list(self.running):
            self.kill(name)

    def worker(self, name, settings, queues, concurrency):
        pool = ["-P", "solo"] if concurrency == 1 else ["-P", "prefork", "-c", str(concurrency)]
        self._start(name, settings, ["worker", "-n", f"{name}@shop", "-Q", ",".join(queues), "-l", "INFO", *pool])

    def beat(self, name, settings):
        files = ["-s", str(self.folder / f"{name}.schedule"), "--pidfile", str(self.folder / f"{name}.pid")]
        self._start(name, settings, ["beat", "-l", "INFO", *files])

    def python(self, name, settings, code):
        """Runs a few lines as a client of its own and waits for its end, whatever that is."""
        self._run(name, settings, [sys.executable, "-c", code])
        self.running.pop(name).wait(timeout=20)

    def kill(self, name):
        """As the kernel does when memory runs out: no clean-up. The pool's children are in the worker's process group."""
        process = self.running.pop(name)
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(timeout=20)

    def stop(self, name):
        """A clean stop: the worker takes its names out of Redis and puts back what it had only reserved."""
        process = self.running[name]
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        self.running.pop(name)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _start(self, name, settings, arguments):
        self._run(name, settings, [sys.executable, "-m", "celery", "-A", "celery_shop", *arguments])

    def _run(self, name, settings, command):
        environment = dict(os.environ, PYTHONPATH=str(HERE), PYTHONDONTWRITEBYTECODE="1", **{celery_shop.SETTINGS: json.dumps(settings)})
        with open(self.folder / f"{name}.log", "ab") as log:
            # A session of its own, so that one signal reaches the pool's children even when their parent is gone.
            self.running[name] = subprocess.Popen(command, cwd=HERE, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                                                  preexec_fn=die_with_parent)
