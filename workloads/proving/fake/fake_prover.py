#!/usr/bin/env python3
"""The programs of fake.yaml: phases that sleep, a "proof" that is a digest, and the ways to fail."""

import hashlib
import json
import os
import signal
import sys
import time


proofs = 0  # by this process


def is_called(name):
    """What the process table shows, so that a test can see a proof being made."""
    with open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write(name)


def sleeps(phase):
    time.sleep(float(os.environ[f"FAKE_{phase}_MS"]) / 1000)


def fails(how):
    return os.environ["FAKE_FAILS"] == how


def proof_of(statement):
    return b"".join(hashlib.sha256(statement + bytes([i])).digest() for i in range(8))


def set_up(circuit, verification_key):
    write(verification_key, circuit.encode())


def witness(circuit, witness):  # pylint: disable=redefined-outer-name
    sleeps("WITNESS")
    if fails("witness"):
        raise ValueError("the inputs do not satisfy the circuit")
    statement = hashlib.sha256(circuit.encode()).digest()
    write(witness, statement + bytes(max(0, int(os.environ["FAKE_WITNESS_BYTES"]) - len(statement))))


def prove(witness, proof, public_inputs):  # pylint: disable=redefined-outer-name
    if fails("prove"):
        raise ValueError("out of luck")
    if fails("crash"):
        os.kill(os.getpid(), signal.SIGSEGV)
    while fails("hang"):
        time.sleep(1)
    global proofs  # pylint: disable=global-statement
    proofs += 1
    if fails("later") and proofs > 1:
        return
    is_called("fake-proving")
    sleeps("PROVE")
    is_called("fake-idle")
    statement = read(witness)[:32]
    write(proof, proof_of(b"another" if fails("proof") else statement))
    write(public_inputs, statement)


def verify(verification_key, proof, public_inputs):
    sleeps("VERIFY")
    statement = read(public_inputs)
    of_key = statement == hashlib.sha256(read(verification_key)).digest()
    return {"valid": fails("verify") or (of_key and read(proof) == proof_of(statement))}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, content):
    with open(path, "wb") as file:
        file.write(content)


PHASES = {"witness": witness, "prove": prove, "verify": verify}


def serve():
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": True} | (PHASES[request.pop("do")](**request) or {})
        except (ValueError, OSError) as error:
            answer = {"ok": False, "error": str(error)}
        print(json.dumps(answer), flush=True)


def main():
    command, *arguments = sys.argv[1:]
    if command == "version":
        print("fake 1")
    elif command == "serve":
        serve()
    elif command == "set-up":
        set_up(*arguments)
    else:
        try:
            answer = PHASES[command](*arguments)
        except (ValueError, OSError) as error:
            sys.exit(f"{error}")
        if answer == {"valid": False}:
            sys.exit(1)


if __name__ == "__main__":
    main()
