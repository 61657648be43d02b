#!/usr/bin/env python3
"""Real proofs of every circuit, end to end: witness, key, proof, verification, and what must be refused.

Needs what deploy/install-provers installs (in $BENCHFLEET_PROVERS, else the user's data directory);
without it the tests that need it are skipped by name, and the exit code is 77. The longer chains are
proved where BENCHFLEET_ALL_CIRCUITS=1; `-k chain_12` with it runs one circuit.
"""

import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import bb_server  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
CIRCUITS = sorted(path.stem for path in (HERE / "artifacts").glob("*.json"))
DATA_HOME = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
PROVERS = pathlib.Path(
    os.environ.get("BENCHFLEET_PROVERS") or os.path.join(DATA_HOME, "benchfleet/provers")
)

# Each takes longer than the one before and shows nothing that chain-10 does not.
LONGER = {f"chain-{size}" for size in range(11, 18)}

# circuit -> (input, false value, what the solver must say)
FALSE_STATEMENTS = {
    "age": [
        ("years", 43, "too young"),
        ("birth_year", 1986, "not the committed birth date"),
        ("birth_month", 13, "no such month"),
        ("birth_day", 0, "no such day"),
        ("salt", "0x1", "not the committed birth date"),
    ],
    "score": [
        ("threshold", 743, "score below the threshold"),
        ("now", 1893456000, "assessment expired"),
        ("score", 999, "not the committed assessment"),
        ("subject", "0x1", "not the committed assessment"),
    ],
    "residency": [
        ("root", "0x1", "not in the register"),
        ("secret", "0x1", "not in the register"),
        ("is_right", [False] * 20, "not in the register"),
        ("nullifier", "0x1", "not the nullifier"),
        ("scope", "0x1", "not the nullifier"),
    ],
    "disclosure": [
        ("attributes", ["0x1"] * 8, "not the signed attribute"),
        ("mask", [True] * 8, "not the signed attribute"),
        ("disclosed", ["0x1"] * 8, "not the signed attribute"),
        ("salt", "0x1", "not signed by this issuer"),
    ],
}
# The same for the circuits in circom, where a solver says no more than that it failed.
CIRCOM_FALSE = {
    "age": [("years", "43"), ("birth_year", "1986"), ("birth_month", "13"), ("birth_day", "0"), ("salt", "1")],
    "score": [("threshold", "743"), ("now", "1893456000"), ("score", "999"), ("subject", "1")],
    "residency": [("root", "1"), ("secret", "1"), ("is_right", ["0"] * 20), ("nullifier", "1"), ("scope", "1")],
    "disclosure": [("attributes", ["1"] * 8), ("mask", ["1"] * 8), ("disclosed", ["1"] * 8), ("salt", "1"),
                   ("response", "1"), ("issuer_x", "1"), ("nonce_x", "0")],
}  # fmt: skip
# Statements that are still true, at the edge.
EDGE_STATEMENTS = {"age": [("years", 42)], "score": [("threshold", 742), ("now", 1893455999)]}


def inputs_of(circuit, **changes):
    return json.loads((HERE / "inputs" / f"{circuit}.json").read_text()) | changes


def flipped(content, place):
    """The content with the lowest bit of one byte inverted."""
    changed = bytearray(content)
    changed[place] ^= 1
    return bytes(changed)


class ArtifactsTest(unittest.TestCase):
    """Needs nothing installed."""

    def test_every_circuit_has_inputs(self):
        self.assertEqual(CIRCUITS, sorted(path.stem for path in (HERE / "inputs").glob("*.json")))
        self.assertEqual(12, len(CIRCUITS))

    def test_no_artifact_tells_where_it_was_compiled(self):
        for circuit in CIRCUITS:
            program = json.loads((HERE / "artifacts" / f"{circuit}.json").read_text())
            self.assertEqual({"noir_version", "abi", "bytecode"}, set(program), circuit)
            plain = bb_server.bytecode(HERE / "artifacts" / f"{circuit}.json")
            for content in (plain, json.dumps(program["abi"]).encode()):
                for trace in (b".nr", b"src/", b"file:"):
                    self.assertNotIn(trace, content, circuit)


