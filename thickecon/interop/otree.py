"""A thick auction for the laboratory: an oTree project that runs as it is."""

from __future__ import annotations

import keyword
import os
import secrets
import shutil
import sys
from importlib.resources import files
from pathlib import Path
from string import Formatter, Template

from ..auctions.first_price import FirstPrice
from ..auctions.second_price import SecondPrice
from ..errors import FileFormatError, InputError
from ..lenses.reading import Cardinal
from ..profiles.motive import Motive
from ..profiles.profile import ThickProfile
from ..profiles.samplers.arguments import count, number

__all__ = ["export_otree"]

ADVERT = "Advertisement. Treat yourself: this lot feels like {worth} points."
PAGES = ("Introduction", "Bid", "Endorse", "Results")


def export_otree(
    mechanism: FirstPrice | SecondPrice,
    folder: str | os.PathLike[str],
    *,
    name: str = "thick_auction",
    bidders: int = 3,
    rounds: int = 10,
    value_top: float = 100.0,
    wedge: float = 20.0,
    reach: float = 0.5,
    endorsement: float = 0.0,
    advert: str = ADVERT,
    owner: str = "seller",
    seed: int = 1,
) -> Path:
    """Write an oTree project in which people bid under a first- or second-price auction.

    In each round a bidder sees a private value, uniform between 0 and ``value_top``, which is what the lot pays it, and
    with probability ``reach`` an advert. After the bid, those who saw the advert are asked how much of what it added
    they stand behind. The project has two arms: ``NAME_thick``, in which the mechanism's lens takes off the bid what
    evidence says the advert adds (``wedge``), and ``NAME_sidt``, the mechanism's baseline. Payoffs are computed by the
    mechanism's rule, in the exported ``rules.py``, which needs nothing but Python.

    Parameters
    ----------
    mechanism
        Reserve (one number), entry fee, charge and lens are taken over. Its reports must be the decision self's.
    folder
        Where to; must not exist, or be empty.
    name
        Of the app: a lower-case Python identifier.
    bidders, rounds
        Bidders in an auction, at least 2, and auctions for each of them.
    value_top
        More than 0, in points.
    wedge
        What the evidence says the advert adds to a bid, at least 0, in points.
    reach
        Probability in [0, 1].
    endorsement
        The share of the wedge that the mechanism takes bidders to stand behind, in [0, 1]: evidence given beforehand.
        Answers in the session do not move payoffs, or they would be answered as it pays.
    advert
        Text; ``{worth}`` in it is replaced by value and wedge together.
    owner
        Who advertises.
    seed
        Of values, adverts and ties: the same in both arms.

    Returns
    -------
    Path
        The folder. ``otree devserver`` in it starts the experiment, ``otree test`` plays it with bots. Its custom
        export is a table that :func:`thickecon.interop.read_bids` reads.

    Raises
    ------
    InputError
        Another mechanism, or a parameter outside its domain; a lens that reads no share of an influence.
    FileFormatError
        The folder is not empty, or cannot be written to.

    References
    ----------
    Chen, Schonger and Wickens (2016), "oTree: An open-source platform for laboratory, online, and field experiments",
    Journal of Behavioral and Experimental Finance 9, 88-97, doi:10.1016/j.jbef.2015.12.001

    Examples
    --------
    >>> import tempfile, thickecon as te
    >>> with tempfile.TemporaryDirectory() as place:
    ...     made = export_otree(te.auctions.SecondPrice(reserve=10), Path(place) / "lab", bidders=4)
    ...     sorted(file.name for file in (made / "thick_auction").iterdir())
    ['Bid.html', 'Endorse.html', 'Introduction.html', 'Results.html', '__init__.py', 'rules.py', 'tests.py']
    """
    _check_mechanism(mechanism)
    _check_name(name)
    _check_advert(advert)
    if not owner:
        raise InputError("must say who advertises", where="owner")
    added, top = number(wedge, "wedge", 0.0), number(value_top, "value_top", 0.0, open_=True)
    said = {
        "name": name,
        "title": f"{type(mechanism).title} for the laboratory",
        "mechanism": " ".join(repr(mechanism).split()),
        "bidders": count(bidders, "bidders", 2),
        "rounds": count(rounds, "rounds"),
        "pricing": "second" if isinstance(mechanism, SecondPrice) else "first",
        "reserve": mechanism.reserve,
        "entry_fee": mechanism.entry_fee,
        "charge": mechanism.charging,
        "correction": _taken_off(mechanism, number(endorsement, "endorsement", 0.0, 1.0)),
        "value_top": top,
        "wedge": added,
        "reach": number(reach, "reach", 0.0, 1.0),
        "owner": repr(owner),
        "advert": repr(advert),
        "highest_bid": 2.0 * (top + added),
        "seed": count(seed, "seed", 0),
    }
    return _written(Path(folder), name, said)


