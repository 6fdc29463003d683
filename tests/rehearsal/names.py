"""Names that AWS has in its DNS: in this process they are the emulator's address and port."""

import socket
from typing import Any

_OF_AWS = (".on.aws", ".execute-api.localhost")


def resolve_to(port: int) -> None:
    """From now on, whatever looks up the host of an API or of a Function URL is led to 127.0.0.1 and `port`."""
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, service: Any, *arguments: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name.endswith(_OF_AWS):
            return real("127.0.0.1", port, *arguments, **options)
        return real(host, service, *arguments, **options)

    socket.getaddrinfo = getaddrinfo  # type: ignore[assignment]
