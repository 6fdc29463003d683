"""The way to Stripe, against servers that answer, keep silent, trickle, hang up, or are not who they say they are."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import stripe
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from payments.adapters.deadline import within
from payments.adapters.stripe.transport import StripeTransport, _TimedReads


class Echo(BaseHTTPRequestHandler):
    """Answers 402 with what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(402)
        self.send_header("Request-Id", "req_1")
        self.send_header("Connection-Port", str(self.client_address[1]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def self_signed(host: str) -> bytes:
    """A key and its certificate, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + certificate.public_bytes(encoding)


def by_tls(server: HTTPServer, folder: Path) -> Path:
    """From now on the server speaks TLS only; its certificate."""
    context, pair = self_certified(folder)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    return pair


def self_certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server on localhost needs for TLS, and what trusts it."""
    pair = folder / "pair.pem"
    pair.write_bytes(self_signed("localhost"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    return context, pair


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def answering(
    answer: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[int]]]:
    """An address where every connection is answered so, and an entry for each there was."""
    seen = list[int]()

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, (_, port) = listener.accept()
                seen.append(port)
                with suppress(OSError), tls.wrap_socket(connection, server_side=True) if tls else connection as it:
                    it.recv(65536)
                    answer(it)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"{'https' if tls else 'http'}://localhost:{listener.getsockname()[1]}/v1/x", seen
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def byte_by_byte(connection: socket.socket) -> None:
    """For longer than any test waits, unless it hangs up."""
    for _ in range(600):
        connection.sendall(b"x")
        time.sleep(0.1)


HEAD = b"HTTP/1.1 200 OK\r\n"


def trickling_headers(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"X-Long: ")
    byte_by_byte(connection)


def trickling_body(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
    byte_by_byte(connection)


def trickling_chunks(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    for _ in range(600):
        connection.sendall(b"1\r\nx\r\n")
        time.sleep(0.1)


def cut_off_body(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")


def cut_off_chunks(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")


def out_of_order(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.fixture
def transport() -> Iterator[StripeTransport]:
    transport = StripeTransport(timeout=0.5)
    yield transport
    transport.close()


@pytest.fixture
def patient() -> Iterator[StripeTransport]:
    transport = StripeTransport(timeout=10)
    yield transport
    transport.close()


def test_any_answer_is_an_answer_with_headers_in_whatever_case(server: HTTPServer, transport: StripeTransport) -> None:
    url = f"http://127.0.0.1:{server.server_port}/v1/x"
    body, status, headers = transport.request("post", url, {"Content-Type": "text/plain"}, "amount=1")
    assert (body, status, headers["request-id"], headers["Request-Id"]) == (b"amount=1", 402, "req_1", "req_1")


def test_the_connection_is_kept(server: HTTPServer, transport: StripeTransport) -> None:
    url = f"http://127.0.0.1:{server.server_port}/v1/x"
    ports = {transport.request("post", url, {}, "x")[2]["connection-port"] for _ in range(3)}
    assert len(ports) == 1


def test_silence_and_hanging_up_are_worth_another_try(transport: StripeTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(stripe.APIConnectionError) as waited:
            transport.request("get", url, {})
    with pytest.raises(stripe.APIConnectionError) as refused:
        transport.request("get", url, {})
    assert waited.value.should_retry
    assert refused.value.should_retry


@pytest.mark.parametrize("answer", [trickling_headers, trickling_body, trickling_chunks])
def test_an_answer_that_comes_byte_by_byte_has_no_more_time_than_any(
    answer: Callable[[socket.socket], None], transport: StripeTransport
) -> None:
    began = time.monotonic()
    with answering(answer) as (url, _), pytest.raises(stripe.APIConnectionError) as waited:
        transport.request("get", url, {})
    assert waited.value.should_retry
    assert time.monotonic() - began < 10


def test_an_answer_that_comes_byte_by_byte_by_tls_has_no_more_time_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, pair = self_certified(tmp_path)
    monkeypatch.setattr(stripe, "ca_bundle_path", str(pair))
    transport, began = StripeTransport(timeout=2), time.monotonic()
    with answering(trickling_body, context) as (url, seen), pytest.raises(stripe.APIConnectionError, match="ReadTime"):
        transport.request("get", url, {})
    assert len(seen) == 1
    assert time.monotonic() - began < 12
    transport.close()


def test_each_read_waits_for_what_is_left_of_the_time_and_the_last_lets_the_connection_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr("payments.adapters.stripe.transport.time.monotonic", lambda: now[0])
    ours, theirs = socket.socketpair()
    with theirs:
        ours.settimeout(10)
        reads = _TimedReads(ours)
        theirs.sendall(b"xy")
        now[0] += 4
        assert (reads.read(1), ours.gettimeout()) == (b"x", 6)
        now[0] += 6
        with pytest.raises(TimeoutError):
            reads.read(1)
        reads.close()
        ours.close()
        assert ours.fileno() == -1


@pytest.mark.parametrize("answer", [cut_off_body, cut_off_chunks])
def test_an_answer_that_is_cut_off_is_none(answer: Callable[[socket.socket], None], transport: StripeTransport) -> None:
    with answering(answer) as (url, _), pytest.raises(stripe.APIConnectionError) as broken:
        transport.request("get", url, {})
    assert broken.value.should_retry


def test_stripe_is_not_asked_when_the_answer_would_come_too_late(transport: StripeTransport) -> None:
    with answering(out_of_order) as (url, seen):
        with within(0.4), pytest.raises(stripe.APIConnectionError) as late:
            transport.request("post", url, {}, "x")
        assert not late.value.should_retry
        assert seen == []


def test_a_failure_is_repeated_as_often_as_asked(patient: StripeTransport) -> None:
    with answering(out_of_order) as (url, seen), within(60):
        assert patient.request_with_retries("post", url, {}, "x", max_network_retries=2)[1] == 503
        assert len(seen) == 3


def test_a_repetition_that_would_come_too_late_is_not_begun_and_the_failure_stands(patient: StripeTransport) -> None:
    with answering(out_of_order) as (url, seen):
        with within(10.4):
            assert patient.request_with_retries("post", url, {}, "x", max_network_retries=2)[1] == 503
        assert len(seen) == 1


def test_no_request_takes_the_time_that_is_needed_afterwards() -> None:
    transport = StripeTransport(timeout=10, then=3)
    with answering(out_of_order) as (url, seen):
        with within(12.9), pytest.raises(stripe.APIConnectionError):
            transport.request("post", url, {}, "x")
        assert seen == []
        with within(13.4):
            assert transport.request_with_retries("post", url, {}, "x", max_network_retries=2)[1] == 503
        assert len(seen) == 1
    transport.close()


def test_an_answer_by_tls_is_read(server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = by_tls(server, tmp_path)
    monkeypatch.setattr(stripe, "ca_bundle_path", str(pair))
    trusting = StripeTransport(timeout=10)
    url = f"https://localhost:{server.server_port}/v1/x"
    answers = [trusting.request("post", url, {}, "amount=1") for _ in range(2)]
    assert [body for body, _, _ in answers] == [b"amount=1"] * 2
    assert len({headers["connection-port"] for _, _, headers in answers}) == 1
    trusting.close()


def test_a_certificate_of_nobody_known_is_refused_for_good(
    server: HTTPServer, transport: StripeTransport, tmp_path: Path
) -> None:
    by_tls(server, tmp_path)
    with pytest.raises(stripe.APIConnectionError) as refused:
        transport.request("post", f"https://localhost:{server.server_port}/", {}, "x")
    assert not refused.value.should_retry
