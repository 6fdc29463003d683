"""One Lambda's process: loads a handler as Lambda's own client does and invokes it, with nothing in its way.

Run by the bare interpreter with a plan (JSON) on the command line. Until the handler is loaded nothing is imported that
Lambda's client has not imported already; what playing back imports is checked to be nothing that a handler pays for.
"""

from __future__ import annotations

import os
import sys
import time

# typing is an import that a handler may be the first to need.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, ModuleType
    from typing import Any


def main() -> None:
    started = float(sys.argv[2])
    # The order in which Lambda looks: the function, the layers, the standard library, its own packages.
    task, layer, runtime = sys.argv[3:6]
    sys.path[:] = [task, layer, *sys.path, runtime]
    from awslambdaric.bootstrap import _get_handler

    handler = _get_handler(os.environ["_HANDLER"])
    found: dict[str, Any] = {"init_wall": time.monotonic() - started, "init_cpu": time.process_time()}
    if sys.argv[1] != "-":
        _invoke(handler, found, sys.argv[1])
    # The standard output is the handler's, as on Lambda; the descriptor is ours.
    sys.stdout.flush()
    import json

    os.write(int(sys.argv[6]), json.dumps(found).encode())
    os._exit(0)


def _invoke(handler: Callable[..., Any], found: dict[str, Any], plan_file: str) -> None:
    """The first invocation, and as many more as the plan's seconds of processor time allow, sampled."""
    import json

    from awslambdaric.lambda_context import LambdaContext

    before = set(sys.modules)
    exchanges = _load_exchanges()
    with open(plan_file, encoding="utf-8") as file:
        plan = json.load(file)
    answers = exchanges.Answers(each for step in plan["steps"] for each in step["exchanges"])
    context = LambdaContext("request-1", None, None, int(time.time() * 1000) + 3_600_000, "arn")
    steps = [(_signed(step["event"], plan["signing_secret"]), step["exchanges"]) for step in plan["steps"]]
    with exchanges.replayed(answers):
        found["imported_to_play_back"] = sorted(set(sys.modules) - before - {"bench_exchanges"})
        if "-X" in sys.orig_argv:
            print("import time: first request", file=sys.stderr, flush=True)
        wall, cpu = time.monotonic(), time.process_time()
        event, script = steps[0]
        answers.expect(script)
        _check(handler(event, context))
        found["first_wall"] = time.monotonic() - wall
        found["first_cpu"] = time.process_time() - cpu
        found["peak_kib"] = _peak()
        if plan["seconds"]:
            _measure_warm(handler, context, answers, steps[1:], plan["seconds"], found)


def _measure_warm(
    handler: Callable[..., Any],
    context: object,
    answers: Any,
    steps: list[tuple[dict[str, Any], list[Any]]],
    seconds: float,
    found: dict[str, Any],
) -> None:
    """`steps` again and again; whose frames they are that a clock of processor time finds running."""
    import signal

    def invoke() -> None:
        for event, script in steps:
            answers.expect(script)
            _check(handler(event, context))

    for _ in range(20):
        invoke()
    sys.stdout.flush()
    owners: dict[str, int] = {}
    task, layer, runtime = sys.argv[3:6]

    def sample(_: int, frame: FrameType | None) -> None:
        # The standard library's time, and that of code that it generates, is whose who called it.
        while frame:
            file = frame.f_code.co_filename
            if file.startswith(task):
                owner = "payments"
            elif file.startswith((layer, runtime)):
                folder = layer if file.startswith(layer) else runtime
                owner = file[len(folder) + 1 :].split("/")[0]
            elif file.endswith(("bench/child.py", "bench/exchanges.py")):
                owner = "bench"
            else:
                frame = frame.f_back
                continue
            owners[owner] = owners.get(owner, 0) + 1
            return

    bytes_before = os.fstat(1).st_size
    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)
    rounds, wall, cpu = 0, time.monotonic(), time.process_time()
    while time.process_time() - cpu < seconds:
        invoke()
        rounds += 1
    count = rounds * len(steps)
    found["warm_cpu"] = (time.process_time() - cpu) / count
    found["warm_wall"] = (time.monotonic() - wall) / count
    signal.setitimer(signal.ITIMER_PROF, 0)
    sys.stdout.flush()
    found |= {"invocations": count, "owners": owners, "log_bytes": (os.fstat(1).st_size - bytes_before) / count}


def _load_exchanges() -> ModuleType:
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("bench_exchanges", os.path.join(os.path.dirname(__file__), "exchanges.py"))
    assert spec  # noqa: S101 - it is beside us
    assert spec.loader  # noqa: S101
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _signed(event: dict[str, Any], secret: str) -> dict[str, Any]:
    """The event with Stripe's signature as of now, if it has one: an old one is refused."""
    if "stripe-signature" not in event.get("headers", {}):
        return event
    import hashlib
    import hmac

    now = int(time.time())
    digest = hmac.new(secret.encode(), f"{now}.{event['body']}".encode(), hashlib.sha256).hexdigest()
    return event | {"headers": event["headers"] | {"stripe-signature": f"t={now},v1={digest}"}}


def _check(answer: object) -> None:
    """A handler that fails is quick and proves nothing."""
    if isinstance(answer, dict) and (answer.get("statusCode", 200) >= 400 or answer.get("batchItemFailures")):
        raise AssertionError(f"The handler failed: {answer}")


def _peak() -> int:
    """KiB. Not getrusage's, which begins with the memory of the process that started this one."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
