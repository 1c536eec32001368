"""Routes without FastAPI's machinery, for what is called thousands of times a second.

FastAPI solves dependencies and keeps two exit stacks for each request, which costs as much as
recording an outcome. A plain route calls its endpoint with the request and nothing else; it is
documented like every other route.
"""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import request_response


class PlainRoute(APIRoute):
    """A documented route whose endpoint takes the request and returns the answer."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.app = request_response(self.endpoint)
