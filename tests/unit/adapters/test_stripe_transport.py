"""The way to Stripe, against servers that answer, keep silent, hang up, or are not who they say they are."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import stripe
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from payments.adapters.stripe.transport import StripeTransport


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


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def transport() -> Iterator[StripeTransport]:
    transport = StripeTransport(timeout=0.5)
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


def test_a_certificate_of_nobody_known_is_refused_for_good(
    server: HTTPServer, transport: StripeTransport, tmp_path: Path
) -> None:
    pair = tmp_path / "pair.pem"
    pair.write_bytes(self_signed("localhost"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with pytest.raises(stripe.APIConnectionError) as refused:
        transport.request("post", f"https://localhost:{server.server_port}/", {}, "x")
    assert not refused.value.should_retry
