"""The text format of the Combinatorial Auction Test Suite."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, NoReturn

import numpy as np

from .._core.arrays import FloatArray
from ..errors import FileFormatError, ProblemError
from ..lenses.lens import Lens
from ..lenses.reading import Cardinal
from ..problems.bids import Bids
from ..profiles.io.files import replace_file
from ..profiles.profile import ThickProfile

__all__ = ["read_cats", "write_cats"]

HEADERS = ("goods", "bids", "dummy")
DUMMY = "dummy "
"""How labels of items that are dummies begin."""


@dataclass(frozen=True)
class _Bid:
    line: int
    value: float
    goods: tuple[int, ...]


def read_cats(path: str | os.PathLike[str], *, dummies: Literal["bidders", "items"] = "bidders") -> Bids:
    r"""Bids in the format of CATS.

    A file has lines ``goods G``, ``bids B`` and, optionally, ``dummy D``, then B lines: number of the bid, value,
    numbers of goods, ``#``, set apart by blanks or tabs. Lines that begin with ``%`` are comments. Goods G, G + 1, ...
    are dummies: bids that share one exclude each other.

    Parameters
    ----------
    path
        The file.
    dummies
        ``"bidders"``: bids that share a dummy are one bidder's (XOR), bids without a dummy are a bidder each.
        ``"items"``: dummies stay among the items, called "dummy 0", ... (language OR*), which any file can be read
        as; a bidder is what dummies hold together.

    Returns
    -------
    Bids
        A thin profile in "money". Goods and bidders are numbers, a bundle is called by its goods, "0+3". Of two bids
        of one bidder on the same goods the larger is kept: no other can matter.

    Raises
    ------
    FileFormatError
        The file cannot be read, or a line is not what is stated above; the line is named. Or a bid holds two dummies
        (``dummies="bidders"``).

    References
    ----------
    Leyton-Brown, Pearson and Shoham (2000), doi:10.1145/352871.352879

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "three.txt"
    ...     _ = file.write_text("goods 2\nbids 3\ndummy 1\n0 5 0 2 #\n1 7 0 1 2 #\n2 4 1 #\n")
    ...     bids = read_cats(file)
    >>> bids.profile.n_agents, bids.profile.revealed.tolist()
    (2, [[5.0, 7.0, nan], [nan, nan, 4.0]])
    """
    where = os.fspath(path)
    if dummies not in ("bidders", "items"):
        raise FileFormatError(f"must be 'bidders' or 'items', found {dummies!r}", where="dummies")
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as err:
        raise FileFormatError(f"cannot be read ({err})", where=where) from err
    sizes, bids = _parsed(text, where)
    goods = sizes["goods"]
    owner = _owners(bids, goods)
    if dummies == "bidders":
        two = next((bid for bid in bids if sum(j >= goods for j in bid.goods) > 1), None)
        if two is not None:
            raise FileFormatError(
                "holds two dummies, so it is no list of bids that exclude one another",
                where=f"{where}, line {two.line}",
                remedy="read_cats(path, dummies='items')",
            )
    return _problem(bids, owner, goods, sizes["dummy"] if dummies == "items" else 0)


def _bad(where: str, line: int, what: str) -> NoReturn:
    raise FileFormatError(what, where=f"{where}, line {line}")


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if words and not words[0].startswith("%"):
            yield number, words


def _parsed(text: str, where: str) -> tuple[dict[str, int], list[_Bid]]:
    """Numbers of the header, and bids in the order of the file."""
    sizes: dict[str, int] = {}
    bids: dict[int, _Bid] = {}
    last = 0
    for line, words in _lines(text):
        last = line
        if words[0].lower() in HEADERS:
            name = words[0].lower()
            if name in sizes or bids or len(words) != 2 or not words[1].isdecimal():
                _bad(where, line, f"must be '{name} NUMBER', once, before the bids; found {' '.join(words)!r}")
            sizes[name] = int(words[1])
            continue
        missing = next((name for name in HEADERS[:2] if name not in sizes), None)
        if missing is not None:
            _bad(where, line, f"must be '{missing} NUMBER' before any bid, found {' '.join(words)[:60]!r}")
        number, bid = _bid(words, where, line, sizes["goods"], sizes["goods"] + sizes.setdefault("dummy", 0))
        if number in bids:
            _bad(where, line, f"bid {number} stands twice, first in line {bids[number].line}")
        bids[number] = bid
    if "bids" not in sizes or len(bids) != sizes["bids"] or not bids:
        said = f"'bids {sizes['bids']}'" if "bids" in sizes else "'goods' and 'bids'"
        _bad(where, last, f"the file ends after {len(bids)} bids, with {said} in its header")
    return sizes, list(bids.values())


def _bid(words: list[str], where: str, line: int, goods: int, places: int) -> tuple[int, _Bid]:
    if words[-1] != "#":
        _bad(where, line, f"a bid must end in '#', found {words[-1]!r}")
    if len(words) < 4 or not words[0].isdecimal():
        _bad(where, line, f"must be 'NUMBER VALUE GOOD ... #', found {' '.join(words)[:60]!r}")
    try:
        value = float(words[1])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        _bad(where, line, f"the value must be a finite number, found {words[1]!r}")
    wrong = next((word for word in words[2:-1] if not word.isdecimal() or int(word) >= places), None)
    if wrong is not None:
        _bad(where, line, f"goods must be numbers from 0 to {places - 1}, found {wrong!r}")
    held = sorted(map(int, words[2:-1]))
    if len(set(held)) < len(held):
        _bad(where, line, f"names a good twice: {held}")
    if held[0] >= goods:
        _bad(where, line, "holds dummies alone, no good")
    return int(words[0]), _Bid(line, value, tuple(held))


def _owners(bids: list[_Bid], goods: int) -> list[int]:
    """Who bids: bids that dummies hold together, numbered by first appearance."""
    parent = list(range(len(bids)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    holder: dict[int, int] = {}
    for k, bid in enumerate(bids):
        for dummy in bid.goods:
            if dummy >= goods:
                one, other = root(holder.setdefault(dummy, k)), root(k)
                parent[max(one, other)] = min(one, other)
    number: dict[int, int] = {}
    return [number.setdefault(root(k), len(number)) for k in range(len(bids))]


def _problem(bids: list[_Bid], owner: list[int], goods: int, dummies: int) -> Bids:
    """With ``dummies`` among the items (OR*), or without (XOR)."""
    best: dict[tuple[int, tuple[int, ...]], float] = {}
    for i, bid in zip(owner, bids, strict=True):
        key = i, tuple(j for j in bid.goods if j < goods + dummies)
        best[key] = max(best.get(key, -math.inf), bid.value)
    kinds = {bundle: x for x, bundle in enumerate(dict.fromkeys(bundle for _, bundle in best))}
    table = np.zeros((len(kinds), goods + dummies))
    for bundle, x in kinds.items():
        table[x, list(bundle)] = 1.0
    names = [str(j) for j in range(goods)] + [f"{DUMMY}{d}" for d in range(dummies)]
    profile = ThickProfile.from_rows(
        np.array([i for i, _ in best]),
        np.array([kinds[bundle] for _, bundle in best]),
        list(best.values()),
        options=["+".join(names[j] for j in bundle) for bundle in kinds],
        unit="money",
    )
    items = range(goods) if not dummies else [*range(goods), *names[goods:]]
    return Bids(profile, table, "OR*" if dummies else "XOR", items=items)


def write_cats(problem: Bids, path: str | os.PathLike[str], *, lens: Lens | None = None) -> None:
    """Write bids in the format of CATS, atomically.

    The format knows goods, bundles and one number for each bid: motives, owners and endorsement are lost, names go into
    comments. Bids that exclude one another (XOR, unit demand) share a dummy; under "OR" and "additive" nobody has one,
    so that readers take each bid for a bidder of its own. Under "OR*" items called "dummy ..." are written as dummies.

    Parameters
    ----------
    problem
        One unit of each item.
    path
        The file; its folder must exist.
    lens
        Which reading of a bid is written, relative to doing nothing; None: what is revealed,
        to the bit.

    Raises
    ------
    ProblemError
        Items in another supply than 1, or a lens that reads no numbers.
    FileFormatError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib, thickecon as te
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "llg.txt"
    ...     write_cats(te.auctions.instances.llg(rng=0), file)
    ...     read_cats(file).profile.n_agents
    3
    """
    if (problem.supply != 1).any():
        raise ProblemError(
            "must be one unit of each item: the format knows no other supply",
            where="write_cats",
            remedy="te.interop.write_bids, or problem.save",
        )
    index, items = problem.profile.index, list(problem.items or ())
    place = [j for j in range(len(items)) if not _is_dummy(problem, items[j])]
    goods = len(place)
    place += [j for j in range(len(items)) if _is_dummy(problem, items[j])]
    column = np.argsort(place)
    exclusive = problem.language in ("XOR", "unit")
    bids_of = np.bincount(index.agent, minlength=index.n_agents)
    dummy = np.where(exclusive & (bids_of > 1), np.cumsum(exclusive & (bids_of > 1)) - 1 + len(items), -1)
    bidders = (index.agents[i] for i in range(index.n_agents))
    lines = [f"% good {column[j]}: {_plain(items[j])}" for j in place]
    lines += [f"% bidder {i}: {_plain(label)}" for i, label in enumerate(bidders)]
    lines += [f"goods {goods}", f"bids {len(index)}", f"dummy {len(items) - goods + int((dummy >= 0).sum())}", ""]
    values = _values(problem.profile, lens)
    for k, (i, x) in enumerate(zip(index.agent.tolist(), index.option.tolist(), strict=True)):
        held = sorted(int(column[j]) for j in np.flatnonzero(problem.bundles[x]))
        held += [int(dummy[i])] if dummy[i] >= 0 else []
        lines.append("\t".join([str(k), repr(float(values[k])), *map(str, held), "#"]))
    text = "\n".join(lines) + "\n"

    def fill(file: BinaryIO) -> None:
        file.write(text.encode())

    replace_file(Path(os.path.realpath(path)), fill)


def _values(profile: ThickProfile, lens: Lens | None) -> FloatArray:
    """(rows,) what is bid, relative to doing nothing: exact for what is revealed, else on the lens's grid."""
    agent = profile.index.agent
    if lens is None:
        told: FloatArray = profile.rows.revealed - profile.outside_reading(None)[agent]
        return told
    read = lens.read(profile)
    if not isinstance(read, Cardinal):
        raise ProblemError("must read numbers", where="write_cats.lens", remedy="te.Revealed() or te.Endorsed()")
    made: FloatArray = read.values - read.outside[agent]
    return made


def _is_dummy(problem: Bids, item: object) -> bool:
    return problem.language == "OR*" and isinstance(item, str) and item.startswith(DUMMY)


def _plain(label: object) -> str:
    """On one line."""
    return " ".join(str(label).split())