def _check_mechanism(mechanism: object) -> None:
    if type(mechanism) not in (FirstPrice, SecondPrice):
        raise InputError(
            f"must be auctions.FirstPrice or auctions.SecondPrice, found {type(mechanism).__name__}", where="mechanism"
        )
    assert isinstance(mechanism, FirstPrice | SecondPrice)
    if mechanism.reporting != "decision":
        raise InputError(
            f"must take reports of the decision self, as people in a laboratory bid; found {mechanism.reporting!r}",
            where="mechanism.reporting",
            remedy="reporting='decision'",
        )
    if isinstance(mechanism.reserve, tuple):
        raise InputError("must be one number: there is one lot", where="mechanism.reserve")


def _check_name(name: str) -> None:
    taken = name in sys.stdlib_module_names or name in ("otree", "settings") or keyword.iskeyword(name)
    if not name.isidentifier() or name != name.lower() or taken:
        raise InputError(
            f"must be a lower-case Python identifier that is not taken, found {name!r}",
            where="name",
            remedy="name='thick_auction'",
        )


def _check_advert(advert: str) -> None:
    try:
        fields = {field for _, field, _, _ in Formatter().parse(advert) if field is not None}
    except ValueError as err:
        raise InputError(f"is no text with fields ({err})", where="advert") from err
    if fields - {"worth"} or not advert.strip():
        raise InputError(f"may hold the field {{worth}} and no other, found {sorted(fields)}", where="advert")


def _taken_off(mechanism: FirstPrice | SecondPrice, endorsement: float) -> float:
    """The share of an influence that the lens takes off a bid, by reading two bids that hold one."""
    motives = [Motive("value"), Motive("advert", "influence", owner="seller")]
    probe = ThickProfile.from_arrays([[[64.0], [8.0]], [[64.0], [16.0]]], [1.0, endorsement], motives=motives)
    read = mechanism.read(probe, mechanism.lens)
    if not isinstance(read, Cardinal):
        raise InputError("must read numbers", where="mechanism.lens", remedy="te.Endorsed() or te.Revealed()")
    one, two = 1.0 - (read.values - 64.0) / [8.0, 16.0]
    if abs(one - two) > 1e-6 or not -1e-9 <= one <= 1.0 + 1e-9:
        raise InputError(
            f"must take off a share of what an influence adds, found {one:g} and {two:g} of two influences",
            where="mechanism.lens",
            remedy="te.Endorsed(), te.Revealed() or te.PartialCredit(influence=...)",
        )
    return round(min(max(float(one), 0.0), 1.0), 9)


def _written(folder: Path, name: str, said: dict[str, object]) -> Path:
    """All files or none: they are written beside the folder, which then takes its name."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileFormatError("is there already and not empty", where=str(folder), remedy="name a new folder")
    here = files(__package__).joinpath("otree_app")
    targets = {"README.md": "README.md.txt", "requirements.txt": "requirements.txt", "settings.py": "settings.py.txt"}
    inner = {"__init__.py": "app.py.txt", "rules.py": "rules.py.txt", "tests.py": "tests.py.txt"}
    targets |= {f"{name}/{target}": source for target, source in inner.items()}
    targets |= {f"{name}/{page}.html": f"{page}.html" for page in PAGES}
    beside = folder.with_name(f".{folder.name[:200]}.{secrets.token_hex(6)}.tmp")
    try:
        (beside / name).mkdir(parents=True)
        (beside / "_static").mkdir()  # oTree does not start without it
        (beside / "_static" / ".gitkeep").touch()
        for target, source in targets.items():
            text = here.joinpath(source).read_text(encoding="utf-8")
            filled = text if source.endswith(".html") else Template(text).substitute(said)
            (beside / target).write_text(filled, encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    except OSError as err:
        raise FileFormatError(f"cannot be written ({err.strerror or err})", where=str(folder)) from err
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder
