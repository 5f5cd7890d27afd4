"""Leagues made for tests of what the site says: every field has a value, and a test names those that it is about."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any, TypeVar

from orchestration.site.rows import Band, Certainty, Coverage, Measure, Organisation, Place
from orchestration.site.view import League, Member

T = TypeVar("T")


def row(kind: type[T], **values: Any) -> T:
    """A row of which only some fields are said; the others are empty."""
    empty = {field.name: None for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{**empty, **values})


def member(code: str, rank: int | None = 1, **said: Any) -> Member:
    """Someone of a league with a place, or with none. Fields of any of its rows are said by name."""

    def of(kind: type[T], **values: Any) -> T:
        names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
        return row(kind, organisation_code=code, **{**values, **{k: v for k, v in said.items() if k in names}})

    ranked = rank is not None
    rows: dict[str, Any] = {field.name: said.get(field.name, {}) for field in fields(Member)}
    rows |= {
        "organisation": of(
            Organisation, organisation_name=f"{code} NHS Trust", short_name=code, organisation_type="trust"
        ),
        "place": of(
            Place,
            league="acute",
            rank=rank,
            average_score=Decimal("2.00") if ranked else None,
            segment_unadjusted=2 if ranked else None,
            segment=2 if ranked else None,
            final_segment=said.get("segment", 2) if ranked else None,
            metrics_counted=9,
            metrics_expected=12,
            ranked=ranked,
        ),
        "joint": said.get("joint", False),
        "certainty": None,
        "band": of(Band, best_rank=1, worst_rank=9, told_apart_from=0) if ranked else None,
        "change": said.get("change"),
    }
    if rank is not None:
        low, high = said.get("rank_low", rank), said.get("rank_high", rank)
        rows["certainty"] = of(
            Certainty,
            rank=rank,
            rank_low=low,
            rank_high=high,
            places_covered=high - low + 1,
            position="either_half",
            same_segment_share=Decimal("0.630"),
            rank_without_override=rank,
            places_lost_to_override=0,
        )
    return Member(**rows)


def capped(code: str = "RA1", rank: int = 26, alone: int = 12, **said: Any) -> Member:
    """Someone whom the finance rule holds down."""
    rule = {"segment_unadjusted": 1, "segment": 3, "final_segment": 3, "financial_override": 1}
    return member(
        code, rank, **{**rule, "rank_without_override": alone, "places_lost_to_override": rank - alone, **said}
    )


def measure(metric_id: str = "OF0082", plain_name: str = "Sickness absence of staff", **said: Any) -> Measure:
    """A measure that counts."""
    about = {
        "league": "acute",
        "title": "Sickness absence rate",
        "domain": "people",
        "unit": "%",
        "direction": "lower_better",
        "scoring_rule": "rank",
        "weight": Decimal(1),
        "counted": True,
        "scored_among": "acute",
        "label": "verified",
    }
    return row(Measure, metric_id=metric_id, plain_name=plain_name, **(about | said))


def league(*members: Member, **said: Any) -> League:
    """A league of members, which is published unless said otherwise."""
    names = {field.name for field in fields(Coverage)}
    coverage = row(
        Coverage,
        **{
            "league": "acute",
            "title": "Acute and specialist trusts",
            "framework_status": "reconstructed",
            "override_segment": 3,
            "published": True,
            **{k: v for k, v in said.items() if k in names},
        },
    )
    tables: dict[str, Any] = {field.name: said.get(field.name, {}) for field in fields(League)}
    rows = {"coverage": coverage, "members": members, "official": said.get("official", True)}
    return League(**(tables | rows))
