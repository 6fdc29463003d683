"""A function's workers: processes that run its real handler under awslambdaric, one event each at a time."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from local.diagnosis import import_failure
from local.news import Weight
from local.processes import Logs, Process, base_environment
from local.runtime_api import Invocation, Result, RuntimeApi
from local.template import REGION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from local.template import Function

MAXIMUM = 4
# A handler that cannot be loaded is tried again by an event, but not by each of a burst of them.
RETRY_BROKEN_AFTER = 5.0


def worker_environment(function: Function, runtime_api: str, aws: Mapping[str, str]) -> dict[str, str]:
    """The variables of a worker: the template's, Lambda's own, and the way to the local AWS; nothing of ours."""
    return {
        **base_environment(),
        "TZ": ":UTC",
        "PYTHONPATH": os.pathsep.join(str(layer.resolve()) for layer in function.layers),
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(function.code_uri.resolve()),
        # The AWS settings of whoever runs this stay out of it.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **aws,
        **function.environment,
    }


class Worker:
    """One process of a function. Its pool holds the lock for every change of its state."""

    def __init__(self, pool: Workers) -> None:
        self.pool = pool
        self.ready = False
        self.retired = False
        self.current: Invocation | None = None
        self._timer: threading.Timer | None = None
        self.api = RuntimeApi(self)
        function = pool.function
        try:
            self.process = Process(
                function.logical_id,
                "awslambdaric",
                [function.handler],
                worker_environment(function, self.api.address, pool.aws),
                function.code_uri,
                pool.logs,
                on_exit=lambda code: pool.exited(self, code),
            )
        except OSError:
            self.api.close()
            raise

    def begin(self, invocation: Invocation, seconds: float) -> None:
        """It works on an event, for so long at most."""
        self.current = invocation
        self._timer = threading.Timer(seconds, self.pool.timed_out, (self, invocation))
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> Invocation | None:
        """It works on nothing any more; what it did work on."""
        if self._timer:
            self._timer.cancel()
        invocation, self.current, self._timer = self.current, None, None
        return invocation

    def next(self) -> Invocation | None:
        return self.pool.take(self)

    def respond(self, request_id: str, result: Result) -> bool:
        return self.pool.complete(self, request_id, result)

    def fail_init(self, error: dict[str, Any]) -> None:
        self.pool.init_failed(self, error)


class Workers:
    """The workers of one function, `minimum` of them to begin with and up to MAXIMUM on demand."""

    def __init__(self, function: Function, aws: Mapping[str, str], logs: Logs, minimum: int = 1) -> None:
        self.function = function
        self.aws = aws
        self.logs = logs
        self._minimum = minimum
        self._changed = threading.Condition()
        self._workers: list[Worker] = []
        self._retired: list[Worker] = []
        self._pending: deque[Invocation] = deque()
        self._broken: str | None = None
        self._broken_at = 0.0
        self._closed = False

    def start(self) -> None:
        """Starts the first worker; the others follow when it has loaded its handler."""
        with self._changed:
            self._launch()

    def wait_until_loaded(self, timeout: float) -> bool:
        """Waits until a worker takes events or is known to be unable to."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._broken is not None or any(worker.ready for worker in self._workers), timeout
            )

    @property
    def broken(self) -> str | None:
        """Why the handler cannot be loaded, in a sentence."""
        return self._broken

    def invoke(self, payload: bytes) -> Future[Result]:
        """Hands an event to the next free worker."""
        invocation = Invocation(payload, self.function.arn)
        with self._changed:
            if self._broken and time.monotonic() < self._broken_at + RETRY_BROKEN_AFTER:
                invocation.result.set_result(Result.error("Runtime.InitError", self._broken))
                return invocation.result
            self._pending.append(invocation)
            idle = sum(worker.ready and worker.current is None for worker in self._workers)
            starting = sum(not worker.ready for worker in self._workers)
            if len(self._pending) > idle + starting and len(self._workers) < MAXIMUM:
                self._launch()
            self._changed.notify_all()
        return invocation.result

    def restart(self) -> None:
        """Replaces all workers, each when it has finished the event that it works on."""
        with self._changed:
            if self._closed:
                return
            self._broken = None
            for worker in self._workers:
                worker.retired = True
                self._retired.append(worker)
                if worker.current is None:
                    worker.process.kill()
            self._workers.clear()
            self._launch()
            self._changed.notify_all()

    def close(self) -> None:
        """Ends all workers, at once."""
        with self._changed:
            self._closed = True
            workers = [*self._workers, *self._retired]
            for worker in workers:
                worker.process.kill()
            self._fail_pending("The stack is ending.")
            self._changed.notify_all()
        for worker in workers:
            worker.process.wait()

    # What the workers report

    def take(self, worker: Worker) -> Invocation | None:
        with self._changed:
            if not worker.ready and worker in self._workers:
                self._loaded(worker)
            self._changed.wait_for(lambda: worker.retired or self._closed or self._pending)
            if worker.retired or self._closed:
                worker.process.kill()
                return None
            invocation = self._pending.popleft()
            invocation.deadline = time.time() + self.function.timeout
            worker.begin(invocation, self.function.timeout)
            return invocation

    def complete(self, worker: Worker, request_id: str, result: Result) -> bool:
        with self._changed:
            invocation = worker.current
            if invocation is None or invocation.request_id != request_id:
                return False
            worker.end()
        invocation.result.set_result(result)
        return True

    def init_failed(self, worker: Worker, error: dict[str, Any]) -> None:
        if worker.retired or self._closed:
            return
        self._explain(worker, error)

    def timed_out(self, worker: Worker, invocation: Invocation) -> None:
        with self._changed:
            if worker.current is not invocation:
                return
            worker.end()
            worker.process.kill()
        message = f"RequestId: {invocation.request_id} Error: Task timed out after {self.function.timeout:.2f} seconds"
        self.logs.write(self.function.logical_id, message)
        invocation.result.set_result(Result.error("Sandbox.Timedout", message))

    def exited(self, worker: Worker, code: int) -> None:
        worker.api.close()
        with self._changed:
            invocation = worker.end()
            worker.retired = True
            self._changed.notify_all()
            if worker in self._retired:
                self._retired.remove(worker)
            known = worker in self._workers
            if known:
                self._workers.remove(worker)
            never_ready = known and not worker.ready and not self._closed
            if known and worker.ready and not self._closed and len(self._workers) < self._minimum:
                self._launch()
        if never_ready:
            self._explain(worker, {"errorMessage": f"its process {worker.process.end}"})
        if invocation is not None:
            cause = f"signal: {-code}" if code < 0 else f"exit status {code}"
            message = f"RequestId: {invocation.request_id} Error: Runtime exited with error: {cause}"
            if not self._closed:
                self.logs.write(self.function.logical_id, message)
            invocation.result.set_result(Result.error("Runtime.ExitError", message))

    # With the lock held

    def _launch(self) -> None:
        if self._closed:
            return
        try:
            self._workers.append(Worker(self))
        except OSError as error:
            self._set_broken(f"{self.function.logical_id} cannot start: {error.strerror}: {error.filename}.")

    def _loaded(self, worker: Worker) -> None:
        worker.ready = True
        self._broken = None
        while len(self._workers) < self._minimum and self._broken is None:
            self._launch()
        self._changed.notify_all()

    def _set_broken(self, reason: str) -> None:
        if reason != self._broken:
            # Said once, however often an event has it tried again.
            self.logs.write(self.function.logical_id, reason, Weight.ERROR)
        self._broken = reason
        self._broken_at = time.monotonic()
        self._fail_pending(reason)
        self._changed.notify_all()

    def _fail_pending(self, reason: str) -> None:
        while self._pending:
            self._pending.popleft().result.set_result(Result.error("Runtime.InitError", reason))

    # Without the lock

    def _explain(self, worker: Worker, error: dict[str, Any]) -> None:
        """Says why the worker could not load the handler, unless another one has, or is about to try."""
        reason = import_failure(self.function, worker_environment(self.function, "", self.aws), error)
        with self._changed:
            if worker in self._workers:
                self._workers.remove(worker)
            if not self._workers and not self._closed:
                self._set_broken(reason)
