#!/usr/bin/env python3
"""What the coordinator says when it cannot start as it was told, and when it is not well."""
import ctypes
import os
import pathlib
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

from fleet import BIN, Fleet, wait_until

PTRACE_ATTACH, PTRACE_DETACH, WALL = 16, 17, 0x40000000


def healthz(fleet):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{fleet.http}/healthz", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def is_ill(fleet):
    answer = healthz(fleet)
    return answer if answer[0] != 200 else None


def halt_thread(pid, name):
    """Stops one thread of a process as a debugger does; returns how to let it go on, or None where that is refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long
    for task in (pathlib.Path("/proc") / str(pid) / "task").iterdir():
        if (task / "comm").read_text().strip() == name:
            thread = int(task.name)
            if libc.ptrace(PTRACE_ATTACH, thread, None, None) != 0:
                return None
            os.waitpid(thread, WALL)
            return lambda: libc.ptrace(PTRACE_DETACH, thread, None, None)
    raise AssertionError(f"no thread is called {name}")


class DaemonsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(agents=[])
        cls.fleet.__enter__()
        wait_until("the coordinator", lambda: cls.fleet.benchctl("jobs", check=False).returncode == 0)

    @classmethod
    def tearDownClass(cls):
        cls.fleet.__exit__(None, None, None)

    def start_in_vain(self, *flags, **environment):
        fleet = self.fleet
        answer = subprocess.run([str(word) for word in (BIN / "bench-coordinator", "--data-dir",
                                                        fleet.directory / "other", "--http", "", *flags)],
                                capture_output=True, text=True, timeout=60,
                                env=dict(fleet.environment, **environment))
        self.assertEqual(answer.returncode, 1, answer.stderr)
        return answer.stderr.strip().splitlines()[-1]

    def test_a_port_has_one_coordinator(self):
        taken = f"127.0.0.1:{self.fleet.port}"
        self.assertEqual(self.start_in_vain("--listen", taken, *self.fleet.tls("main")),
                         f"bench-coordinator: cannot listen on {taken} (is the port taken? choose another with "
                         "--listen)")
        self.assertEqual(self.fleet.connected(), set())  # the first one serves as before

    def test_a_key_of_another_certificate_is_named(self):
        flags = ["--listen", "127.0.0.1:0", *self.fleet.tls("main")]
        flags[-1] = self.fleet.certs / "client.key"
        self.assertEqual(self.start_in_vain(*flags),
                         f"bench-coordinator: '{self.fleet.certs}/main.pem' and '{self.fleet.certs}/client.key': "
                         "the key does not belong to the certificate")

    def test_a_key_that_is_not_there_is_to_be_made_and_one_that_is_no_file_is_not(self):
        flags = ["--listen", "127.0.0.1:0", *self.fleet.tls("main")]
        flags[-1] = "/nonexistent.key"
        self.assertEqual(self.start_in_vain(*flags),
                         "bench-coordinator: cannot read the private key '/nonexistent.key': No such file or "
                         "directory (make one with: benchctl ca init, benchctl ca issue)")
        flags[-1] = self.fleet.certs
        self.assertEqual(self.start_in_vain(*flags),
                         f"bench-coordinator: cannot read the private key '{self.fleet.certs}': Is a directory")

    def test_flags_and_their_twins(self):
        self.assertEqual(self.start_in_vain("--heartbeat", "0s"),
                         "bench-coordinator: --heartbeat: '0s' is zero, expected a time above it")
        self.assertIn("--heartbeat: '5' is not a duration", self.start_in_vain("--heartbeat", "5"))
        self.assertIn("plaintext is for loopback only",
                      self.start_in_vain("--listen", "0.0.0.0:0", BENCHFLEET_COORDINATOR_INSECURE_PLAINTEXT="true"))

    def test_a_coordinator_that_is_stuck_is_not_healthy(self):
        for thread in ("bf-core", "storage"):
            with self.subTest(thread):
                self.assertEqual(healthz(self.fleet), (200, "ok\n"))
                go_on = halt_thread(self.fleet.processes["coordinator"].pid, thread)
                if go_on is None:
                    self.skipTest("no thread can be stopped here (ptrace is refused)")
                try:
                    stuck = wait_until("healthz to say so", lambda: is_ill(self.fleet))
                finally:
                    go_on()
                self.assertEqual(stuck, (503, "the core or the store is stuck\n"))
                wait_until("it to be well again", lambda: healthz(self.fleet) == (200, "ok\n"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
