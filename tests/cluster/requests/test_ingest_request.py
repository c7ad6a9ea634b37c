"""What an ingest may be asked for, on the command line and over HTTP."""

import pytest

from cluster.errors import BadInput
from cluster.requests.ingest import IngestRequest, parse_ingest
from cluster.requests.options import options, request_data


@pytest.mark.parametrize("dataset", ["Crypto", "my.data", "half"])
def test_a_provider_of_ones_own_may_call_its_dataset_as_it_likes(dataset):
    assert parse_ingest({"dataset": dataset}, own=dataset).dataset == dataset


@pytest.mark.parametrize("dataset", ["Crypto", "nobody", "", "a" * 65])
def test_a_dataset_that_nobody_provides_is_refused(dataset):
    with pytest.raises(BadInput, match="dataset"):
        parse_ingest({"dataset": dataset}, own="half")


@pytest.mark.parametrize(
    ("text", "symbols"),
    [("", ()), ("A,", ("A",)), (" A , ,B", ("A", "B")), ("BTC/USD,^X,0700.HK", ("BTC/USD", "^X", "0700.HK"))],
)  # fmt: skip
def test_symbols_of_a_command_are_what_stands_between_commas(text, symbols):
    data = request_data(IngestRequest, {"dataset": "synthetic", "symbols": text})
    request = parse_ingest(data)
    assert request.symbols == symbols
    words = dict(word.removeprefix("--").split("=", 1) for word in options(request))
    assert parse_ingest(request_data(IngestRequest, words)) == request
