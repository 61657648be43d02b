#!/usr/bin/env python3
"""Proving across two hosts of a real fleet: phases add up, and a wrong proof counts for nothing.

With the fake prover of workloads/proving/fake, and with real ones where deploy/install-provers has put them.
"""
import json
import os
import pathlib
import unittest

from fleet import SOURCE, Fleet, wait_until
from namespaces import Namespaces
from processes import below, name_of

PHASES = ["witness", "connect", "attest", "encrypt", "send", "queue", "decrypt", "prove", "return", "verify", "other"]
OF_MODE = {
    "local": {"witness", "prove", "verify", "other"},
    "remote": {"witness", "encrypt", "send", "queue", "decrypt", "prove", "return", "verify", "other"},
    "server_only": {"witness", "queue", "prove", "verify", "other"},
    "encryption_only": {"witness", "encrypt", "send", "decrypt", "return", "other"},
}
JOB = """
name: proving
workloads:
  - name: proving.prove
    parameters: {{mode: [{modes}], prover: {prover}, circuit: age, start: warm, network: {network}{more}}}
hosts:
  - {{match: name=here, role: client}}
  - {{match: name=there, role: server}}
repetitions: {{runs: {runs}, warmup: 1, min_samples: 3, max_time: 1s}}
timeout: 120s
"""


def job(modes, prover="fake", network="none", more="", runs=1):
    return JOB.format(modes=", ".join(modes), prover=prover, network=network, more=more, runs=runs)


class ProvingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["BENCHFLEET_PROVER_PATH"] = str(SOURCE / "workloads/proving/fake")

    def below(self, fleet, agent, word):
        """Processes of an agent's runs whose command line has `word`."""
        return [pid for pid in below(fleet.processes[agent].pid) if word in name_of(pid, whole=True)]

    def expect_nothing_left(self, fleet):
        for agent in ["here", "there"]:
            for word in ["runner", "fake_prover"]:
                wait_until(f"no {word} left on {agent}", lambda a=agent, w=word: not self.below(fleet, a, w))

    def samples(self, fleet, job_id):
        """For each run that measured: (parameters, {metric: values that count})."""
        results = json.loads(fleet.benchctl("export", job_id).stdout)
        found = []
        for run in results["runs"]:
            values = {}
            for chunk in run.get("samples", []):
                if not chunk.get("warmup"):
                    values.setdefault(chunk["metric"], []).extend(chunk["values"])
            if values.get("latency"):
                found.append((run["parameters"], values))
        return found

    def check_sums(self, fleet, job_id, modes):
        seen = set()
        for parameters, values in self.samples(fleet, job_id):
            mode = parameters.get("mode", "local")
            seen.add(mode)
            self.assertEqual({phase for phase in PHASES if values.get(phase)}, OF_MODE[mode])
            for i, whole in enumerate(values["latency"]):
                total = sum(values[phase][i] for phase in OF_MODE[mode])
                self.assertAlmostEqual(total, whole, delta=0.01 * whole, msg=f"{mode}, iteration {i}")
            if mode != "local":
                self.assertEqual(len(values["network_rtt"]), 1)
        self.assertEqual(seen, set(modes))

    def test_phases_add_up_in_every_mode(self):
        with Fleet(agents=["here", "there"]) as fleet:
            job_id = fleet.submit(job(OF_MODE, network="{delay: 5ms, jitter: 1ms, rate: 50mbit}"))
            fleet.benchctl("watch", job_id)
            self.check_sums(fleet, job_id, OF_MODE)
            self.expect_nothing_left(fleet)

    def test_the_same_job_between_network_namespaces(self):
        with Namespaces(["here", "there"]) as net:
            with Fleet(agents=["here", "there"], address=net.address, inside=net.inside) as fleet:
                job_id = fleet.submit(job(OF_MODE, network="{delay: 5ms, jitter: 1ms, rate: 50mbit}"))
                fleet.benchctl("watch", job_id)
                self.check_sums(fleet, job_id, OF_MODE)
                self.expect_nothing_left(fleet)

    def test_real_proofs(self):
        with Fleet(agents=["here", "there"]) as fleet:
            listed = fleet.benchctl("hosts", "--format", "json").stdout
            if "ultrahonk-bb" not in listed and not installed("bb"):
                self.skipTest("no prover is installed (deploy/install-provers)")
            job_id = fleet.submit(job(OF_MODE, prover="ultrahonk-bb", network="lan"))
            fleet.benchctl("watch", job_id)
            self.check_sums(fleet, job_id, OF_MODE)

    def test_a_wrong_proof_enters_no_series(self):
        with Fleet(agents=["here", "there"]) as fleet:
            job_id = fleet.submit(job(["remote"], more=""", options: '{"fails": "proof"}'"""))
            answer = fleet.benchctl("watch", job_id, check=False)
            self.assertEqual(answer.returncode, 5)
            self.assertEqual(self.samples_of_ok_runs(fleet), 0)
            report = fleet.benchctl("report", job_id, check=False)
            self.assertIn("does not verify", report.stdout + report.stderr + answer.stdout + answer.stderr)
            self.expect_nothing_left(fleet)

    def test_a_misspelt_name_is_refused_at_its_place_before_anything_runs(self):
        with Fleet(agents=["here", "there"]) as fleet:
            path = fleet.directory / "job.yaml"
            for prover, circuit, wrong, words, right in [
                    ("fakee", "age", "fakee", "does not take prover=fakee, expected one of fake", "fake"),
                    ("fake", "agee", "agee", "does not take circuit=agee, expected one of age, chain, ", "age")]:
                text = job(["remote"], prover=prover).replace("circuit: age", f"circuit: {circuit}")
                path.write_text(text)
                column = text.splitlines()[4].index(wrong) + 1
                answer = fleet.benchctl("submit", path, check=False)
                self.assertEqual(answer.returncode, 1)
                self.assertEqual(answer.stderr.count("\n"), 1, answer.stderr)
                self.assertIn(f"job.yaml:5:{column}: workload 'proving.prove' on host ", answer.stderr)
                self.assertIn(words, answer.stderr)
                self.assertIn(f"(did you mean '{right}'?)", answer.stderr)
            self.assertEqual(json.loads(fleet.benchctl("jobs", "--format", "json").stdout), [])

    def samples_of_ok_runs(self, fleet):
        with fleet.database() as db:
            return db.execute("SELECT count(*) FROM run WHERE outcome = 1 AND role != 'server'").fetchone()[0]


def installed(program):
    home = os.environ.get("BENCHFLEET_PROVERS") or os.path.expanduser("~/.local/share/benchfleet/provers")
    return (pathlib.Path(home) / "bin" / program).exists()


if __name__ == "__main__":
    unittest.main(verbosity=2)
