#!/usr/bin/env python3
"""What is wrong with a job is said at its line, by --dry-run and by submit, and nothing is created."""
import json
import os
import unittest

from fleet import SOURCE, Fleet

# Each: the file, the place and words of the refusal. A file has its mistake once.
ALONE = """name: j
workloads:
  - name: {name}
    parameters: {parameters}
hosts: [{host}]
"""
PROVING = """name: j
workloads:
  - name: proving.prove
    parameters: {parameters}
hosts:
  - {{match: name=a, role: client}}
  - {{match: name=b, role: server}}
"""


def alone(name="crypto.sha256", parameters="{size: 64}", host="match: kind=local"):
    return ALONE.format(name=name, parameters=parameters, host="{" + host + "}")


def proving(parameters):
    return PROVING.format(parameters="{prover: fake, mode: remote, " + parameters + "}")


REFUSALS = [
    (alone(name="crypto.sha265"), "3:11", "has no workload 'crypto.sha265' (did you mean 'crypto.sha256'?)"),
    (alone(parameters="{siez: 64}"), "4:24", "has no parameter 'siez' (did you mean 'size'?)"),
    (alone(parameters="{size: abc}"), "4:24", "does not take size=abc, expected a size from 0 to 1GiB"),
    (alone(parameters="{size: [64, 1kib]}"), "4:29", "does not take size=1kib, expected a size"),
    (alone(host="match: kind=tee"), "5:17", "no host has kind=tee, expected local"),
    (alone(host="match: kind=loca"), "5:17", "no host has kind=loca, expected local (did you mean 'local'?)"),
    (alone(host="match: knd=local"), "5:17", "no host has 'knd' (did you mean 'kind'?)"),
    (alone(host="match: cpu.vendr=AMD"), "5:17", "no host has 'cpu.vendr' (did you mean 'cpu.vendor'?)"),
    (alone(host="match: kind=local, count: 5"), "5:36", "matches 2 hosts and count asks for 5"),
    (alone(name="bench.sleep", parameters="{duration: 5}"), "4:28", "does not take duration=5, expected a duration"),
    (alone(name="tls.handshake", parameters="{resumed: yes}"), "4:27",
     "does not take resumed=yes, expected true or false"),
    (PROVING.format(parameters="{prover: fake, mode: remot}"), "4:38",
     "does not take mode=remot, expected one of local, remote, server_only, encryption_only (did you mean 'remote'?)"),
    (proving("network: wam"), "4:55", "(did you mean 'wan'?)"),
    (proving("network: 'delay=5ms,jiter=1ms'"), "4:55",
     "it has no 'jiter', expected delay, jitter, rate, loss, profile, apply (did you mean 'jitter'?)"),
    (proving("network: {delay: 5ms, jiter: 1ms}"), "4:55", "it has no 'jiter'"),
    (proving("circuit: chain, size: 9"), "4:68", "does not take size=9, expected a whole number from 10 to 17"),
    (proving("size: 10"), "4:52", "is of use only with circuit=chain, and circuit is age"),
    (proving("concurrency: 0"), "4:59", "does not take concurrency=0, expected a whole number from 1 to 16"),
]


class RefusalsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["BENCHFLEET_PROVER_PATH"] = str(SOURCE / "workloads/proving/fake")

    def test_every_mistake_is_refused_at_its_place_and_nothing_is_created(self):
        with Fleet(agents=["a", "b"]) as fleet:
            path = fleet.directory / "job.yaml"
            for text, place, words in REFUSALS:
                path.write_text(text)
                for dry_run in [["--dry-run"], []]:
                    with self.subTest(words=words, dry_run=dry_run):
                        answer = fleet.benchctl("submit", path, *dry_run, check=False)
                        self.assertEqual(answer.returncode, 1, answer.stdout)
                        self.assertEqual(answer.stdout, "")
                        self.assertEqual(answer.stderr.count("\n"), 1, answer.stderr)
                        self.assertIn(f"job.yaml:{place}: ", answer.stderr)
                        self.assertIn(words, answer.stderr)
            self.assertEqual(json.loads(fleet.benchctl("jobs", "--format", "json").stdout), [])


if __name__ == "__main__":
    unittest.main()
