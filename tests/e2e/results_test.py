#!/usr/bin/env python3
"""Results out and in again: export, import, the seed's form, and the report in every format."""
import csv
import io
import json
import sys
import unittest

from fleet import SOURCE, Fleet

JOB = """
name: results
revision: r7
workloads:
  - name: crypto.sha256
    parameters: {size: [64, 1KiB]}
  - name: exec
    command:
      - echo
      - '{"metric":"widgets","value":3.5,"unit":"1/s","direction":"higher"}'
    parameters: {adapter: json}
hosts: [{match: kind=local}]
repetitions: {runs: 2, min_samples: 12, max_time: 20ms, warmup: 1}
"""
SEED = {"version": "1.0", "timestamp": "2026-01-02T03:04:05Z",
        "machine": {"id": "m2-pro", "os": "macOS", "cpu": "Apple M2 Pro", "cores": 12, "memory_gb": 32},
        "benchmarks": [{"name": "prove", "iterations": 10, "mean_ms": 812.5, "min_ms": 800.0, "max_ms": 840.25,
                        "std_dev_ms": 11.75}]}


class ResultsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet(agents=["a", "b"])
        cls.fleet.__enter__()
        cls.job = cls.fleet.submit(JOB)
        cls.fleet.benchctl("watch", cls.job)

    @classmethod
    def tearDownClass(cls):
        cls.fleet.__exit__(None, None, None)

    def test_export_and_import_keep_every_sample(self):
        first = json.loads(self.fleet.benchctl("export", self.job).stdout)
        path = self.fleet.directory / "exported.json"
        path.write_text(json.dumps(first))
        imported = self.fleet.benchctl("import", path).stdout.split()[-1]
        second = json.loads(self.fleet.benchctl("export", imported).stdout)

        def samples(document):
            return sorted(json.dumps(b, sort_keys=True) for b in strip_ids(document["benchmarks"]))

        self.assertEqual(samples(first), samples(second))
        self.assertGreater(len(first["benchmarks"]), 0)

    def test_exports_fit_the_published_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        schema = json.loads((SOURCE / "docs/results.schema.json").read_text())
        jsonschema.validate(json.loads(self.fleet.benchctl("export", self.job).stdout), schema)
        jsonschema.validate(SEED, schema)

    def test_the_seeds_form_goes_in_and_comes_out(self):
        path = self.fleet.directory / "seed.json"
        path.write_text(json.dumps(SEED))
        job = self.fleet.benchctl("import", path).stdout.split()[-1]
        out = json.loads(self.fleet.benchctl("export", job).stdout)
        self.assertEqual(out["version"], "1.0")
        for key in ("id", "os", "cpu", "cores", "memory_gb"):
            self.assertEqual(out["machine"][key], SEED["machine"][key], key)
        for key, value in SEED["benchmarks"][0].items():
            self.assertEqual(out["benchmarks"][0][key], value, key)

    def test_another_tools_results_go_in(self):
        path = self.fleet.directory / "sort.json"
        path.write_text(json.dumps({
            "context": {"date": "2026-01-02T03:04:05+00:00", "host_name": "build-7", "num_cpus": 8},
            "benchmarks": [{"name": "Sort/64", "run_type": "iteration", "iterations": 10, "real_time": value,
                            "cpu_time": value, "time_unit": "us"} for value in (1.5, 2.5, 3.5)]}))
        job = self.fleet.benchctl("import", path, "--revision", "r9").stdout.split()[-1]
        out = json.loads(self.fleet.benchctl("export", job).stdout)
        self.assertEqual(out["job"]["revision"], "r9")
        self.assertEqual(out["machine"]["id"], "build-7")
        self.assertEqual(out["runs"][0]["parameters"], {"arg1": "64"})
        latency = next(one for one in out["runs"][0]["samples"] if one["metric"] == "latency")
        self.assertEqual(latency["values"], [1500, 2500, 3500])
        refused = self.fleet.benchctl("import", "/dev/null", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the file is empty", refused.stderr)

    def test_an_exec_reads_what_a_benchmark_prints(self):
        job = self.fleet.submit("""
name: foreign
workloads:
  - name: exec
    command: [echo, "BenchmarkSort/size=8-4 10 250 ns/op"]
    parameters: {adapter: go}
  - name: exec
    command: [echo, garbage]
    parameters: {adapter: google-benchmark}
hosts: [{match: "name=a"}]
repetitions: {runs: 1, min_samples: 2, max_time: 1ms}
""")
        self.assertEqual(self.fleet.benchctl("watch", job, check=False).returncode, 5)
        report = self.fleet.benchctl("report", job, check=False).stdout
        self.assertIn("Sort gomaxprocs=4 size=8/latency", report)
        self.assertIn("is not what adapter=google-benchmark reads: line 1: not JSON", report)

    def test_the_report_in_every_format(self):
        table = self.fleet.benchctl("report", self.job).stdout
        for word in ("crypto.sha256", "size=1KiB", "median", "p99", "widgets"):
            self.assertIn(word, table)
        rows = list(csv.DictReader(io.StringIO(self.fleet.benchctl("report", self.job, "--format", "csv").stdout)))
        self.assertGreater(len(rows), 5)
        self.assertEqual(json.loads(self.fleet.benchctl("report", self.job, "--format", "json").stdout)["job"]["name"],
                         "results")
        self.assertIn("| crypto.sha256 |", self.fleet.benchctl("report", self.job, "--format", "markdown").stdout)
        html = self.fleet.benchctl("report", self.job, "--format", "html").stdout
        self.assertTrue("<svg" in html, "no chart in the page")
        self.assertFalse("src=\"http" in html, "the page asks the network")

    def test_a_broken_budget_is_exit_code_3(self):
        job = self.fleet.submit(JOB.replace("name: results", "name: tight") +
                                "budgets: [{metric: latency, statistic: median, max: 1ns}]\n")
        self.fleet.benchctl("watch", job)
        self.assertEqual(self.fleet.benchctl("report", job, check=False).returncode, 3)

    def test_a_failing_workload_is_exit_code_5_with_its_reason(self):
        job = self.fleet.submit("""
name: broken
workloads: [{name: exec, command: [sh, -c, "echo it hurts >&2; exit 9"]}]
hosts: [{match: "name=a"}]
""")
        self.assertEqual(self.fleet.benchctl("watch", job, check=False).returncode, 5)
        logs = self.fleet.benchctl("logs", job).stdout
        self.assertIn("it hurts", logs)
        self.assertIn("9", logs)

    def test_any_command_without_a_file(self):
        answer = self.fleet.benchctl("run", "--on", "kind=local", "--", "sh", "-c", "sha256sum /bin/ls")
        self.assertIn("exec", answer.stdout)


def strip_ids(value):
    """Ids and times are given anew by an import."""
    if isinstance(value, dict):
        return {k: strip_ids(v) for k, v in value.items() if k not in ("run", "run_id", "task", "job", "job_id")}
    return [strip_ids(v) for v in value] if isinstance(value, list) else value


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
