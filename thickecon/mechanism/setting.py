"""A mechanism from its name and from parameters given as text.

A parameter is read as a Python literal (``3``, ``0.5``, ``true``, ``None``, ``(1, 2)``, ``{0: 1.0}``), as one of the
package's small frozen objects (``Nash``, ``Atkinson(2)``, ``PartialCredit(influence=0.3)``), or else as text. Nothing
is evaluated: only names that are registered or public are called, with literals.
"""

from __future__ import annotations

import ast
import difflib
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, get_type_hints

from ..errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from ..lenses.lens import Lens
    from .mechanism import Mechanism

__all__ = ["make_lens", "make_mechanism", "mechanism_with", "read_value"]

_WORDS = {"true": True, "false": False, "none": None, "null": None, "inf": float("inf")}


def make_mechanism(name: str, parameters: Sequence[str] = (), lens: str | None = None) -> Mechanism:
    """The mechanism called ``name`` with parameters ``name=value``.

    Raises
    ------
    UnknownNameError
        No such mechanism, parameter or lens.
    InputError
        Not of the form name=value, a parameter given twice, or a value of the wrong type.
    """
    given: dict[str, Any] = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key.isidentifier():
            raise InputError(f"must be NAME=VALUE, found {text!r}", where="--param", remedy="for example reserve=3")
        if key in given:
            raise InputError(f"{key!r} is given twice", where="--param")
        given[key] = value
    if lens is not None:
        if "lens" in given:
            raise InputError("the lens is given twice", where="--lens and --param lens")
        given["lens"] = make_lens(lens)
    return mechanism_with(name, given, "--param")


def mechanism_with(name: str, parameters: Mapping[str, Any], where: str) -> Mechanism:
    """The mechanism called ``name``; parameters that are text are read as the module says, others taken as they are.

    Parameters
    ----------
    name
        Whole (``welfare.Allocate``), or its last part where that is unique.
    parameters
        By name.
    where
        What to call the place in errors.

    Raises
    ------
    UnknownNameError
        No such mechanism or parameter.
    InputError
        A value of the wrong type.
    """
    from .. import catalogue  # of the root: it loads the wings, so that their mechanisms are known

    known = catalogue()
    full = [each for each in known if each == name or each.endswith(f".{name}")]
    kind = known[full[0] if len(full) == 1 else name]
    objects = _objects(kind)
    texts = {key for key, value in parameters.items() if isinstance(value, str)}
    given = {
        key: read_value(value, objects, f"{where} {key}") if key in texts else value
        for key, value in parameters.items()
    }
    _check_parameters(kind, given, texts, objects, where)
    return _call(kind, (), given, f"mechanism {kind.name or name}")  # type: ignore[no-any-return]


def make_lens(text: str) -> Lens:
    """A lens from text, for example ``Endorsed`` or ``PartialCredit(influence=0.5)``.

    Raises
    ------
    UnknownNameError
        No such lens.
    InputError
        It does not take these parameters.
    """
    from ..lenses.lens import LENSES, Lens

    made = read_value(text, dict(LENSES.items()), "--lens")
    if not isinstance(made, Lens):
        LENSES[text]  # says which names there are
        raise InputError(f"must be a lens, found {text!r}", where="--lens")  # pragma: no cover - the line above raises
    return made


def _objects(kind: type[Mechanism]) -> dict[str, Callable[..., Any]]:
    """What a parameter may construct: lenses, and the frozen objects of the mechanism's package."""
    import sys

    from ..lenses.lens import LENSES
    from .mechanism import Mechanism

    found: dict[str, Callable[..., Any]] = dict(LENSES.items())
    package = sys.modules.get(kind.__module__.rpartition(".")[0])
    for name in getattr(package, "__all__", ()):
        made = getattr(package, name)
        if inspect.isclass(made) and hasattr(made, "__dataclass_fields__") and not issubclass(made, Mechanism):
            found[name] = made
    return found


