"""Who may speak: decided before routing, from what every request says about itself.

Other users of the machine share its loopback, and any web page may try to reach it: so the host
and the origin are compared as whole strings, and a token is asked for everything but the static
files, which hold no data. Nothing sets cookies, so no page has a user's authority by itself.
"""

import hmac
import secrets
from dataclasses import dataclass
from typing import Literal

from cortistim.io.live.wire import SUBPROTOCOL, TOKEN_PREFIX

Role = Literal["nobody", "view", "control"]
Area = Literal["static", "api", "socket"]
TOKEN_BYTES = 32
SAME_SITE = (None, "same-origin")
METHODS: dict[Area, tuple[str, ...]] = {
    "static": ("GET", "HEAD"),
    "api": ("GET", "POST"),
    "socket": ("GET",),
}


class RefusedError(Exception):
    """A request that is not let in.

    Parameters
    ----------
    status : int
        Of HTTP.
    reason : str
        Tells nothing that the asker does not know.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says about itself.

    Parameters
    ----------
    method, path : str
        Of HTTP; without query.
    hosts, origins : tuple of str
        Every Host and Origin header; there should be one, and at most one.
    site : str or None
        Sec-Fetch-Site.
    bearer : str
        The Authorization header.
    protocols : str
        Sec-WebSocket-Protocol.
    content_type : str
        Of a POST.
    """

    method: str
    path: str
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    site: str | None = None
    bearer: str = ""
    protocols: str = ""
    content_type: str = ""

    @property
    def area(self) -> Area:
        """Which part of the server is meant."""
        if self.path == "/v1/stream":
            return "socket"
        return "api" if self.path.startswith("/v1") else "static"


@dataclass(frozen=True, slots=True)
class Guard:
    """The gate of one server.

    Parameters
    ----------
    port : int
        That it listens on.
    view_token, control_token : str
        For looking, and for moving and writing down.
    framed : bool, optional
        Whether pages of this machine, such as a notebook, may show the page in a frame.
    """

    port: int
    view_token: str
    control_token: str
    framed: bool = False

    @classmethod
    def fresh(cls, port: int, *, framed: bool = False) -> "Guard":
        """Make a gate with new tokens."""
        view, control = (secrets.token_urlsafe(TOKEN_BYTES) for _ in range(2))
        return cls(port, view, control, framed)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names under which this server may be asked."""
        return tuple(f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]"))

    def admit(self, asked: Asked) -> Role:
        """Let a request in, or not.

        Parameters
        ----------
        asked : Asked
            What it says.

        Returns
        -------
        {"nobody", "view", "control"}
            What it may do; nobody gets static files alone.

        Raises
        ------
        RefusedError
            With the status to answer.
        """
        if len(asked.hosts) != 1 or asked.hosts[0] not in self.hosts:
            raise RefusedError(403, "host")
        if asked.origins not in ((), (f"http://{asked.hosts[0]}",)):
            raise RefusedError(403, "origin")
        if asked.method not in METHODS[asked.area]:
            raise RefusedError(405, "method")
        if asked.area == "static":
            return "nobody"
        if asked.site not in SAME_SITE:
            raise RefusedError(403, "site")
        role = self._role(self._token(asked))
        if asked.method == "POST":
            self._require_post(asked, role)
        return role

    def _require_post(self, asked: Asked, role: Role) -> None:
        if asked.content_type.split(";")[0].strip().lower() != "application/json":
            raise RefusedError(415, "content type")
        if role != "control":
            raise RefusedError(403, "control")

    def _token(self, asked: Asked) -> str:
        if asked.area == "api":
            return asked.bearer.removeprefix("Bearer ") if asked.bearer else ""
        offered = [part.strip() for part in asked.protocols.split(",")]
        tokens = [part for part in offered if part.startswith(TOKEN_PREFIX)]
        if SUBPROTOCOL not in offered or len(tokens) != 1:
            return ""
        return tokens[0].removeprefix(TOKEN_PREFIX)

    def _role(self, token: str) -> Role:
        given = token.encode("utf-8", "replace")
        view = hmac.compare_digest(given, self.view_token.encode())
        control = hmac.compare_digest(given, self.control_token.encode())
        if not (view or control):
            raise RefusedError(403, "token")
        return "control" if control else "view"


def page_headers(host: str, *, framed: bool = False) -> dict[str, str]:
    """Return the headers of every answer.

    Parameters
    ----------
    host : str
        As the request named it, which the gate has checked.
    framed : bool, optional
        Whether pages of this machine may show it in a frame.

    Returns
    -------
    dict of str to str
        No script but our own, no other place to connect to, no frame around unless it was
        asked for, nothing kept.
    """
    around = "http://localhost:* http://127.0.0.1:*" if framed else "'none'"
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        f"connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {around}"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
