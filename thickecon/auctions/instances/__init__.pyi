"""Public names of random auctions; one line a name."""

from .cats_regions import regions as regions
from .click_values import ClickAuction as ClickAuction
from .click_values import position as position
from .circles import gsvm as gsvm
from .local_global import llg as llg
from .mixtures import motive_mixture as motive_mixture
from .overlay import Manufactured as Manufactured

__all__: list[str]