def read_value(text: str, objects: Mapping[str, Callable[..., Any]], where: str) -> Any:
    """A value from text; see the module.

    Raises
    ------
    UnknownNameError
        Something is called that is not among ``objects``.
    InputError
        A call with anything but literals and ``objects``, or with parameters that do not fit.
    """
    stripped = text.strip()
    if stripped.lower() in _WORDS:
        return _WORDS[stripped.lower()]
    try:
        node = ast.parse(stripped, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return stripped
    if isinstance(node, ast.Name):
        return _call(objects[node.id], (), {}, where) if node.id in objects else stripped
    if not isinstance(node, ast.Call):
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, RecursionError):
            return stripped
    return _construct(node, objects, where)


def _construct(node: ast.Call, objects: Mapping[str, Callable[..., Any]], where: str) -> Any:
    from .._core.registry import nearest

    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    if name not in objects:
        raise UnknownNameError(
            f"nothing that can be made is called {name!r}; {nearest(name, sorted(objects))}", where=where
        )
    if any(word.arg is None for word in node.keywords):
        raise InputError("takes name=value only, found '**'", where=where)
    positional = [read_value(ast.unparse(each), objects, where) for each in node.args]
    named = {str(word.arg): read_value(ast.unparse(word.value), objects, where) for word in node.keywords}
    return _call(objects[name], positional, named, where)


def _call(made: Callable[..., Any], positional: Sequence[Any], named: Mapping[str, Any], where: str) -> Any:
    """``made(*positional, **named)``, with an error that says what it takes."""
    try:
        inspect.signature(made).bind(*positional, **named)
    except TypeError as err:
        takes = f"{getattr(made, '__name__', made)}{inspect.signature(made)}"
        raise InputError(f"{err}; it is {takes}", where=where) from err
    try:
        return made(*positional, **named)
    except TypeError as err:
        if isinstance(err, InputError):
            raise
        raise InputError(f"a parameter is of the wrong type ({err})", where=where) from err


def _check_parameters(
    kind: type[Mechanism], given: dict[str, Any], texts: Collection[str], objects: Iterable[str], where: str
) -> None:
    """Names must be parameters, values from text of the annotated types: a wrong one must not be found after long
    work. A list stands for a tuple where only a tuple will do.
    """
    from pydantic import ConfigDict, TypeAdapter, ValidationError
    from pydantic.errors import PydanticUserError

    from .._core.registry import nearest

    known = [field.name for field in fields(kind) if field.init]
    for name in given:
        if name not in known:
            raise UnknownNameError(
                f"{kind.name or kind.__name__} has no parameter {name!r}; {nearest(name, known)}", where=where
            )
    config = ConfigDict(arbitrary_types_allowed=True, strict=True)
    for name in texts:
        value = given[name]
        try:
            adapter: TypeAdapter[Any] = TypeAdapter(_hint(kind, name), config=config)
        except PydanticUserError:  # a type that brings its own rules
            continue
        try:
            try:
                adapter.validate_python(value)
            except ValidationError:
                if not isinstance(value, list):
                    raise
                given[name] = value = _as_tuple(value)
                adapter.validate_python(value)
        except ValidationError as err:
            wanted = " or ".join(dict.fromkeys(each["msg"].removeprefix("Input should be ") for each in err.errors()))
            close = difflib.get_close_matches(value, objects, n=1) if isinstance(value, str) else ()
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(f"must be {wanted}, found {value!r}{hint}", where=f"{where} {name}") from None


def _as_tuple(value: Any) -> Any:
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value


def _hint(kind: type[Mechanism], name: str) -> Any:
    """The type of one parameter; Any where its module imports the name for type checkers only."""
    import sys

    home = next(each for each in kind.__mro__ if name in vars(each).get("__annotations__", {}))
    alone = type("Alone", (), {"__annotations__": {name: vars(home)["__annotations__"][name]}})
    try:
        return get_type_hints(alone, vars(sys.modules[home.__module__]))[name]
    except NameError:
        return Any
