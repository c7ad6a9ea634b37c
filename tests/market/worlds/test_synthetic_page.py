"""`docs/synthetic.md`: its example runs and prints what it says."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs/synthetic.md"


def test_the_example_of_the_page_prints_what_it_says(capsys):
    page = PAGE.read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (printed,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})
    assert capsys.readouterr().out == printed
