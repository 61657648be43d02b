#!/usr/bin/env python3
"""Prometheus itself scrapes the coordinator and answers a question; promtool finds nothing to mend."""
import json
import shutil
import signal
import subprocess
import sys
import unittest
import urllib.parse
import urllib.request

from fleet import Fleet, free_port, skip, wait_until

JOB = """
name: scraped
workloads: [{name: crypto.sha256, parameters: {size: 1KiB}}]
hosts: [{match: kind=local}]
repetitions: {runs: 2, min_samples: 20, max_time: 20ms}
"""


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


class PrometheusTest(unittest.TestCase):
    def test_scrape_and_query(self):
        with Fleet(agents=["a"]) as fleet:
            fleet.benchctl("watch", fleet.submit(JOB))
            text = get(f"http://127.0.0.1:{fleet.http}/metrics")
            check = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                                   timeout=60)
            self.assertEqual((check.returncode, check.stdout + check.stderr), (0, ""))
            with fleet.database() as db:
                stored = db.execute("SELECT sum(samples) FROM run").fetchone()[0]
            self.assertGreaterEqual(stored, 40)

            port = free_port(above=fleet.http)
            config = fleet.directory / "prometheus.yml"
            config.write_text(f"""
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: benchfleet
    static_configs: [{{targets: ["127.0.0.1:{fleet.http}"]}}]
""")
            fleet.start("prometheus", "prometheus", f"--config.file={config}",
                        f"--storage.tsdb.path={fleet.directory}/prometheus",
                        f"--web.listen-address=127.0.0.1:{port}")

            def query(expression):
                try:
                    answer = json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?"
                                            + urllib.parse.urlencode({"query": expression})))
                except OSError:
                    return None
                result = answer["data"]["result"]
                return float(result[0]["value"][1]) if result else None

            value = wait_until("prometheus", lambda: query("benchfleet_ingested_samples_total"))
            self.assertEqual(value, stored)
            self.assertEqual(query('benchfleet_agents{connected="true"}'), 1)
            self.assertEqual(query('benchfleet_runs_total{outcome="ok"}'), 2)
            fleet.stop("prometheus", signal.SIGTERM)

    def test_health_and_strangers(self):
        with Fleet(agents=["a"]) as fleet:
            self.assertEqual(get(f"http://127.0.0.1:{fleet.http}/healthz"), "ok\n")
            with self.assertRaises(urllib.error.HTTPError) as refused:
                get(f"http://127.0.0.1:{fleet.http}/metrics/no")
            self.assertEqual(refused.exception.code, 404)


if __name__ == "__main__":
    if shutil.which("prometheus") is None:
        skip("prometheus is not installed (deploy/install-deps --tests)")
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
