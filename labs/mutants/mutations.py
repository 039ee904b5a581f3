"""Makes the mutants of a module's source: typical mistakes, one at a time.

Types, docstrings, imports and the settings of a class are not mutated, since no test could notice it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from difflib import unified_diff
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMPARED: Final[dict[type[ast.cmpop], ast.cmpop]] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
}
_RECKONED: Final[dict[type[ast.operator], ast.operator]] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Div(),
    ast.Div: ast.Mult(),
    ast.FloorDiv: ast.Mult(),
    ast.Mod: ast.Mult(),
    ast.BitOr: ast.BitAnd(),
    ast.BitAnd: ast.BitOr(),
}
_GROWN: Final = "XX"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault in one module: a piece of its source, and its replacement."""

    module: str
    line: int
    kind: str
    before: str
    source: str
    """The whole module with the fault in it."""

    def diff(self) -> str:
        """The fault as a diff without context."""
        lines = unified_diff(
            self.before.splitlines(), self.source.splitlines(), self.module, self.module, "", "", 0, ""
        )
        return "\n".join(lines)

    def change(self) -> tuple[str, str]:
        """The changed lines before and after, stripped; `survivors.toml` names a mutant by them."""
        lines = self.diff().splitlines()[3:]
        was = " ".join(line[1:].strip() for line in lines if line.startswith("-"))
        became = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
        return was, became


def mutants_of(module: str, source: str) -> list[Mutant]:
    """All mutants of a module, in the order of its lines; `module` is its path or name, only to be shown."""
    text = _Text(source)
    made = [
        Mutant(module, node.lineno, kind, source, mutated)
        for node, kind, replacement in _Finder().found(ast.parse(source))
        if (mutated := text.with_(node, replacement)) != source and _compiles(mutated)
    ]
    return sorted(made, key=lambda each: each.line)


def _compiles(source: str) -> bool:
    try:
        compile(source, "<mutant>", "exec")
    except SyntaxError:
        return False
    return True


class _Text:
    """A source in which the text of one node can be replaced."""

    def __init__(self, source: str) -> None:
        self._bytes = source.encode()
        lines = self._bytes.splitlines(keepends=True)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))

    def with_(self, node: ast.expr | ast.stmt, replacement: ast.AST | str) -> str:
        """The source with `node` replaced."""
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        words = replacement if isinstance(replacement, str) else ast.unparse(replacement)
        if isinstance(replacement, ast.BoolOp | ast.BinOp | ast.Compare | ast.UnaryOp):
            words = f"({words})"
        return (self._bytes[:start] + words.encode() + self._bytes[end:]).decode()


type _Found = tuple[ast.expr | ast.stmt, str, ast.AST | str]


class _Finder:
    """Finds what can be mutated in a module."""

    def found(self, node: ast.AST) -> Iterator[_Found]:
        """Each node, the kind of fault, and the replacement."""
        match node:
            case ast.Import() | ast.ImportFrom() | ast.TypeAlias():
                return
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                return
            case ast.Expr(value=ast.Constant(value=str())):
                return  # a docstring
            case ast.expr() | ast.stmt():
                yield from self._here(node)
        for child in self._children(node):
            yield from self.found(child)

    def _children(self, node: ast.AST) -> list[ast.AST]:
        """The child nodes to mutate."""
        left: list[ast.AST]
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                left = [*node.body, *node.args.defaults, *(each for each in node.args.kw_defaults if each is not None)]
            case ast.ClassDef():
                left = [*node.body]
            case ast.AnnAssign():
                left = [] if node.value is None else [node.value]
            case ast.Assign(targets=[ast.Name(id="model_config")]):
                left = []
            case ast.keyword(arg="strict"):
                left = []  # of a zip: it only checks our own code
            case ast.JoinedStr():
                left = [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
            case ast.Match():
                left = [node.subject, *(part for case in node.cases for part in (*_guard(case), *case.body))]
            case _:
                left = [*ast.iter_child_nodes(node)]
        return left

    def _here(self, node: ast.expr | ast.stmt) -> Iterator[_Found]:
        yield from _of_conditions(node)
        yield from _of_values(node)
        yield from _of_steps(node)


def _of_conditions(node: ast.expr | ast.stmt) -> Iterator[_Found]:
    match node:
        case ast.Compare(ops=[operator]):
            yield node, "compare", ast.Compare(node.left, [_COMPARED[type(operator)]], node.comparators)
        case ast.BoolOp():
            yield node, "and-or", ast.BoolOp(ast.And() if isinstance(node.op, ast.Or) else ast.Or(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield node, "not", node.operand
        case ast.IfExp() | ast.If():
            yield node.test, "branch", "True"
            yield node.test, "branch", "False"
        case ast.While():
            yield node.test, "branch", "False"
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            for condition in (each for generator in node.generators for each in generator.ifs):
                yield condition, "branch", "True"


def _of_values(node: ast.expr | ast.stmt) -> Iterator[_Found]:
    match node:
        case ast.BinOp() if type(node.op) in _RECKONED and not _is_text(node.left):
            yield node, "reckon", ast.BinOp(node.left, _RECKONED[type(node.op)], node.right)
        case ast.Constant(value=bool(flag)):
            yield node, "flag", ast.Constant(not flag)
        case ast.Constant(value=int(number) | float(number)):
            yield node, "number", ast.Constant(number + 1)
        case ast.Constant(value=str(words)):
            yield node, "text", ast.Constant(words + _GROWN)
        case ast.Constant(value=bytes(words)):
            yield node, "text", ast.Constant(words + _GROWN.encode())
        case ast.JoinedStr():
            yield node, "text", ast.JoinedStr([*node.values, ast.Constant(_GROWN)])


def _of_steps(node: ast.expr | ast.stmt) -> Iterator[_Found]:
    match node:
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield value, "return", "None"
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign() | ast.Raise() | ast.Delete():
            yield node, "drop", "pass"
        case ast.Continue():
            yield node, "loop", "break"
        case ast.Break():
            yield node, "loop", "continue"


def _guard(case: ast.match_case) -> list[ast.expr]:
    return [] if case.guard is None else [case.guard]


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and isinstance(value.value, str))
