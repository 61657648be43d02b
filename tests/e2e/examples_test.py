#!/usr/bin/env python3
"""Every example job file can be planned on the hosts of deploy/quickstart, and the sweep over gRPC, TLS and TCP runs
from end to end, in a smaller form by its own variables."""
import json
import unittest

from fleet import SOURCE, Fleet

EXAMPLES = sorted((SOURCE / "deploy/examples").glob("*.yaml"))


class ExamplesTest(unittest.TestCase):
    def test_every_example_can_be_planned(self):
        self.assertGreaterEqual(len(EXAMPLES), 4)
        with Fleet(agents=["local-1", "local-2"]) as fleet:
            known = json.loads(fleet.benchctl("hosts", "show", "local-1", "--format", "json").stdout)
            provers = [w.get("unavailable", "") for w in known["workloads"] if w["name"] == "proving.prove"]
            for example in EXAMPLES:
                with self.subTest(example=example.name):
                    answer = fleet.benchctl("submit", "--dry-run", "--format", "json", example, check=False)
                    if "proving.prove" in example.read_text() and provers != [""]:
                        self.assertIn("cannot run workload 'proving.prove'", answer.stderr)
                        self.assertIn(f"{example.name}:", answer.stderr)
                        self.skipTest("no prover is installed (deploy/install-provers)")
                    self.assertEqual(answer.returncode, 0, answer.stderr)
                    plan = json.loads(answer.stdout)
                    self.assertGreater(plan["runs"], 1)
                    hosts = {name for run in plan["plan"] for name in run["host"].split(" -> ")}
                    self.assertEqual(hosts, {"local-1", "local-2"})

    def test_the_echo_sweep_runs_in_a_smaller_form(self):
        with Fleet(agents=["alpha", "beta"]) as fleet:
            job = fleet.benchctl("submit", SOURCE / "deploy/examples/echo-sweep.yaml", "--set", "CLIENT=alpha",
                                 "--set", "SERVER=beta", "--set", "RUNS=1", "--set", "SAMPLES=5",
                                 "--set", "MAX_TIME=100ms").stdout.strip()
            fleet.benchctl("watch", job)
            rows = fleet.report(job)["rows"]
            measured = {(row["workload"], row["metric"], row["host"]) for row in rows}
            for workload in ["net.rtt", "net.throughput", "tls.handshake", "grpc.echo"]:
                self.assertIn((workload, "latency", "alpha -> beta"), measured)
            self.assertIn(("tls.handshake", "latency", "alpha"), measured)
            rates = [row for row in rows if row["metric"] == "request_rate" and row["parameters"].get("rate") == "200"]
            self.assertEqual(len(rates), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
