#!/usr/bin/env python3
"""Tasks on two hosts: on loopback, through a server that is killed, and between network namespaces."""
import json
import os
import signal
import sys
import time
import unittest

from fleet import Fleet, wait_until
from namespaces import Namespaces
from processes import below, name_of

# The same file, wherever the hosts are.
SWEEP = """
name: two-hosts
workloads:
  - name: net.rtt
    parameters: {size: [64, 4KiB]}
  - name: net.throughput
    parameters: {block: 1MiB, streams: 2}
  - name: grpc.echo
    parameters: {concurrency: 2}
  - name: grpc.echo
    parameters: {rate: 200}
  - name: tls.handshake
    parameters: {over: [memory, network]}
hosts:
  - {match: name=a, role: client}
  - {match: name=b, role: server}
repetitions: {runs: 2, min_samples: 5, max_time: 200ms}
"""
LONG = """
name: long
workloads: [{name: net.rtt}]
hosts: [{match: name=a, role: client}, {match: name=b, role: server}]
repetitions: {runs: 1, min_samples: 1000, max_time: 6s}
retries: RETRIES
"""


def runners_of(fleet, agent):
    return [pid for pid in below(fleet.processes[agent].pid)
            if name_of(pid, whole=True).split(" ")[0].endswith(("bench-runner", "bench-net-runner"))]


def runs_of(fleet, job):
    document = json.loads(fleet.benchctl("export", job).stdout)
    return document["runs"]


class RolesTest(unittest.TestCase):
    def check_sweep(self, fleet, server_address):
        job = fleet.submit(SWEEP)
        watched = fleet.benchctl("watch", job, check=False)
        runs = runs_of(fleet, job)
        bad = [(r["workload"], r["host"], r["outcome"], r["message"]) for r in runs if r["outcome"] != "ok"]
        self.assertEqual(bad, [], watched.stdout + watched.stderr)
        # tls.handshake through memory is for the client alone; the others have a run on each host.
        alone = [r for r in runs if not r.get("role")]
        self.assertEqual({(r["workload"], r["host"]) for r in alone}, {("tls.handshake", "a")})
        self.assertEqual(len(alone), 2)
        together = [r for r in runs if r.get("role")]
        self.assertEqual(len(together), 2 * 2 * 6)
        for run in together:
            self.assertEqual(run["host"], {"client": "a", "server": "b"}[run["role"]])
            self.assertEqual(run["members"], [{"role": "client", "host": "a"}, {"role": "server", "host": "b"}])
        rows = {(row["workload"], row["host"]) for row in fleet.report(job)["rows"]}
        for workload in ("net.rtt", "net.throughput", "grpc.echo", "tls.handshake"):
            self.assertIn((workload, "a -> b"), rows)
        with fleet.database() as database:
            series = {row[0] for row in database.execute(
                "SELECT identity FROM series JOIN cell ON cell.id = series.cell "
                "WHERE workload = 'net.rtt' AND metric = 'latency'")}
        self.assertEqual(len(series), 1)
        self.assertIn(":client,server=", series.pop())
        log = (fleet.directory / "b.log").read_text()
        self.assertIn(f" at {server_address}:", log)
        self.assert_nothing_left(fleet)

    def assert_nothing_left(self, fleet):
        for agent in fleet.names:
            wait_until(f"no runner is left of agent {agent}", lambda a=agent: not runners_of(fleet, a), seconds=20)

    def test_on_loopback(self):
        with Fleet(agents=["a", "b"], agent_flags=["--log-level", "debug"]) as fleet:
            self.check_sweep(fleet, "127.0.0.1")
            plan = fleet.benchctl("submit", "--dry-run", fleet.directory / "job.yaml").stdout
            self.assertIn("a -> b", plan)
            faulty = fleet.directory / "faulty.yaml"
            faulty.write_text(SWEEP.replace("role: server", "role: sever"))
            answer = fleet.benchctl("submit", faulty, check=False)
            self.assertNotEqual(answer.returncode, 0)
            self.assertIn("faulty.yaml:16:27:", answer.stderr)
            self.assertIn("did you mean 'server'?", answer.stderr)

    def kill_the_server(self, fleet):
        """SIGKILL for the runner that serves, as soon as the client measures."""
        pid = wait_until("the server's runner", lambda: runners_of(fleet, "b"))[0]
        wait_until("the client's runner", lambda: runners_of(fleet, "a"))
        time.sleep(0.5)
        os.kill(pid, signal.SIGKILL)
        return pid

    def test_a_server_that_is_killed(self):
        with Fleet(agents=["a", "b"]) as fleet:
            job = fleet.submit(LONG.replace("RETRIES", "1"))
            self.kill_the_server(fleet)
            fleet.benchctl("watch", job)  # ends well: the slot is tried again
            runs = runs_of(fleet, job)
            self.assertEqual([r["outcome"] for r in runs if r["role"] == "server"], ["crashed", "ok"])
            clients = [r["outcome"] for r in runs if r["role"] == "client"]
            self.assertEqual(clients[-1], "ok")
            self.assertIn(clients[0], ("cancelled", "failed"))
            self.assert_nothing_left(fleet)
            # A workload that is broken is not tried for ever.
            job = fleet.submit(LONG.replace("RETRIES", "0"))
            self.kill_the_server(fleet)
            self.assertEqual(fleet.benchctl("watch", job, check=False).returncode, 5)
            self.assertIn("server on b", fleet.benchctl("jobs", "--format", "json").stdout)
            self.assert_nothing_left(fleet)

    def test_a_server_that_stays_away_is_replaced(self):
        with Fleet(agents=["a", "s1", "s2"], coordinator_flags=["--lease", "3s"]) as fleet:
            job = fleet.submit(LONG.replace("RETRIES", "0").replace("name=b,", "name=s*, count: 1,"))
            wait_until("the client's runner", lambda: runners_of(fleet, "a"))
            self.assertTrue(runners_of(fleet, "s1"))
            fleet.stop("s1", signal.SIGKILL)
            watched = fleet.benchctl("watch", job)
            told = "host s1 was away for longer than 3s: s2 took over its 1 waiting task"
            self.assertIn(told, watched.stderr)
            self.assertIn(told, fleet.benchctl("jobs", "--format", "json").stdout)
            runs = runs_of(fleet, job)
            servers = [(r["host"], r["outcome"]) for r in runs if r["role"] == "server"]
            self.assertEqual(servers, [("s1", "lost"), ("s2", "ok")])
            clients = [(r["members"][1]["host"], r["outcome"]) for r in runs if r["role"] == "client"]
            self.assertEqual(clients[0][0], "s1")
            self.assertEqual(clients[1], ("s2", "ok"))
            self.assertIn("a -> s2", {row["host"] for row in fleet.report(job)["rows"]})

    def test_cancel_ends_both(self):
        with Fleet(agents=["a", "b"]) as fleet:
            job = fleet.submit(LONG.replace("RETRIES", "1"))
            wait_until("the client's runner", lambda: runners_of(fleet, "a"))
            fleet.benchctl("cancel", job)
            self.assert_nothing_left(fleet)

    def test_between_network_namespaces(self):
        with Namespaces(["a", "b"]) as net:
            with Fleet(agents=["a", "b"], address=net.address, inside=net.inside,
                       agent_flags=["--log-level", "debug"]) as fleet:
                self.check_sweep(fleet, net.addresses["b"])


if __name__ == "__main__":
    # Without them there is nothing to see of this test's last part; the others run anyway.
    unittest.main(argv=sys.argv[:1] + ["--verbose"] + sys.argv[1:])
