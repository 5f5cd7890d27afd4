"""Pictures of a league."""

from __future__ import annotations

import base64
import io

import pandas as pd

SEGMENT_COLOURS = {1: "#006747", 2: "#41b6e6", 3: "#ed8b00", 4: "#8a1538"}


def league_plot(table: pd.DataFrame) -> bytes:
    """A PNG of one league: average score by rank, coloured by segment; a ring marks the financial override."""
    from matplotlib.figure import Figure

    ranked = table[table["ranked"]].sort_values(["rank", "trust_code"])
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.subplots()
    for segment, colour in SEGMENT_COLOURS.items():
        rows = ranked[ranked["segment"] == segment]
        axes.scatter(rows["rank"], rows["average_score"].astype(float), s=18, color=colour,
                     label=f"segment {segment}")  # fmt: skip
    moved = ranked[(ranked["financial_override"] == 1) & (ranked["segment"] != ranked["segment_unadjusted"])]
    axes.scatter(moved["rank"], moved["average_score"].astype(float), s=70, facecolors="none", edgecolors="black",
                 linewidths=0.8, label="moved by the financial override")  # fmt: skip
    axes.set_xlabel("rank in league")
    axes.set_ylabel("average metric score (1 best, 4 worst)")
    axes.set_title(f"{ranked['league'].iloc[0]} {ranked['quarter'].iloc[0]}: {len(ranked)} trusts")
    axes.legend(loc="upper left", fontsize="small")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=90)
    return picture.getvalue()


def as_markdown(table: pd.DataFrame) -> str:
    """The plot as an inline picture, or why there is none."""
    if not table["ranked"].any():
        return "no trust is ranked"
    return f"![league](data:image/png;base64,{base64.b64encode(league_plot(table)).decode()})"
