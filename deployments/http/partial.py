"""Lists of symbols of which some have no answer: with `partial` that is their own problem alone."""

from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from cluster.errors import BadInput, UnknownSymbol
from deployments.http.envelope import Envelope

T = TypeVar("T")
R = TypeVar("R")

PARTIAL: Final = Field(
    default=False,
    description="answer the symbols that can be, and list the others in `errors` beside `data`; "
    "without it one of them refuses the whole",
)


def _yes_or_no(value: Any) -> Any:
    """One spelling each: `1`, `yes` and `True` are truths to Python, not to us."""
    if isinstance(value, str):
        if value not in {"true", "false"}:
            raise PydanticCustomError("flag", "expected true or false")
        return value == "true"
    return value


Flag = Annotated[bool, BeforeValidator(_yes_or_no)]


class SymbolProblem(BaseModel):
    """Why a symbol of the list has no answer; `near` are names that look like it."""

    symbol: str
    code: str = Field(examples=["unknown_symbol"])
    detail: str
    near: list[str] = []


class PartialEnvelope(Envelope[T], Generic[T]):
    """An envelope whose `errors` come with `partial` alone; they may be none."""

    errors: list[SymbolProblem] | None = None


def problem_of(symbol: str, error: BadInput) -> SymbolProblem:
    """The problem of this symbol alone."""
    code = error.faults[0].type if error.faults else error.code
    near = list(error.near) if isinstance(error, UnknownSymbol) else []
    return SymbolProblem(symbol=symbol, code=code, detail=str(error), near=near)


def sort_out(
    symbols: Iterable[str], find: Callable[[str], R]
) -> tuple[list[R], list[SymbolProblem]]:
    """What `find` gives of each symbol, in their order, and the problems of those that it refuses."""
    found: list[R] = []
    problems: list[SymbolProblem] = []
    for symbol in symbols:
        try:
            found.append(find(symbol))
        except BadInput as error:
            problems.append(problem_of(symbol, error))
    return found, problems


def beside(problems: Iterable[SymbolProblem] | None) -> dict[str, Any]:
    """What stands beside `data`: nothing where the whole was asked for."""
    return {} if problems is None else {"errors": [problem.model_dump() for problem in problems]}
