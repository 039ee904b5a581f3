"""Runs in the measured process instead of `python -m awslambdaric`, and records its times and memory.

It does what `awslambdaric` does, and writes a line of JSON each time the runtime asks for the next event: after the
initialisation, and after every invocation. A line has monotonic seconds (the same clock in every process of a Linux
machine), this process's processor seconds, and its peak memory.

`PROBE_CPU_GROUP` names a control group that the process joins after its initialisation: Lambda, too, gives a whole
processor to the initialisation, and the memory size's share to the invocations
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
"""

# This file runs first in the measured process, so it imports only what the runtime imports anyway.
import os
import sys
import time

STARTED = time.monotonic()
sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]  # in place of this file's own folder

from awslambdaric import __main__ as runtime  # type: ignore[import-not-found] # noqa: E402 - in the runtime's environment only; the clock comes first
from awslambdaric.lambda_runtime_client import LambdaRuntimeClient  # type: ignore[import-not-found] # noqa: E402 - as above

LOADED = time.monotonic()

wait_next_invocation = LambdaRuntimeClient.wait_next_invocation
out = os.open(os.environ["PROBE_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
group = os.environ.get("PROBE_CPU_GROUP", "")
asked = 0


def peak_memory_kb() -> int:
    """The peak memory of this process, in KiB."""
    with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib would be an import that the runtime does not make
        return int(next(line for line in status if line.startswith("VmHWM:")).split()[1])


def noting(client: LambdaRuntimeClient) -> object:
    """Write a line, then wait for the next event."""
    global asked  # noqa: PLW0603 - the probe is one function and this is its memory
    asked += 1
    line = f'"at": {time.monotonic()}, "cpu": {time.process_time()}, "peak_kb": {peak_memory_kb()}'
    if asked == 1:
        line += f', "started": {STARTED}, "loaded": {LOADED}, "modules": {len(sys.modules)}'
    os.write(out, f"{{{line}}}\n".encode())
    if asked == 1 and group:
        with open(os.path.join(group, "cgroup.procs"), "w") as processes:  # noqa: PTH118, PTH123 - as above
            processes.write(str(os.getpid()))
    return wait_next_invocation(client)


LambdaRuntimeClient.wait_next_invocation = noting
runtime.main(["awslambdaric", *sys.argv[1:]])
