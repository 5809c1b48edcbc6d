"""Processes that end with the bench, and how it learns what they do."""
import contextlib
import datetime
import os
import re
import signal
import socket
import subprocess
import sys
import time


class Failure(Exception):
    """Ends the bench with exit code 1 and this text."""


class Processes:
    """The processes of the bench. Each leads a session of its own, so its id ends it with all its children."""

    def __init__(self):
        self._running = []
        self._starting = False
        self._signal = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number, _frame):
        # Not while a process starts: nobody would know its id.
        if self._starting:
            self._signal = number
        else:
            raise SystemExit(128 + number)

    def start(self, command, log, *, path=None, stdin=subprocess.DEVNULL, stdout=None):
        """Starts a command that appends its output to the file `log`, or its errors alone where `stdout` is given.

        None is the bench's own output.
        """
        environment = os.environ if path is None else os.environ | {"PATH": path}
        with open(log, "ab") if log else contextlib.nullcontext() as file:
            self._starting = True
            try:
                process = subprocess.Popen([str(word) for word in command], stdin=stdin, stdout=stdout or file,
                                           stderr=file, env=environment, start_new_session=True)
                process.log = log
                self._running.append(process)
            finally:
                self._starting = False
        if self._signal:
            raise SystemExit(128 + self._signal)
        return process

    def wait(self, process):
        """Waits for its end, and returns its exit code."""
        code = process.wait()
        self._running.remove(process)
        return code

    def finish(self, *processes):
        """Waits for the end of all, and fails with the log of the first that failed."""
        for process in processes:
            code = self.wait(process)
            if code:
                if process.log:
                    show_log(process.log)
                raise Failure(f"{process.args[0]} failed with exit code {code}; its last lines are above")

    def run(self, command, log, **options):
        self.finish(self.start(command, log, **options))

    def output(self, command, log=None):
        """What a command says, without the white space around it."""
        process = self.start(command, log, stdout=subprocess.PIPE)
        with process.stdout:
            said = process.stdout.read().decode()
        self.finish(process)
        return said.strip()

    def stop(self, process):
        process.terminate()
        self.wait(process)

    def stop_all(self):
        """Ends all that still run: asks first, and kills what is there after five seconds."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        self._signal_groups(signal.SIGTERM)
        deadline = time.monotonic() + 5
        while self._signal_groups(0) and time.monotonic() < deadline:
            time.sleep(0.1)
        self._signal_groups(signal.SIGKILL)

    def _signal_groups(self, number):
        """Says whether any of the groups had a process."""
        alive = False
        for process in self._running:
            process.poll()  # reaped, else its group would seem to live
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
                alive = True
        return alive


def show_log(log):
    """The last lines of a log, for a person who is to learn what failed."""
    with open(log, encoding="utf-8", errors="replace") as file:
        sys.stderr.write("".join(file.readlines()[-20:]))


def wait_for(what, seconds, condition):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            raise Failure(f"{what} did not come up in time")
        time.sleep(0.01)


def free_ports(host, count):
    """TCP ports that the kernel chooses: nobody had them a moment ago."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((host, 0))
        return [probe.getsockname()[1] for probe in probes]


def listens(host, port):
    """Without a connection, which might be the only one that the listener takes."""
    return bool(subprocess.check_output(["ss", "-Hltn", f"src {host}:{port}"]))


def http_get(host, port, path):
    """The answer to a GET, with its head; empty if there is none."""
    request = f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(request.encode())
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    except OSError:
        return ""


def http_answers(host, port, path, code):
    return f" {code} " in http_get(host, port, path).partition("\r\n")[0]


class AgentLog:
    """What a run of the agent logged: `time level component: event key=value...`."""

    def __init__(self, file):
        self._lines = file.read_text().splitlines()

    def _line(self, event):
        return next((line for line in reversed(self._lines) if event in line), None) or self._lacks(event)

    def _lacks(self, what):
        sys.stderr.write("\n".join(self._lines) + "\n")
        raise Failure(f"the log above lacks '{what}'")

    def time(self, event):
        """When it was logged, in seconds of time.time()."""
        return datetime.datetime.fromisoformat(self._line(event).split(maxsplit=1)[0]).timestamp()

    def field(self, event, key):
        found = re.search(rf" {key}=(\S+)", self._line(event))
        return found.group(1) if found else self._lacks(f"{key}=")