class ProversTest(unittest.TestCase):
    def setUp(self):
        try:
            self.manifest = json.loads((PROVERS / "provers.json").read_text())
        except FileNotFoundError:
            self.skipTest(f"no provers in {PROVERS}: run deploy/install-provers")
        places = self.manifest["installed"]
        self.bb, self.verifier, self.crs = (str(PROVERS / places[name]) for name in ("bb", "bb_verifier", "crs"))
        self.node = shutil.which("node") or places["node"]
        # HOME points nowhere, so that no reference string of the user's is found by accident.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "HARDWARE_CONCURRENCY": str(os.cpu_count()),
            "CRS_PATH": self.crs,
        }
        folder = tempfile.TemporaryDirectory(prefix="provers-test-")
        self.addCleanup(folder.cleanup)
        self.work = pathlib.Path(folder.name)

    def run_program(self, *arguments):
        return subprocess.run(
            list(map(str, arguments)), env=self.environment, capture_output=True, text=True, timeout=600
        )

    def run_well(self, *arguments):
        result = self.run_program(*arguments)
        self.assertEqual(0, result.returncode, result.stderr)
        return result.stdout

    def solve(self, circuit, inputs):
        """(answer, path of the witness) for an input file or a dictionary."""
        path = self.work / "inputs.json"
        path.write_text(json.dumps(inputs))
        witness = self.work / "witness.gz"
        script = PROVERS / "witness.mjs"
        program = PROVERS / "circuits" / f"{circuit}.json"
        result = self.run_program(self.node, script, program, path, witness)
        answer = json.loads(result.stdout)
        self.assertEqual(result.returncode == 0, answer["ok"])
        return answer, witness

    def prove(self, circuit):
        """Makes vk, proof and public_inputs in the work folder."""
        answer, witness = self.solve(circuit, inputs_of(circuit))
        self.assertTrue(answer["ok"], answer)
        program = PROVERS / "circuits" / f"{circuit}.json"
        common = ("-b", program, "-o", self.work, "-c", self.crs, "-t", "noir-recursive")
        self.run_well(self.bb, "write_vk", *common)
        self.run_well(self.bb, "prove", *common, "-w", witness, "-k", self.work / "vk")
        return [(self.work / name).read_bytes() for name in ("vk", "proof", "public_inputs")]

    def verifies(self, vk, proof, public):
        for name, content in (("vk", vk), ("proof", proof), ("public_inputs", public)):
            (self.work / name).write_bytes(content)
        files = ("-k", self.work / "vk", "-p", self.work / "proof", "-i", self.work / "public_inputs")
        result = self.run_program(
            self.verifier, "verify", *files, "-c", self.crs, "-t", "noir-recursive"
        )
        self.assertIn(result.returncode, (0, 1), result.stderr)  # a verdict, not a crash
        return result.returncode == 0

    def check_circuit(self, circuit):
        vk, proof, public = self.prove(circuit)
        self.assertTrue(self.verifies(vk, proof, public))
        # The lowest bits of the first, a middle and the last of the proof's 32-byte elements.
        for place in (31, len(proof) // 64 * 32 + 31, len(proof) - 1):
            self.assertFalse(self.verifies(vk, flipped(proof, place), public), f"byte {place} flipped")
        self.assertFalse(self.verifies(vk, proof[:-32], public), "a cut proof")
        for place in (31, len(public) - 1):
            self.assertFalse(self.verifies(vk, proof, flipped(public, place)), "another public input")
        if circuit.startswith("chain-"):
            log_gates = int.from_bytes(vk[:32], "big")
            self.assertEqual(int(circuit.removeprefix("chain-")), log_gates)

    def test_a_proof_of_one_circuit_is_none_of_another(self):
        _, proof, public = self.prove("chain-10")
        vk, _, _ = self.prove("chain-11")
        self.assertFalse(self.verifies(vk, proof, public))

    def solve_all(self, statements):
        """The answers for (circuit, inputs), by one solver that stays: starting it takes a second."""
        lines = []
        for number, (circuit, inputs) in enumerate(statements):
            path = self.work / f"inputs-{number}.json"
            path.write_text(json.dumps(inputs))
            program = str(PROVERS / "circuits" / f"{circuit}.json")
            lines.append(json.dumps({"program": program, "inputs": str(path), "out": str(self.work / "w.gz")}))
        answers = self.serve(lines)
        self.assertEqual(len(statements), len(answers))
        return answers

    def serve(self, lines):
        result = subprocess.run(
            [self.node, str(PROVERS / "witness.mjs"), "--serve"],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            timeout=600,
        )
        ready, *answers = map(json.loads, result.stdout.splitlines())
        self.assertEqual({"ready": True}, ready)
        return answers

    def test_false_statements_have_no_witness(self):
        rows = [(circuit, *change) for circuit, changes in FALSE_STATEMENTS.items() for change in changes]
        answers = self.solve_all([(row[0], inputs_of(row[0], **{row[1]: row[2]})) for row in rows])
        for (circuit, name, _, expected), answer in zip(rows, answers):
            with self.subTest(circuit=circuit, input=name):
                self.assertFalse(answer["ok"])
                self.assertIn(expected, answer["error"])

    def circom_witness(self, circuit, inputs, solver):
        path = self.work / "inputs.json"
        path.write_text(json.dumps(inputs))
        script = PROVERS / "snarkjs.mjs"
        return self.run_program(self.node, script, "witness", solver, path, self.work / "w.wtns").returncode == 0

    def test_circom_circuits_hold_for_their_inputs_alone(self):
        for circuit, changes in CIRCOM_FALSE.items():
            out = self.work / circuit
            out.mkdir()
            self.run_well(self.node, PROVERS / "snarkjs.mjs", "compile", PROVERS / "circom", circuit, out)
            true = json.loads((PROVERS / "circom-inputs" / f"{circuit}.json").read_text())
            self.assertTrue(self.circom_witness(circuit, true, out / "solver.wasm"), circuit)
            for name, value in changes:
                with self.subTest(circuit=circuit, input=name):
                    self.assertFalse(self.circom_witness(circuit, true | {name: value}, out / "solver.wasm"))

    def test_test_powers_of_tau_are_what_snarkjs_prepares(self):
        """snarkjs computes the second half of the file from the first, from points alone."""
        binaries = os.environ.get("BENCHFLEET_BIN_DIR")
        if binaries is None:
            self.skipTest("BENCHFLEET_BIN_DIR is not set")
        ours, theirs = self.work / "ours.ptau", self.work / "theirs.ptau"
        self.run_well(f"{binaries}/bench-refstring", "--ptau", 5, "--out", ours)
        snarkjs = PROVERS / "node_modules" / "snarkjs" / "build" / "cli.cjs"
        self.run_well(self.node, snarkjs, "powersoftau", "prepare", "phase2", ours, theirs)
        self.assertTrue(ours.read_bytes() == theirs.read_bytes())

    def test_every_forged_signature_is_refused(self):
        signature = bytes(inputs_of("disclosure")["signature"])
        forged = [list(flipped(signature, place)) for place in (0, 40)]
        answers = self.solve_all([("disclosure", inputs_of("disclosure", signature=one)) for one in forged])
        self.assertEqual([False, False], [answer["ok"] for answer in answers])

    def test_statements_at_the_edge_hold(self):
        rows = [(circuit, *change) for circuit, changes in EDGE_STATEMENTS.items() for change in changes]
        answers = self.solve_all([(circuit, inputs_of(circuit, **{name: value})) for circuit, name, value in rows])
        for row, answer in zip(rows, answers):
            self.assertTrue(answer["ok"], (row, answer))

    def test_the_witness_server_answers_line_by_line(self):
        def request(circuit):
            paths = {"program": "circuits", "inputs": "inputs"}
            files = {key: str(PROVERS / folder / f"{circuit}.json") for key, folder in paths.items()}
            return json.dumps(files | {"out": str(self.work / f"{circuit}.gz")})

        lines = [request("age"), request("age"), "no JSON", request("none"), request("score")]
        answers = self.serve(lines)
        self.assertEqual([True, True, False, False, True], [answer["ok"] for answer in answers])
        for answer in (answers[0], answers[4]):
            self.assertGreater(answer["solve_ns"], 0)
        self.assertEqual(answers[0]["bytes"], (self.work / "age.gz").stat().st_size)

    def test_a_warm_server_proves_again_and_again(self):
        _, witness = self.solve("age", inputs_of("age"))
        circuit = {"name": "age", "bytecode": bb_server.bytecode(PROVERS / "circuits" / "age.json")}
        settings = {"settings": bb_server.SETTINGS}
        with bb_server.BbServer(self.bb, self.environment) as prover:
            vk = prover.call("CircuitComputeVk", {"circuit": circuit} | settings)["bytes"]
            request = {
                "circuit": circuit | {"verification_key": vk},
                "witness": gzip.decompress(witness.read_bytes()),
            }
            proofs = [prover.call("CircuitProve", request | settings) for _ in range(2)]
        self.assertNotEqual(proofs[0]["proof"], proofs[1]["proof"], "a proof that hides is random")
        for made in proofs:  # the same files as the command line's
            self.assertTrue(self.verifies(vk, b"".join(made["proof"]), b"".join(made["public_inputs"])))
        with bb_server.BbServer(self.verifier, self.environment) as verifier:
            for made in proofs:
                claim = {"verification_key": vk, "public_inputs": made["public_inputs"]}
                answer = verifier.call("CircuitVerify", claim | {"proof": made["proof"]} | settings)
                self.assertTrue(answer["verified"])
            claim["public_inputs"] = [flipped(claim["public_inputs"][0], 31), *claim["public_inputs"][1:]]
            answer = verifier.call("CircuitVerify", claim | {"proof": made["proof"]} | settings)
            self.assertFalse(answer is not None and answer["verified"])

    def test_the_prover_is_untouched(self):
        pins = json.loads((PROVERS / "bb.json").read_text())["programs"].values()
        self.assertIn(self.manifest["files"]["bin/bb"], [pin["sha256"] for pin in pins])
        if self.verifier != self.bb:
            ours, theirs = (pathlib.Path(path).read_bytes() for path in (self.verifier, self.bb))
            self.assertEqual(len(theirs), len(ours))
            places = [i for i in range(len(theirs)) if ours[i] != theirs[i]]
            self.assertTrue(places)
            self.assertLess(places[-1] - places[0], 128)


def add_circuit_tests():
    for circuit in CIRCUITS:

        def test(self, circuit=circuit):
            if circuit in LONGER and os.environ.get("BENCHFLEET_ALL_CIRCUITS") != "1":
                self.skipTest("BENCHFLEET_ALL_CIRCUITS is not 1")
            self.check_circuit(circuit)

        setattr(ProversTest, f"test_{circuit.replace('-', '_')}", test)


add_circuit_tests()

if __name__ == "__main__":
    passed = unittest.main(verbosity=2, exit=False).result.wasSuccessful()
    if not passed:
        sys.exit(1)
    sys.exit(0 if (PROVERS / "provers.json").exists() else 77)
