"""One self-contained page: text, tables and figures in a single HTML file that loads nothing."""

from __future__ import annotations

import html
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Page", "number"]

_STYLE = """
:root { --ink: #1c2530; --soft: #5b6876; --line: #dde3ea; --band: #f5f7fa; --accent: #1f5fa8; --warn: #8a4b08; }
body { font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; color: var(--ink);
  max-width: 66rem; margin: 2.5rem auto 5rem; padding: 0 1.2rem; background: #fff; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .3rem; } h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem;
  padding-top: .8rem; border-top: 1px solid var(--line); } h3 { font-size: 1.02rem; margin: 1.6rem 0 .4rem; }
p, li { max-width: 46rem; } .lead { color: var(--soft); font-size: 1.05rem; }
.scroll { overflow-x: auto; margin: .7rem 0 1rem; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { caption-side: top; text-align: left; color: var(--soft); padding-bottom: .35rem; }
caption span { display: block; max-width: 46rem; }
th, td { padding: .28rem .7rem; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } thead th { border-bottom: 2px solid #9fb0c2; min-width: 3.2rem;
  vertical-align: bottom; }
tbody th, td.text, thead th.text { text-align: left; } tbody th, td { white-space: nowrap; }
td.text { white-space: normal; min-width: 5rem; } td.prose { min-width: 14rem; }
tbody th.prose { white-space: normal; min-width: 12rem; }
tbody tr:nth-child(even) { background: var(--band); }
figure { margin: 1.1rem 0; } figure svg { max-width: 100%; height: auto; } figcaption { color: var(--soft);
  font-size: .88rem; max-width: 46rem; }
aside { border-left: 4px solid #d9a25b; background: #fdf7ee; padding: .5rem 1rem; margin: 1rem 0; }
aside p, aside li { margin: .3rem 0; } nav { font-size: .92rem; columns: 2; margin: 1.2rem 0; }
nav a { color: var(--accent); text-decoration: none; } code, pre { font-size: .86rem; background: var(--band); }
pre { padding: .8rem 1rem; overflow-x: auto; } footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } figure, table { break-inside: avoid; } }
"""


_PROSE = 24
"""Characters from which a cell is a sentence: it may break, and gets room to."""


def _text_class(column: Iterable[object]) -> str:
    longest = max((len(str(value)) for value in column), default=0)
    return "text prose" if longest > _PROSE else "text"


def number(value: object) -> str:
    """Four significant digits, whole numbers in full, a dash for nothing."""
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        return str(value)
    real = float(value)
    if real != real:
        return "–"
    if real in (float("inf"), float("-inf")):
        return "∞" if real > 0 else "-∞"
    if abs(real) >= 1000:
        return f"{real:,.0f}"
    made = f"{real:.4g}"
    return "0" if made in ("-0", "0") else made


@dataclass
class Page:
    """A page under construction.

    Parameters
    ----------
    title, lead
        Heading and the one sentence below it.
    """

    title: str
    lead: str = ""
    _body: list[str] = field(default_factory=list)
    _toc: list[tuple[str, str]] = field(default_factory=list)

    def section(self, title: str) -> Page:
        """Start a section; it appears in the table of contents."""
        anchor = f"s{len(self._toc) + 1}"
        self._toc.append((anchor, title))
        self._body.append(f'<h2 id="{anchor}">{html.escape(title)}</h2>')
        return self

    def heading(self, title: str) -> Page:
        """A heading within a section."""
        self._body.append(f"<h3>{html.escape(title)}</h3>")
        return self

    def text(self, *paragraphs: str) -> Page:
        """Paragraphs of plain text."""
        self._body += [f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs if paragraph]
        return self

    def notes(self, items: list[str] | tuple[str, ...]) -> Page:
        """Caveats, set apart; nothing if there are none."""
        if items:
            self._body.append(
                "<aside><ul>" + "".join(f"<li>{html.escape(text)}</li>" for text in items) + "</ul></aside>"
            )
        return self

    def code(self, text: str) -> Page:
        """Preformatted text."""
        self._body.append(f"<pre>{html.escape(text)}</pre>")
        return self

    def table(self, frame: pd.DataFrame, caption: str = "") -> Page:
        """A frame; numbers get four significant digits, other cells are text."""
        numeric = [kind.kind in "fiu" for kind in frame.dtypes]
        heads = [name if name is not None else "" for name in frame.index.names]
        cells = [f'<th class="text">{html.escape(str(head))}</th>' for head in heads]
        cells += [
            f"<th{'' if right else ' class=text'}>{html.escape(str(name))}</th>"
            for name, right in zip(frame.columns, numeric, strict=True)
        ]
        kinds = ["" if right else f' class="{_text_class(frame.iloc[:, k])}"' for k, right in enumerate(numeric)]
        rows = []
        for label, values in zip(frame.index, frame.itertuples(index=False), strict=True):
            parts = label if isinstance(label, tuple) else (label,)
            row = "".join(
                f"<th{' class=prose' if len(str(part)) > _PROSE else ''}>{html.escape(str(part))}</th>"
                for part in parts
            )
            row += "".join(
                f"<td{kind}>{html.escape(number(value))}</td>" for value, kind in zip(values, kinds, strict=True)
            )
            rows.append(f"<tr>{row}</tr>")
        top = f"<caption><span>{html.escape(caption)}</span></caption>" if caption else ""
        self._body.append(
            f'<div class="scroll"><table>{top}<thead><tr>{"".join(cells)}</tr></thead>'
            f"<tbody>{''.join(rows)}</tbody></table></div>"
        )
        return self

    def figure(self, drawn: Any, caption: str = "") -> Page:
        """A matplotlib Figure as inline SVG."""
        buffer = io.StringIO()
        import matplotlib as mpl

        with mpl.rc_context({"svg.hashsalt": f"{self.title}{len(self._body)}", "svg.fonttype": "path"}):
            drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        drawing = buffer.getvalue()
        drawing = drawing[drawing.index("<svg") :]
        label = html.escape(caption)
        self._body.append(f'<figure role="img" aria-label="{label}">{drawing}<figcaption>{label}</figcaption></figure>')
        return self

    def render(self) -> str:
        """The page as HTML."""
        links = "".join(f'<div><a href="#{anchor}">{html.escape(title)}</a></div>' for anchor, title in self._toc)
        nav = f"<nav>{links}</nav>" if len(self._toc) > 2 else ""
        title = html.escape(self.title)
        lead = f'<p class="lead">{html.escape(self.lead)}</p>' if self.lead else ""
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
            f"<body><h1>{title}</h1>{lead}{nav}{''.join(self._body)}"
            "<footer>Made by thickecon. This file loads nothing from elsewhere.</footer></body></html>\n"
        )
