"""The live page inside a notebook: the same server, in a thread, shown in a frame."""

import asyncio
import html
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

from cortistim.app.live import LiveRequest, Prepared, prepare, run_live
from cortistim.coil import Coil, named_coil
from cortistim.coil.named import DEFAULT_COIL
from cortistim.errors import BadInputError
from cortistim.head import Head

if TYPE_CHECKING:
    from cortistim.app.guard import Guard

HEIGHT_PX = 720
START_S = 60.0


class LiveView:
    """A live session beside a notebook's own work.

    The last expression of a cell, it shows the page. `close` or a ``with`` block ends it. The
    cell's output holds the session's token, which is worth nothing once the session has ended.

    Parameters
    ----------
    head : Head
        Of the session.
    coil : Coil, optional
        By default `DEFAULT_COIL`.
    height_px : int, optional
        Of the frame.
    **asked
        Further fields of `LiveRequest`, such as ``target`` or ``subject``.

    Raises
    ------
    BadInputError
        As `prepare`; when there is no such field.
    """

    def __init__(
        self,
        head: Head,
        coil: Coil | None = None,
        *,
        height_px: int = HEIGHT_PX,
        **asked: object,
    ) -> None:
        unknown = set(asked) - set(LiveRequest.__dataclass_fields__)
        if unknown:
            msg = (
                f"a live view takes {', '.join(LiveRequest.__dataclass_fields__)}; got "
                f"{', '.join(sorted(unknown))}."
            )
            raise BadInputError(msg)
        request = LiveRequest(framed=True, **asked)  # pyright: ignore[reportArgumentType]
        prepared = prepare(head, coil or named_coil(DEFAULT_COIL), request)
        self._begin(prepared, request, height_px)

    @classmethod
    def of(cls, prepared: Prepared, request: LiveRequest, height_px: int = HEIGHT_PX) -> Self:
        """Show a session that was prepared already.

        Parameters
        ----------
        prepared : Prepared
            From `prepare`.
        request : LiveRequest
            What it was prepared for.
        height_px : int, optional
            Of the frame.

        Returns
        -------
        LiveView
            Running.
        """
        view = cls.__new__(cls)
        view._begin(prepared, request, height_px)
        return view

    def _begin(self, prepared: Prepared, request: LiveRequest, height_px: int) -> None:
        self.height_px = height_px
        self._guard: Guard | None = None
        self._failure: BaseException | None = None
        self._ready, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=self._work, args=(prepared, request), daemon=True, name="live view"
        )
        self._thread.start()
        self._ready.wait(START_S)
        if self._failure is not None:
            raise self._failure

    def _work(self, prepared: Prepared, request: LiveRequest) -> None:
        def ready(guard: "Guard") -> None:
            self._guard = guard
            self._ready.set()

        try:
            asyncio.run(
                run_live(prepared, request, ready, lambda: asyncio.to_thread(self._done.wait))
            )
        except BaseException as error:  # noqa: BLE001 - raised again where the view was made
            self._failure = error
        finally:
            self._ready.set()

    @property
    def url(self) -> str:
        """Where the page is, with the token for control."""
        if self._guard is None or not self._thread.is_alive():
            msg = "the live view has ended; make another one."
            raise BadInputError(msg)
        return f"http://127.0.0.1:{self._guard.port}/#t={self._guard.control_token}"

    def close(self) -> None:
        """End the session."""
        self._done.set()
        self._thread.join(START_S)

    def __enter__(self) -> Self:
        """Return the view itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the session."""
        self.close()

    def __repr__(self) -> str:
        """Say where the page is, without the token."""
        if self._guard is None or not self._thread.is_alive():
            return "LiveView(ended)"
        return f"LiveView(http://127.0.0.1:{self._guard.port}/)"

    def _repr_html_(self) -> str:
        """Show the page in a frame; only where the notebook runs on this machine."""
        return (
            f'<iframe src="{html.escape(self.url)}" width="100%" height="{self.height_px}" '
            'style="border:0" title="cortistim live"></iframe>'
        )
