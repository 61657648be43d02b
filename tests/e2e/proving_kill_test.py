#!/usr/bin/env python3
"""Who dies in the middle of a proof, on either host of a real fleet, leaves nothing behind.

Each test waits for the event, a prover that is at its proof, and then kills. With the fake prover of
workloads/proving/fake, whose process is called `fake-proving` for as long as it proves.
"""
import os
import pathlib
import signal
import unittest

from fleet import SOURCE, Fleet, wait_until
from processes import below, name_of, parents

JOB = """
name: proving
workloads:
  - name: proving.prove
    parameters: {{mode: {mode}, prover: fake, circuit: age, start: {start}, options: '{{"prove_ms": "1500"}}'}}
hosts:
  - {{match: name=here, role: client}}
  - {{match: name=there, role: server}}
repetitions: {{runs: 1, warmup: 0, min_samples: 2, max_samples: 2}}
retries: {retries}
timeout: 120s
"""
OK, FAILED, CRASHED, CANCELLED = 1, 2, 5, 7


class ProvingKillTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["BENCHFLEET_PROVER_PATH"] = str(SOURCE / "workloads/proving/fake")

    def runner(self, fleet, agent):
        """The runner's process of an agent; it is the prover's parent."""
        return [pid for pid in below(fleet.processes[agent].pid) if "bench-net-runner" in name_of(pid, whole=True)]

    def provers_at_work(self, fleet):
        return [pid for pid in below(fleet.processes["there"].pid) if name_of(pid) == "fake-proving"]

    def submit(self, fleet, retries, start="warm", mode="remote"):
        return fleet.submit(JOB.format(retries=retries, start=start, mode=mode))

    def kill_in_the_middle(self, fleet, victim):
        """SIGKILL for `victim` ("server", "client" or "prover") once a proof is being made."""
        # A server that stays makes a proof of its own before it is ready and there is a client.
        prover = wait_until("a proof for the client",
                            lambda: self.runner(fleet, "here") and self.provers_at_work(fleet))[0]
        server, client = self.runner(fleet, "there"), self.runner(fleet, "here")
        self.assertEqual(len(server), 1)
        self.assertEqual(len(client), 1)
        self.assertIn(server[0], parents(prover), "it proves for the server's runner")
        os.kill({"server": server[0], "client": client[0], "prover": prover}[victim], signal.SIGKILL)

    def expect_nothing_left(self, fleet):
        for agent in ["here", "there"]:
            for word in ["runner", "fake_prover"]:
                wait_until(f"no {word} left on {agent}",
                           lambda a=agent, w=word: not [pid for pid in below(fleet.processes[a].pid)
                                                        if w in name_of(pid, whole=True)])
            scratch = list((fleet.directory / f"state-{agent}").glob("**/run-*"))
            self.assertEqual(scratch, [], "a run's folder is left")

    def expect_no_partial_result(self, fleet):
        """Every point of every series is of an attempt in which the client was ok, with all its samples."""
        with fleet.database() as db:
            points = db.execute("SELECT history.run, run.outcome, run.role, history.count, job.state FROM history "
                                "JOIN run ON run.id = history.run JOIN job ON job.id = run.job").fetchall()
            clients = {row[0] for row in db.execute(
                "SELECT c.id FROM run AS c WHERE c.role = 'client' AND c.outcome = 1")}
        for run, outcome, role, _, _ in points:
            self.assertEqual(outcome, OK, f"run {run}")
            if role == "client":
                self.assertIn(run, clients)
        return [point for point in points if point[2] == "client"]

    def outcomes(self, fleet):
        """[(role, outcome)] in order of run."""
        with fleet.database() as db:
            return db.execute("SELECT role, outcome FROM run ORDER BY id").fetchall()

    def expect_retried(self, fleet, job, broken):
        """The job ends well: after `broken`, what may have become of (client, server), one good attempt."""
        fleet.benchctl("watch", job)
        runs = self.outcomes(fleet)
        self.assertEqual(len(runs), 4, runs)
        self.assertIn(runs[0][1], broken[0], runs)
        self.assertIn(runs[1][1], broken[1], runs)
        self.assertEqual(runs[2:], [("client", OK), ("server", OK)])
        points = self.expect_no_partial_result(fleet)
        self.assertTrue(points)
        with fleet.database() as db:
            good = db.execute("SELECT max(id) FROM run WHERE role = 'client'").fetchone()[0]
        self.assertEqual({point[0] for point in points}, {good})
        self.expect_nothing_left(fleet)

    def expect_failed(self, fleet, job, *words):
        """The job fails by policy, says why, and has no result."""
        watched = fleet.benchctl("watch", job, check=False)
        self.assertEqual(watched.returncode, 5, watched.stderr)
        for word in words:
            self.assertIn(word, watched.stderr)
        self.assertNotIn(("client", OK), self.outcomes(fleet))
        self.assertEqual(self.expect_no_partial_result(fleet), [])
        self.expect_nothing_left(fleet)

    def test_a_server_that_is_killed_is_tried_again(self):
        with Fleet(agents=["here", "there"]) as fleet:
            job = self.submit(fleet, retries=1)
            self.kill_in_the_middle(fleet, "server")
            self.expect_retried(fleet, job, [(CANCELLED, FAILED), (CRASHED,)])

    def test_a_server_that_is_killed_without_retries_fails_the_job(self):
        with Fleet(agents=["here", "there"]) as fleet:
            job = self.submit(fleet, retries=0, mode="server_only")
            self.kill_in_the_middle(fleet, "server")
            self.expect_failed(fleet, job, "server on there", "killed by signal 9")

    def test_a_client_that_is_killed_is_tried_again(self):
        with Fleet(agents=["here", "there"]) as fleet:
            job = self.submit(fleet, retries=1)
            self.kill_in_the_middle(fleet, "client")
            self.expect_retried(fleet, job, [(CRASHED,), (OK,)])

    def test_a_client_that_is_killed_without_retries_fails_the_job(self):
        with Fleet(agents=["here", "there"]) as fleet:
            job = self.submit(fleet, retries=0, start="cold")
            self.kill_in_the_middle(fleet, "client")
            self.expect_failed(fleet, job, "client on here", "killed by signal 9")

    # A prover that dies is the prover's failure, as one that says no: not tried again.
    def test_a_prover_that_is_killed_fails_the_job(self):
        for start in ["warm", "cold"]:
            with self.subTest(start=start), Fleet(agents=["here", "there"]) as fleet:
                job = self.submit(fleet, retries=1, start=start)
                self.kill_in_the_middle(fleet, "prover")
                self.expect_failed(fleet, job, "signal 9")


if __name__ == "__main__":
    unittest.main(verbosity=2)
