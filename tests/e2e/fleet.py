"""A real fleet for a test: certificates, one coordinator, agents, all on loopback in a directory of its own.

    with Fleet(agents=["a", "b"]) as fleet:
        job = fleet.submit({...})
        fleet.benchctl("watch", job)

Every process that it starts is ended by its id. Logs are printed when the test fails.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(os.environ.get("BENCHFLEET_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
BIN = pathlib.Path(os.environ.get("BENCHFLEET_BIN_DIR", SOURCE / "build/release/bin"))
SKIPPED = 77  # ctest's code for a test that could not run here


def skip(reason):
    """Ends a test script as skipped, by name."""
    print(f"SKIPPED {pathlib.Path(sys.argv[0]).name}: {reason}")
    sys.exit(SKIPPED)


def free_port(above=None):
    """A port below the ephemeral range, so that no outgoing connection takes it meanwhile."""
    for candidate in range(above + 1 if above else 20000 + os.getpid() % 8000, 32767):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
                return candidate
            except OSError:
                continue
    raise RuntimeError("no free port on loopback")


def wait_until(what, condition, seconds=60):
    """Polls a condition, in a bounded loop; returns what it returned."""
    for _ in range(seconds * 10):
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise TimeoutError(f"{what}: not within {seconds} s")


class Fleet:
    def __init__(self, agents=("a", "b"), coordinator_flags=(), agent_flags=(), directory=None,
                 address="127.0.0.1", inside=None):
        """`inside`: for an agent the words of a command that runs it elsewhere, as in a network namespace."""
        self.names = list(agents)
        self.coordinator_flags = list(coordinator_flags)
        self.agent_flags = list(agent_flags)
        self.given_directory = directory
        self.address = address
        self.inside = inside or {}
        self.processes = {}

    def __enter__(self):
        try:
            return self.begin()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def begin(self):
        self.directory = pathlib.Path(self.given_directory or tempfile.mkdtemp(prefix="bf-e2e-"))
        self.certs = self.directory / "certs"
        self.data = self.directory / "data"
        self.port = free_port()
        self.http = 0
        self.environment = dict(os.environ, BENCHFLEET_CONFIG_DIR=str(self.certs), NO_COLOR="1",
                                BENCHFLEET_COORDINATOR=f"{self.address}:{self.port}")
        self.benchctl("ca", "init", "--dir", self.directory / "ca")
        self.issue("coordinator", "main", "--address", self.address)
        self.issue("client", "client")
        for name in self.names:
            self.issue("agent", name)
        self.start_coordinator()
        for name in self.names:
            self.start_agent(name)
        self.wait_for_agents()
        return self

    def __exit__(self, kind, value, trace):
        for name in list(self.processes):
            self.stop(name, signal.SIGTERM)
        if kind is not None:
            for log in sorted(self.directory.glob("*.log")):
                print(f"---- {log.name}\n{log.read_text(errors='replace')[-6000:]}")
        if self.given_directory is None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def issue(self, role, name, *more):
        self.benchctl("ca", "issue", "--dir", self.directory / "ca", "--role", role, "--name", name,
                      "--out", self.certs, *more)

    # ---- processes; in the fleet's directory, to which their own directories are relative
    def start(self, name, *command):
        log = open(self.directory / f"{name}.log", "ab")
        self.processes[name] = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                                stdout=log, stderr=log, env=self.environment,
                                                cwd=self.directory)
        log.close()

    def start_coordinator(self):
        self.http = self.http or free_port(above=self.port)
        self.start("coordinator", BIN / "bench-coordinator",
                   "--data-dir", os.path.relpath(self.data, self.directory),
                   "--listen", f"{self.address}:{self.port}", "--http", f"127.0.0.1:{self.http}",
                   *self.tls("main"), *self.coordinator_flags)

    def start_agent(self, name, *flags):
        self.start(name, *self.inside.get(name, ()), BIN / "bench-agent",
                   "--coordinator", f"{self.address}:{self.port}", "--name", name,
                   "--label", "kind=local", "--state-dir", f"state-{name}",
                   *self.tls(name), *self.agent_flags, *flags)

    def tls(self, name):
        return ["--ca", self.certs / "ca.pem", "--cert", self.certs / f"{name}.pem",
                "--key", self.certs / f"{name}.key"]

    def stop(self, name, signal_number):
        process = self.processes.pop(name)
        process.send_signal(signal_number)
        try:
            return process.wait(timeout=90)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def connected(self):
        answer = self.benchctl("hosts", "--format", "json", check=False)
        if answer.returncode != 0:
            return set()
        hosts = json.loads(answer.stdout)
        hosts = hosts["hosts"] if isinstance(hosts, dict) else hosts
        return {host["name"] for host in hosts if host["connected"]}

    def wait_for_agents(self):
        wait_until("agents connected", lambda: self.connected() >= set(self.names))

    # ---- people
    def benchctl(self, *arguments, check=True, stdin=None):
        answer = subprocess.run([str(BIN / "benchctl"), *map(str, arguments)], env=self.environment,
                                stdin=subprocess.DEVNULL if stdin is None else None, input=stdin,
                                capture_output=True, text=True, timeout=600, cwd=self.directory)
        if check and answer.returncode != 0:
            raise AssertionError(f"benchctl {' '.join(map(str, arguments))} ended with {answer.returncode}:\n"
                                 f"{answer.stdout}{answer.stderr}")
        return answer

    def submit(self, text):
        """Submits a job file given as text; returns the job's id."""
        path = self.directory / "job.yaml"
        path.write_text(text)
        return self.benchctl("submit", path).stdout.strip().split()[-1]

    def report(self, job):
        return json.loads(self.benchctl("report", job, "--format", "json", check=False).stdout)

    def database(self):
        """The store, opened for reading beside the coordinator, until the end of a `with`."""
        return contextlib.closing(sqlite3.connect(f"file:{self.data}/benchfleet.sqlite?mode=ro", uri=True))

