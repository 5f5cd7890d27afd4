"""The method, a page a question: a sentence, an example, the formula, where it is worked out; and what critics asked.

Belongs here: which questions there are, and where their rules live. Does not: how an example is chosen and what it says
(`examples.py`), the words of a page (its template, `templates/method/`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from orchestration.site import examples
from orchestration.site.editions import Editions
from orchestration.site.examples import Example
from orchestration.site.render import Crumb, File, page
from orchestration.site.view import Edition

ABOVE = (Crumb("Start", ""), Crumb("Method", "method"))
MODELS, SEEDS, STATISTICS = "dbt_project/models", "dbt_project/seeds", "orchestration/statistics"


@dataclass(frozen=True)
class Question:
    """A page of the method."""

    slug: str
    title: str
    answer: str  # in one sentence
    code: tuple[str, ...]  # the files that work it out, and the rules that they read
    docs: tuple[tuple[str, str], ...]  # pages of the project's documentation, with their headings
    example: Callable[[Edition], Example | None] = examples.none

    @property
    def path(self) -> str:
        return f"method/{self.slug}"


QUESTIONS = (
    Question(
        "likely-range",
        "What is a likely range?",
        "A place is never exact, so we say between which places it very likely is.",
        (f"{STATISTICS}/ranges.py", f"{STATISTICS}/robustness.py", f"{MODELS}/rank/rank_robustness.sql"),
        (("docs/methodology.md", "How far does a rank hang on which metrics were chosen?"),),
        examples.likely_range,
    ),
    Question(
        "segments",
        "What are segments and the finance rule?",
        "A segment says how many challenges a trust has, and the finance rule sets a limit to it.",
        (
            f"{MODELS}/score/adjusted_segments.sql",
            f"{MODELS}/rank/league_ranks.sql",
            f"{SEEDS}/frameworks.csv",
            f"{SEEDS}/cut_points.csv",
        ),
        (("docs/methodology.md", "Steps"), ("docs/methodology.md", "What does finance do?")),
        examples.finance_rule,
    ),
    Question(
        "scores",
        "How is a score made?",
        "Each measure becomes a score from 1 to 4, and the average of these scores makes the order.",
        (
            f"{MODELS}/score/domain_scores.sql",
            f"{MODELS}/score/average_scores.sql",
            f"{SEEDS}/scoring_rules.csv",
            f"{SEEDS}/league_metrics.csv",
        ),
        (("docs/methodology.md", "Steps"), ("docs/methodology.md", "What two decimals hide")),
        examples.score,
    ),
    Question(
        "agreement",
        "Do the measures agree?",
        "Often not: a trust that does well on one measure may do badly on the next.",
        (f"{STATISTICS}/robustness.py", f"{MODELS}/rank/method_sensitivity.sql"),
        (("docs/methodology.md", "Do the metrics measure one thing?"),),
        examples.agreement,
    ),
    Question(
        "change",
        "Has it changed since the quarter before?",
        "We say that a score got better or worse only if chance alone would hardly show such a change.",
        (f"{STATISTICS}/improvement.py", f"{MODELS}/rank/improvement.sql", f"{SEEDS}/metric_changes.csv"),
        (("docs/methodology.md", "Who improved?"), ("docs/methodology.md", "Choices of ours")),
        examples.change,
    ),
    Question(
        "comparing",
        "Can I compare two of them?",
        "You can, but the order of two is rarely sure.",
        (f"{STATISTICS}/rank_sets.py", f"{STATISTICS}/ranges.py", f"{MODELS}/rank/rank_pairs.sql"),
        (("docs/methodology.md", "Who can be told apart?"),),
        examples.pair,
    ),
    Question(
        "boards",
        "How are the boards ranked?",
        "By a method of ours, as an experiment. Their table is no ranking by NHS England.",
        (
            f"{MODELS}/rank/icb_league_table.sql",
            f"{SEEDS}/frameworks.csv",
            f"{SEEDS}/computed_metrics.csv",
            f"{SEEDS}/commissioner_kinds.csv",
        ),
        (("docs/methodology.md", "ICB league (experimental, ours)"),),
        examples.board,
    ),
    Question(
        "unknown",
        "What do we not know?",
        "Each rule has a label that says how sure we are of it.",
        (f"{SEEDS}/metrics.csv", f"{SEEDS}/scoring_rules.csv", f"{MODELS}/metric/framework_rules.sql"),
        (
            ("docs/methodology.md", "Decisions where the official text is silent"),
            ("docs/methodology.md", "Rules read from the release"),
        ),
    ),
    Question(
        "patients",
        "What would patients ask?",
        "A table of its own goes by waits, experience and outcomes alone, without money and staff.",
        (
            f"{MODELS}/insight/patient_league_table.sql",
            f"{SEEDS}/patient_metrics.csv",
            f"{SEEDS}/decision_levels.csv",
        ),
        (("docs/insight.md", "What patients would ask"),),
        examples.patients,
    ),
    Question(
        "context",
        "Where do its patients live, and who is like it?",
        "We show where patients live and which trusts are most alike, and we never change a place for it.",
        (
            f"{STATISTICS}/context.py",
            f"{MODELS}/insight/context.sql",
            f"{MODELS}/insight/peers.sql",
            f"{SEEDS}/context_bases.csv",
        ),
        (("docs/insight.md", "Context"), ("docs/insight.md", "Context models"), ("docs/insight.md", "Peers")),
        examples.context,
    ),
    Question(
        "data-quality",
        "Can I trust a figure?",
        "A badge says whether a figure was checked, and whether it needs a second look.",
        (
            f"{STATISTICS}/bunching.py",
            f"{MODELS}/insight/data_quality.sql",
            f"{MODELS}/insight/steep_at_the_standard.sql",
            f"{SEEDS}/steep_standards.csv",
        ),
        (("docs/insight.md", "Data quality"), ("docs/insight.md", "Steps at a standard")),
        examples.quality,
    ),
    Question(
        "specialties",
        "How long are waits for one specialty?",
        "For each specialty we show how many of the waits were of 18 weeks or less, and who differs from the rest.",
        (
            f"{STATISTICS}/funnel.py",
            f"{MODELS}/insight/specialty_league_table.sql",
            f"{SEEDS}/decision_levels.csv",
        ),
        (("docs/insight.md", "Specialties"),),
        examples.specialty,
    ),
    Question(
        "series",
        "Is a change from month to month more than chance?",
        "A chart of months tells a real change from the ups and downs that every figure has.",
        (f"{STATISTICS}/series.py", f"{MODELS}/insight/metric_series.sql", f"{SEEDS}/series_rebases.csv"),
        (("docs/insight.md", "Series"),),
        examples.series,
    ),
    Question(
        "corrections",
        "What happens when a figure was wrong?",
        "A version never changes: a correction is a new version beside it, and we say what moved.",
        ("orchestration/releases/shelf.py", "orchestration/releases/decisions.py", "orchestration/releases/diff.py"),
        (("docs/audit.md", "Waivers, approval, withdrawal"), ("docs/audit.md", "Comparing two releases")),
    ),
    Question(
        "critics",
        "Who asked, and what do we show?",
        "Experts asked 17 things of league tables, and not all of them are answered yet.",
        ("orchestration/site",),
        (("docs/methodology.md", "What a rank hides"), ("docs/insight.md", "Insight")),
    ),
)


def pages(shown: Editions) -> Iterator[File]:
    """All pages of the method."""
    yield page("method/index", "method", "Method", ABOVE[:1], questions=QUESTIONS, fictional=shown.fictional)
    leagues = [*shown.leagues.values()] or [(shown.newest, league) for league in shown.newest.leagues]
    labels = examples.labels(league for _, league in leagues)
    for question in QUESTIONS:
        found = (question.example(edition) for edition in examples.newest_first(shown))
        yield page(
            f"method/{question.slug}",
            question.path,
            question.title,
            ABOVE,
            question=question,
            example=next((one for one in found if one), None),
            newest=leagues[0],
            labels=labels,
            fictional=shown.fictional,
        )
