"""Bids in tables that people keep: a tidy CSV, and JSON with a list of bids."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Hashable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..errors import FileFormatError
from ..problems.bids import Bids, Language
from ..profiles.io.files import JSON_LIMIT, replace_file
from ..profiles.motive import Motive
from .bid_rows import BETWEEN, BidRows, Bundle, require_writable

__all__ = ["read_bids", "write_bids"]

FORMAT, VERSION = "thickecon/bids", 1
NEEDED = ("bidder", "bundle", "value")
COLUMNS = ("bidder", "bundle", "motive", "kind", "owner", "channel", "value", "endorsement")


def read_bids(
    path: str | os.PathLike[str],
    *,
    language: Language | None = None,
    supply: float | Mapping[Any, float] | None = None,
    items: Sequence[Hashable] | None = None,
) -> Bids:
    r"""Bids from ``.csv`` or ``.json``, with their motives.

    CSV: a row says what one motive adds to one bidder's worth of one bundle. Columns ``bidder``, ``bundle`` (items with
    ``+`` between: ``A+B``; ``A+A`` for two units) and ``value``; optionally ``motive`` (without it each row is a bid),
    ``kind`` ("value" or "influence"), ``owner``, ``channel`` and ``endorsement`` (1 where empty). Labels are text.

    JSON: an object with ``"format": "thickecon/bids"``, ``"version": 1`` and ``"bids"``, a list of
    ``{"bidder": ..., "items": [...], "value": 5}``, or with several motives ``{"bidder": ..., "items": [...],
    "values": {motive: 3, ...}}``. Optionally ``"motives"`` (a list of name, kind, owner, channel), ``"endorsement"``
    ({motive: share}), ``"bidders"`` (a list of ``{"bidder": ..., "endorsement": {motive: share}}``, where they
    differ), ``"language"``, ``"items"``, ``"supply"`` (a number or {item: units}) and ``"unit"``.

    Parameters
    ----------
    path
        The file.
    language, supply, items
        Of :class:`~thickecon.auctions.Bids`, in place of what a JSON file says. None: "XOR", 1, and the items that
        the bids name, in their order.

    Returns
    -------
    Bids
        A motive that says nothing of a row adds 0 to it; a motive of which nothing else is said is endorsed.

    Raises
    ------
    FileFormatError
        Missing, too large, another ending, or a row that is not what is stated above; the line or bid is named.
    ProblemError
        A bundle larger than the supply, or a language that the bundles do not fit.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder) / "bids.csv"
    ...     _ = file.write_text(
    ...         "bidder,bundle,motive,kind,owner,value,endorsement\n"
    ...         "ann,A+B,use,value,,5,1\nann,A+B,advert,influence,seller,3,0\n"
    ...     )
    ...     bids = read_bids(file)
    >>> bids.profile.revealed.tolist(), bids.profile.endorsed.tolist()
    ([[8.0]], [[5.0]])
    """
    place, ending = _ending(path)
    where = str(place)
    try:
        if place.stat().st_size > JSON_LIMIT:
            raise FileFormatError(f"is larger than {JSON_LIMIT >> 20} MB", where=where, remedy="problem.save")
        text = place.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise FileFormatError(f"cannot be read ({err})", where=where) from err
    said = _JsonBids.model_construct(language=None, supply=1, items=None)
    if ending == ".csv":
        rows = _from_csv(text, where)
    else:
        said = _said(text, where)
        rows = _from_json(said, where)
    return rows.problem(
        language or said.language or "XOR",
        said.supply if supply is None else supply,
        said.items if items is None else items,
        where,
    )


def _ending(path: str | os.PathLike[str]) -> tuple[Path, str]:
    place = Path(path)
    ending = place.suffix.lower()
    if ending not in (".csv", ".json"):
        raise FileFormatError(f"must end in .csv or .json, found {place.suffix or 'no ending'!r}", where=str(place))
    return place, ending


# ---- CSV ------------------------------------------------------------------------------------------------------


def _from_csv(text: str, where: str) -> BidRows:
    reader, made = csv.DictReader(io.StringIO(text, newline=""), strict=True), BidRows()
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        lost = next((name for name in NEEDED if name not in names), None)
        odd = next((name for k, name in enumerate(names) if name not in COLUMNS or name in names[:k]), None)
        if lost is not None or odd is not None:
            what = f"column {odd!r} is unknown or there twice" if lost is None else f"has no column {lost!r}"
            raise FileFormatError(what, where=f"{where}, line 1", remedy=f"columns are {', '.join(COLUMNS)}")
        reader.fieldnames = names
        for row in reader:
            _csv_row(made, row, f"{where}, line {reader.line_num}")
    except csv.Error as err:
        raise FileFormatError(f"is no CSV ({err})", where=f"{where}, line {reader.line_num}") from err
    if not made.values:
        raise FileFormatError("has no bids", where=where)
    return made


def _csv_row(made: BidRows, row: dict[Any, Any], place: str) -> None:
    if None in row or None in row.values():
        raise FileFormatError("has more or fewer cells than there are columns", where=place)
    cell = {name: text.strip() for name, text in row.items()}
    if not cell["bidder"]:
        raise FileFormatError("has no bidder", where=place)
    name, said = cell.get("motive") or "value", cell.get("kind") or "value"
    if said not in ("value", "influence"):
        raise FileFormatError(f"kind must be 'value' or 'influence', found {said!r}", where=place)
    kind: Literal["value", "influence"] = "influence" if said == "influence" else "value"
    made.add_motive(Motive(name, kind, owner=cell.get("owner") or None, channel=cell.get("channel") or None), place)
    items = [item.strip() for item in cell["bundle"].split(BETWEEN)] if cell["bundle"] else []
    if "" in items:
        raise FileFormatError(f"names an empty item in {cell['bundle']!r}", where=place)
    i = made.add_value(cell["bidder"], items, name, _number(cell["value"], place), place)
    made.endorse(i, name, _number(cell.get("endorsement") or "1", place), place)


def _number(text: str, place: str) -> float:
    try:
        return float(text)
    except ValueError as err:
        raise FileFormatError(f"must be a number, found {text!r}", where=place) from err


# ---- JSON -----------------------------------------------------------------------------------------------------

Label = str | int | float


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _JsonMotive(_Part):
    name: str = Field(min_length=1)
    kind: Literal["value", "influence"] = "value"
    owner: str | None = None
    channel: str | None = None


class _JsonBid(_Part):
    bidder: Label
    items: list[Label]
    value: float | None = None
    values: dict[str, float] | None = None


class _JsonBidder(_Part):
    bidder: Label
    endorsement: dict[str, float]


class _JsonBids(_Part):
    format: Literal["thickecon/bids"]
    version: Literal[1]
    bids: list[_JsonBid] = Field(min_length=1)
    motives: list[_JsonMotive] = Field(default_factory=lambda: [_JsonMotive(name="value")], min_length=1)
    endorsement: dict[str, float] = Field(default_factory=dict)
    bidders: list[_JsonBidder] = Field(default_factory=list)
    language: str | None = None
    items: list[Label] | None = None
    supply: float | dict[str, float] = 1
    unit: Literal["money", "utils"] = "money"


def _said(text: str, where: str) -> _JsonBids:
    try:
        return _JsonBids.model_validate(json.loads(text))
    except json.JSONDecodeError as err:
        raise FileFormatError(f"is no JSON ({err.msg})", where=f"{where}, line {err.lineno}") from err
    except RecursionError as err:
        raise FileFormatError("is nested too deeply", where=where) from err
    except ValidationError as err:
        fault = err.errors()[0]
        path = ".".join(map(str, fault["loc"])) or "file"
        raise FileFormatError(f"{path}: {fault['msg'].lower()}", where=where) from err


def _from_json(said: _JsonBids, where: str) -> BidRows:
    made = BidRows(said.unit)
    for motive in said.motives:
        made.add_motive(Motive(motive.name, motive.kind, owner=motive.owner, channel=motive.channel), where)
    for k, bid in enumerate(said.bids):
        place = f"{where}, bid {k}"
        if (bid.value is None) == (bid.values is None):
            raise FileFormatError("must have a value, or values by motive, one of the two", where=place)
        first = next(iter(made.motives))
        for name, value in (bid.values if bid.values is not None else {first: bid.value or 0.0}).items():
            _known(made, name, place)
            made.add_value(bid.bidder, list(bid.items), name, value, place)
    for name, share in said.endorsement.items():
        _known(made, name, f"{where}: endorsement")
        made.endorse(None, name, share, f"{where}: endorsement")
    for bidder in said.bidders:
        place = f"{where}: bidder {bidder.bidder!r}"
        if bidder.bidder not in made.bidders:
            raise FileFormatError("makes no bid", where=place)
        for name, share in bidder.endorsement.items():
            _known(made, name, place)
            made.endorse(made.bidders[bidder.bidder], name, share, place)
    return made


def _known(made: BidRows, name: str, place: str) -> None:
    if name not in made.motives:
        raise FileFormatError(f"names motive {name!r}, which 'motives' does not list", where=place)


# ---- writing --------------------------------------------------------------------------------------------------


def write_bids(problem: Bids, path: str | os.PathLike[str]) -> None:
    """Write bids with their motives as ``.csv`` or ``.json``, atomically; see :func:`read_bids` for the layouts.

    JSON gives back what was written, but for the order of bundles and their names. CSV holds neither language, supply
    nor unit, and turns labels into text.

    Parameters
    ----------
    problem
        The bids.
    path
        The file; its folder must exist.

    Raises
    ------
    ProblemError
        Something that tables of bids do not hold: uncertain endorsement, a worth of doing nothing, weights, tiers.
    FileFormatError
        Another ending; a label that the file cannot hold; a folder that cannot be written to.

    Examples
    --------
    >>> import tempfile, pathlib, thickecon as te
    >>> bids = te.auctions.instances.llg(rng=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_bids(bids, pathlib.Path(folder) / "llg.json")
    ...     bool(read_bids(pathlib.Path(folder) / "llg.json").equals(bids))
    True
    """
    place, ending = _ending(path)
    require_writable(problem)
    text = _csv_text(problem, str(place)) if ending == ".csv" else _json_text(problem, str(place))

    def fill(file: BinaryIO) -> None:
        file.write(text.encode())

    replace_file(Path(os.path.realpath(place)), fill)


def _bundles(problem: Bids) -> list[Bundle]:
    """(m) items of each option, one entry a unit."""
    items = list(problem.items or ())
    return [tuple(items[j] for j in np.flatnonzero(row) for _ in range(int(row[j]))) for row in problem.bundles]


def _rows(problem: Bids) -> Iterator[tuple[int, int, dict[str, float]]]:
    """Agent, option, and what each motive adds, in the order of the rows."""
    profile = problem.profile
    names = [motive.name for motive in profile.motives]
    for k, (i, x) in enumerate(zip(profile.index.agent.tolist(), profile.index.option.tolist(), strict=True)):
        yield i, x, dict(zip(names, profile.contributions[:, k].tolist(), strict=True))


def _csv_text(problem: Bids, where: str) -> str:
    profile = problem.profile
    shares = profile.endorsement.matrix(profile.n_agents, profile.n_motives)
    labels = {item: _cell(item, where, BETWEEN) for item in problem.items or ()}
    bundles = [BETWEEN.join(labels[item] for item in bundle) for bundle in _bundles(problem)]
    bidders = [_cell(label, where) for label in profile.agents]
    for given in (list(labels.values()), bidders):
        if len(set(given)) < len(given):
            raise FileFormatError("two labels are the same as text", where=where, remedy="write .json")
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for i, x, parts in _rows(problem):
        for c, motive in enumerate(profile.motives):
            about = (motive.name, motive.kind, motive.owner or "", motive.channel or "")
            writer.writerow((bidders[i], bundles[x], *about, repr(parts[motive.name]), repr(float(shares[i, c]))))
    return out.getvalue()


def _cell(label: Hashable, where: str, banned: str = "") -> str:
    text = str(label)
    if not text or text != text.strip() or (banned and banned in text):
        raise FileFormatError(
            f"label {label!r} is empty, has blanks at its ends or holds {banned!r}", where=where, remedy="write .json"
        )
    return text


def _json_text(problem: Bids, where: str) -> str:
    profile = problem.profile
    shares = profile.endorsement.matrix(profile.n_agents, profile.n_motives)
    labels = [*profile.agents, *(problem.items or ())]
    bad = next((label for label in labels if not isinstance(label, str | int | float)), None)
    if bad is not None:
        raise FileFormatError(f"label {bad!r} is neither text nor number", where=where, remedy="problem.save")
    items = list(problem.items or ())
    if len({str(item) for item in items}) < len(items):
        raise FileFormatError("two items are the same as text", where=where, remedy="problem.save")
    names = [motive.name for motive in profile.motives]
    tree: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "unit": profile.unit,
        "language": problem.language,
        "items": items,
        "supply": {str(item): units for item, units in zip(items, problem.supply.tolist(), strict=True)},
        "motives": [{"name": m.name, "kind": m.kind, "owner": m.owner, "channel": m.channel} for m in profile.motives],
    }
    if profile.endorsement.shared:
        tree["endorsement"] = dict(zip(names, shares[0].tolist(), strict=True))
    else:
        rows = zip(profile.agents, shares.tolist(), strict=True)
        tree["bidders"] = [{"bidder": who, "endorsement": dict(zip(names, row, strict=True))} for who, row in rows]
    bundles = _bundles(problem)
    bids = [{"bidder": profile.agents[i], "items": list(bundles[x]), "values": parts} for i, x, parts in _rows(problem)]
    head = json.dumps(tree, indent=1, allow_nan=False, ensure_ascii=False).removesuffix("\n}")
    body = ",\n".join("  " + json.dumps(bid, allow_nan=False, ensure_ascii=False) for bid in bids)
    return f'{head},\n "bids": [\n{body}\n ]\n}}\n'
