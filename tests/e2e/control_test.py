#!/usr/bin/env python3
"""What people ask of a fleet that runs: cancel, priority, several runs at once, drain; and hosts that go."""
import json
import signal
import sys
import unittest

from fleet import Fleet, wait_until
from processes import below, name_of

OK, CANCELLED, LOST = 1, 7, 8  # Outcome, as model.proto numbers it


def job(name, command, runs=1, **more):
    text = [f"name: {name}", f"workloads: [{{name: exec, command: {json.dumps(command)}}}]",
            "hosts: [{match: name=a}]",
            f"repetitions: {{runs: {runs}, min_samples: 1, max_samples: 1}}"]
    return "\n".join(text + [f"{key}: {value}" for key, value in more.items()]) + "\n"


class ControlTest(unittest.TestCase):
    def setUp(self):
        self.fleet = Fleet(agents=["a"], coordinator_flags=["--heartbeat", "1s"]).__enter__()

    def tearDown(self):
        failed = any(error for _, error in self._outcome.result.errors + self._outcome.result.failures)
        self.fleet.__exit__(AssertionError if failed else None, None, None)

    def ask(self, sql, *values):
        with self.fleet.database() as db:
            return db.execute(sql, values).fetchall()

    def outcomes(self, number):
        return [outcome for (outcome,) in self.ask("SELECT outcome FROM run WHERE job = ? ORDER BY id", number)]

    def running(self, words):
        """The process ids below the agent whose command line is this one."""
        return [pid for pid in below(self.fleet.processes["a"].pid) if name_of(pid, whole=True) == words]

    def status(self, number):
        jobs = json.loads(self.fleet.benchctl("jobs", "--format", "json").stdout)
        return next(one for one in jobs if one["job"] == int(number))

    def host(self, name):
        hosts = json.loads(self.fleet.benchctl("hosts", "--format", "json").stdout)
        return next((one for one in hosts if one["name"] == name), None)

    def test_cancel_ends_the_run_and_what_waits(self):
        number = self.fleet.submit(job("long", ["sleep", "1000"], runs=3))
        wait_until("the run to go on", lambda: self.running("sleep 1000"))
        self.fleet.benchctl("cancel", number, "--reason", "enough")
        watched = self.fleet.benchctl("watch", number, check=False)
        self.assertEqual(watched.returncode, 5)
        wait_until("its process to be gone", lambda: not self.running("sleep 1000"))
        wait_until("the run's end", lambda: self.outcomes(number) == [CANCELLED])
        status = self.status(number)
        self.assertEqual(status["state"], "cancelled")
        self.assertIn("cancelled by client: enough", status["message"])

    def test_a_higher_priority_goes_first(self):
        low = self.fleet.submit(job("low", ["sleep", "0.2"], runs=10))
        wait_until("low to begin", lambda: self.outcomes(low))
        high = self.fleet.submit(job("high", ["true"], runs=4, priority=5))
        self.fleet.benchctl("watch", high)
        self.assertLess(self.outcomes(low).count(OK), 10, "low was done before high was submitted")
        self.fleet.benchctl("watch", low)
        order = [number for (number,) in self.ask("SELECT job FROM run ORDER BY started_at_ns")]
        first = order.index(int(high))
        self.assertEqual(order[first:first + 4], [int(high)] * 4, order)

    def test_runs_share_a_host_only_where_the_job_says_so(self):
        def most_at_once(number):
            edges = []
            for begin, end in self.ask("SELECT started_at_ns, finished_at_ns FROM run WHERE job = ?", number):
                edges += [(begin, 1), (end, -1)]
            now = most = 0
            for _, step in sorted(edges):
                now += step
                most = max(most, now)
            return most

        alone = self.fleet.submit(job("alone", ["sleep", "0.1"], runs=4))
        shared = self.fleet.submit(job("shared", ["sleep", "1"], runs=4, exclusive="false"))
        for number in (alone, shared):
            self.fleet.benchctl("watch", number)
            self.assertEqual(self.outcomes(number), [OK] * 4)
        self.assertEqual(most_at_once(alone), 1)
        self.assertGreater(most_at_once(shared), 1)

    def test_a_stopped_agent_ends_its_run_and_takes_no_other(self):
        gate = self.fleet.directory / "gate"
        number = self.fleet.submit(job("drained", ["sh", "-c", f"while [ ! -e {gate} ]; do sleep 0.1; done"], runs=3))
        wait_until("the run to go on", lambda: self.host("a")["doing"].startswith("exec"))
        agent = self.fleet.processes["a"]
        agent.send_signal(signal.SIGTERM)
        wait_until("the job to say what it waits for",
                   lambda: self.status(number)["message"] == "host a takes no work: the agent is stopping")
        gate.touch()
        self.assertEqual(agent.wait(60), 0)
        self.fleet.processes.pop("a")
        wait_until("the run's end to be there", lambda: self.outcomes(number) == [OK])
        wait_until("the job to wait for the host", lambda: self.status(number)["message"] == "waits for host a")
        self.fleet.start_agent("a")
        self.fleet.benchctl("watch", number)
        self.assertEqual(self.outcomes(number), [OK] * 3)

    def test_a_host_that_is_gone_is_left_out_and_forgotten(self):
        fleet = self.fleet
        fleet.issue("agent", "b")
        fleet.start_agent("b")
        wait_until("b", lambda: self.host("b") and self.host("b")["connected"])
        hello, = self.ask("SELECT last_seen_ns FROM host WHERE name = 'b'")[0]
        first = self.host("b")["last_seen"]
        wait_until("it to be heard of again", lambda: self.host("b")["last_seen"] > first)
        refused = fleet.benchctl("hosts", "forget", "b", check=False)
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))
        self.assertIn("host 'b' is connected", refused.stderr)
        fleet.stop("b", signal.SIGTERM)
        wait_until("b to be away", lambda: not self.host("b")["connected"])
        # That is later than its hello, and is known after a restart too.
        wait_until("when it was heard of last",
                   lambda: self.ask("SELECT last_seen_ns FROM host WHERE name = 'b'")[0][0] > hello)
        seen = self.host("b")["last_seen"]
        fleet.stop("coordinator", signal.SIGKILL)
        fleet.start_coordinator()
        fleet.wait_for_agents()
        self.assertEqual(self.host("b")["last_seen"], seen)
        # No selector: whoever is there. A name: that very host, which is waited for.
        ran = fleet.benchctl("run", "--runs", "1", "--", "true")
        self.assertIn("left out, because away: b (to wait for one: --on name=b)", ran.stderr)
        waiting = fleet.submit("name: waits\nworkloads: [{name: exec, command: ['true']}]\nhosts: [{match: name=b}]\n")
        refused = fleet.benchctl("hosts", "forget", "b", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"host 'b' has open runs of job {waiting} (cancel first: benchctl cancel JOB)", refused.stderr)
        fleet.benchctl("cancel", waiting)
        wait_until("the cancellation", lambda: self.status(waiting)["state"] == "cancelled")
        fleet.benchctl("hosts", "forget", "b")
        self.assertIsNone(self.host("b"))
        self.assertNotIn("left out", fleet.benchctl("run", "--runs", "1", "--", "true").stderr)
        unknown = fleet.benchctl("hosts", "forget", "b", check=False)
        self.assertIn("no host is called 'b'", unknown.stderr)
        fleet.start_agent("b")
        wait_until("b again", lambda: self.host("b") and self.host("b")["connected"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
