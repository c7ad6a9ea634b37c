import io

from cluster.laptop.progress import StepLines


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_news_that_look_like_markup_are_shown_as_they_are():
    stream = Terminal()
    with StepLines(stream).step("Backtest") as report:
        report("read [/tmp/x] and [red]")
    assert "✓ Backtest" in stream.getvalue()
