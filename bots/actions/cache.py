"""Where a cache is, and how to be let in."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bots.actions.errors import Failed
from bots.actions.request import Request

CREDENTIALS: Final = Path("/var/run/tocsin/caches")
"""Where the job's Secret lies: `<namespace>.<service>` holds a password, or user and password joined by a colon;
`ca.crt` the authority that has signed the caches' certificates."""
_PORTS: Final = {"http": 80, "https": 443, "redis": 6379, "rediss": 6379}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """One service that caches."""

    way: str
    """`http`, `https`, `redis` or `rediss`."""
    host: str
    port: int
    secret: str = field(default="", repr=False)
    """Password, or `user:password`; empty where none is needed."""
    authority: Path | None = None
    """File with the authority that signed its certificate; None takes those that the system knows."""

    @property
    def place(self) -> str:
        """For people."""
        return f"{self.way}://{self.host}:{self.port}"

    @property
    def user(self) -> str | None:
        """Who asks to be let in; None for the default user."""
        name, colon, _ = self.secret.partition(":")
        return name if colon else None

    @property
    def password(self) -> str | None:
        """None where none is needed."""
        name, colon, password = self.secret.partition(":")
        return (password if colon else name) or None

    @property
    def tls(self) -> bool:
        """Whether it is spoken to under TLS."""
        return self.way in ("https", "rediss")


def cache_of(request: Request, credentials: Path = CREDENTIALS) -> Cache:
    """The cache that a request means; raises Failed if its secret is there but cannot be read."""
    way, namespace, service = request.text("via"), request.namespace, request.target["service"]
    secret, authority = credentials / f"{namespace}.{service}", credentials / "ca.crt"
    try:
        text = secret.read_text(encoding="utf-8").strip() if secret.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise Failed(f"the secret for {namespace}/{service} cannot be read: {type(error).__name__}") from error
    return Cache(
        way=way,
        host=f"{service}.{namespace}.svc",
        port=request.number("port") or _PORTS[way],
        secret=text,
        authority=authority if authority.is_file() else None,
    )
