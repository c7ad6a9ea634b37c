"""`/openapi.json` and `/docs`: the document, and Swagger UI from files on this machine."""

from functools import cache
from importlib import resources
from typing import Annotated, Final

from fastapi import Depends, Response
from fastapi.openapi.docs import get_swagger_ui_html

from cluster.errors import NotFound
from deployments.http.app import service
from deployments.http.route import make_router
from deployments.openapi import Document

router = make_router()

_FILES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon.png": "image/png",
}
_KEEP: Final = {"cache-control": "public, max-age=86400"}
# The page starts itself by an inline script; nothing is loaded from elsewhere.
_POLICY: Final = {
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:"
}


@router.get("/openapi.json", include_in_schema=False)
async def openapi(document: Annotated[Document, Depends(service(Document))]) -> Response:
    """The OpenAPI document of all applications."""
    return Response(document.json, media_type="application/json")


@router.get("/docs", include_in_schema=False)
async def docs() -> Response:
    """Swagger UI."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="TRII",
        swagger_js_url="/docs/swagger-ui-bundle.js",
        swagger_css_url="/docs/swagger-ui.css",
        swagger_favicon_url="/docs/favicon.png",
    )
    page.headers.update(_POLICY)
    return page


@router.get("/docs/{name}", include_in_schema=False)
async def asset(name: str) -> Response:
    """A file of Swagger UI, from the package that carries it."""
    if name not in _FILES:
        raise NotFound("no such file")
    return Response(_read(name), media_type=_FILES[name], headers=_KEEP)


@cache
def _read(name: str) -> bytes:
    return (resources.files("fastapi_offline") / "static" / name).read_bytes()
