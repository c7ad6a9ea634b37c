"""The source code that a function brings along: its own, its helpers', and the constants they name."""

import ast
import contextlib
import functools
import inspect
import textwrap
import tokenize
from collections.abc import Callable, Iterator
from typing import Any

Code = Callable[..., object]


def trees(function: Code) -> Iterator[ast.AST]:
    """The syntax of the function, of functions of its module that it names, and of its constants.

    Constants are what its module assigns to names that it reads, as it is written there, and what
    it is bound to (``functools.partial``). Nothing for what has no source.
    """
    waiting, done = [function], set[int]()
    while waiting:
        one, bound = _unwrapped(waiting.pop())
        yield from bound
        # Helpers may name one another, or themselves.
        if id(one) in done:
            continue
        done.add(id(one))
        tree = _parsed(one)
        if tree is None:
            continue
        yield tree
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        yield from _assigned(one, names)
        waiting += _helpers(one, names)


def _unwrapped(function: Code) -> tuple[Code, list[ast.AST]]:
    """The function behind partials, methods and callable objects, and what it is bound to."""
    bound: list[ast.AST] = []
    while isinstance(function, functools.partial):
        for value in (*function.args, *function.keywords.values()):
            # The repr of most objects is no source, and then holds no constant to be read.
            with contextlib.suppress(SyntaxError):
                bound.append(ast.parse(repr(value), mode="eval"))
        function = function.func
    function = inspect.unwrap(function)
    if not (inspect.isroutine(function) or inspect.isclass(function)):
        function = type(function).__call__
    return getattr(function, "__func__", function), bound


def _parsed(part: Any) -> ast.AST | None:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(part)))
    # Typed in, built in, or a lambda whose line is cut out of an expression: no source to read.
    except (OSError, TypeError, SyntaxError, tokenize.TokenError):
        return None


def _assigned(function: Code, names: set[str]) -> Iterator[ast.AST]:
    """What the function's module assigns to those names."""
    module = inspect.getmodule(function)
    tree = None if module is None else _parsed(module)
    for node in ast.iter_child_nodes(tree) if tree else ():
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id in names for target in targets):
                yield node.value


def _helpers(function: Code, names: set[str]) -> list[Code]:
    """Functions of the same module, by those names."""
    known = getattr(function, "__globals__", {})
    named = (known[name] for name in sorted(names) if name in known)
    return [
        value
        for value in named
        if inspect.isfunction(value) and value.__module__ == function.__module__
    ]
