#!/usr/bin/env python3
"""Network profiles that the kernels of two hosts apply, between network namespaces of this machine.

Rates need sch_tbf, delays sch_netem; where the kernel lacks one, that it is named is what is tested.
"""
import json
import os
import shutil
import signal
import subprocess
import unittest

from fleet import SOURCE, Fleet, wait_until
from namespaces import Namespaces
from processes import below, name_of

JOB = """
name: shaped
workloads:
  - name: proving.prove
    parameters: {{mode: remote, prover: fake, circuit: age, start: warm, network: {network}, options: '{options}'}}
hosts:
  - {{match: name=here, role: client}}
  - {{match: name=there, role: server}}
repetitions: {{runs: 1, warmup: 0, min_samples: 2, max_samples: 2}}
retries: 0
timeout: 120s
"""
NETEM_MISSING = "this kernel has no netem (module sch_netem), which delay, jitter and loss need"


def job(network, options="{}"):
    return JOB.format(network=network, options=options)


@unittest.skipUnless(shutil.which("tc"), "no program tc (apt install iproute2) to look with")
class TrafficControlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["BENCHFLEET_PROVER_PATH"] = str(SOURCE / "workloads/proving/fake")

    def shaped(self, net, host):
        """The disciplines of ours in a host's namespace, as tc shows them."""
        shown = subprocess.run([*net.inside[host], "tc", "qdisc", "show"], capture_output=True, text=True, check=True)
        return [line for line in shown.stdout.splitlines() if " bf: " in line]

    def expect_nothing_left(self, net):
        for host in ["here", "there"]:
            wait_until(f"no discipline left on {host}", lambda h=host: not self.shaped(net, h))

    def client(self, fleet, job_id):
        results = json.loads(fleet.benchctl("export", job_id).stdout)
        run = next(run for run in results["runs"] if run.get("role") == "client")
        values = {chunk["metric"]: chunk["values"] for chunk in run.get("samples", [])}
        return run, values

    def test_a_rate(self):
        with Namespaces(["here", "there"]) as net:
            with Fleet(agents=["here", "there"], address=net.address, inside=net.inside) as fleet:
                job_id = fleet.submit(job("{rate: 20mbit, apply: tc}"))
                fleet.benchctl("watch", job_id)
                run, values = self.client(fleet, job_id)
                self.assertEqual(run["facts"]["network"], "rate 20mbit, by tc")
                rate = values["network_rate"][0] * 8
                self.assertLess(rate, 1.1 * 20e6)
                self.assertGreater(rate, 0.5 * 20e6, "the device is shaped and not blocked")
                self.expect_nothing_left(net)

    def test_a_delay_or_the_reason_why_not(self):
        with Namespaces(["here", "there"]) as net:
            netem = subprocess.run([*net.inside["here"], "tc", "qdisc", "add", "dev", "lo", "root", "netem"],
                                   capture_output=True).returncode == 0
            with Fleet(agents=["here", "there"], address=net.address, inside=net.inside) as fleet:
                job_id = fleet.submit(job("{delay: 10ms, apply: tc}"))
                answer = fleet.benchctl("watch", job_id, check=False)
                if not netem:
                    self.assertNotEqual(answer.returncode, 0)
                    report = fleet.benchctl("report", job_id, check=False)
                    self.assertIn(NETEM_MISSING, answer.stdout + answer.stderr + report.stdout + report.stderr)
                    with fleet.database() as db:
                        self.assertEqual(db.execute("SELECT count(*) FROM history").fetchone()[0], 0)
                else:
                    self.assertGreaterEqual(self.client(fleet, job_id)[1]["network_rtt"][0], 20e6)
                self.expect_nothing_left(net)
            if not netem:
                self.skipTest("the delay itself: this kernel has no netem")

    def test_two_hosts_on_one_machine_are_refused(self):
        with Fleet(agents=["here", "there"]) as fleet:
            job_id = fleet.submit(job("{rate: 20mbit, apply: tc}"))
            answer = fleet.benchctl("watch", job_id, check=False)
            self.assertNotEqual(answer.returncode, 0)
            report = fleet.benchctl("report", job_id, check=False)
            self.assertIn("both hosts are this machine", answer.stdout + answer.stderr + report.stdout + report.stderr)

    def kill(self, fleet, host):
        """SIGKILL for a host's runner."""
        runner = [pid for pid in below(fleet.processes[host].pid) if "bench-net-runner" in name_of(pid, whole=True)]
        self.assertEqual(len(runner), 1)
        os.kill(runner[0], signal.SIGKILL)

    def test_runners_that_were_killed_leave_no_discipline(self):
        with Namespaces(["here", "there"]) as net:
            with Fleet(agents=["here", "there"], address=net.address, inside=net.inside) as fleet:
                for host in ["here", "there"]:
                    job_id = fleet.submit(job("{rate: 20mbit, apply: tc}", '{"prove_ms": "3000"}'))
                    wait_until("both hosts are shaped", lambda: all(self.shaped(net, h) for h in ["here", "there"]))
                    self.kill(fleet, host)
                    fleet.benchctl("watch", job_id, check=False)
                    self.expect_nothing_left(net)

    def test_an_agent_that_was_killed_takes_its_runs_discipline_away_when_it_is_back(self):
        with Namespaces(["here", "there"]) as net:
            with Fleet(agents=["here", "there"], address=net.address, inside=net.inside) as fleet:
                fleet.submit(job("{rate: 20mbit, apply: tc}", '{"prove_ms": "3000"}'))
                wait_until("both hosts are shaped", lambda: all(self.shaped(net, h) for h in ["here", "there"]))
                runner = [pid for pid in below(fleet.processes["here"].pid)
                          if "bench-net-runner" in name_of(pid, whole=True)]
                os.kill(fleet.processes["here"].pid, signal.SIGSTOP)  # it must not see its runner go
                os.kill(runner[0], signal.SIGKILL)
                fleet.stop("here", signal.SIGKILL)
                self.assertTrue(self.shaped(net, "here"), "nobody was there to take it away")
                fleet.start_agent("here")
                self.expect_nothing_left(net)


if __name__ == "__main__":
    unittest.main(verbosity=2)
