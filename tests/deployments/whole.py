"""Every application of the platform as one, behind one edge, without Serve between them."""

from cluster.providers.catalog import STREAMED
from cluster.stores.lake import Lake
from deployments.analysis.app import make_analysis
from deployments.api.app import make_api
from deployments.http.app import make_app
from deployments.predictions.app import make_predictions
from deployments.predictions.predictor import Predictor
from deployments.quotes.routes import Quotes
from deployments.quotes.routes import router as quotes_router
from deployments.quotes.sources import CloseSource
from deployments.quotes.table import QuoteTable
from deployments.stream.app import make_stream


def make_whole(settings, *, clock, models=()):
    """The ASGI application; quotes are last closes, and nothing follows what changes."""
    lake = Lake.of(settings)
    predictor = Predictor(lake, clock=clock)
    predictor.serve(models)
    served = {
        "/v1/quotes": make_app("quotes", quotes_router, services=[_quotes(lake, clock)]),
        "/v1/analysis": make_analysis(settings),
        "/v1/predictions": make_predictions(predictor),
        "/v1/stream": make_stream(settings, clock=clock),
        "/": make_api(settings, clock=clock),
    }

    async def whole(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            prefix = next(prefix for prefix in served if scope["path"].startswith(prefix))
            await served[prefix](scope, receive, send)

    return whole


def _quotes(lake, clock):
    table = QuoteTable(max_age_s=5)
    source = CloseSource(table, lake=lake, streamed=STREAMED, clock=clock)
    if (closes := source.changed()) is not None:
        source.tell(closes)
    return Quotes(table, clock=clock, is_loaded=lambda: True)
