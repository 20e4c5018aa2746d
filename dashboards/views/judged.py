"""Judge: may its verdicts count, how it drifts as it is served, what it costs and what it leaves undecided."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from dashboards.parts.clock import local, viewer_zone
from dashboards.parts.drift import drift_chart
from dashboards.parts.failures import shown
from dashboards.parts.figures import AGREEMENT, agreement_cells, number, ranged
from dashboards.parts.latest import reported
from dashboards.parts.markup import badge, duration, note, sentence, table
from dashboards.parts.session import configuration, store
from dashboards.parts.visible import escaped
from judge.calibration.report import Report
from judge.describing.served import by_day, last_verdict, spent_today
from judge.outcomes import Outcome, Stratum
from shadow.config import Config
from shadow.store import Store

MOST_SLICES = 20


def page() -> None:
    """Draws the page."""
    st.title("Judge")
    with shown():
        config = configuration()
        judged = [name for name, workflow in config.workflows.items() if workflow.judge]
        if not judged:
            st.html(note("info", "No workflow has a judge.", "Add a [workflows.NAME.judge] table; checks need none."))
            return
        workflow = st.selectbox("Workflow", judged, key="workflow", bind="query-params")
        kept = store(config.store.url)
        report = reported(kept, config, workflow)
        found = report.calibration
        st.html(f"<p>{badge(found.state)} &nbsp;{sentence(found.sentence)}</p>")
        _people(report)
        left, right = st.columns(2, gap="large")
        with left:
            _itself(report)
        with right:
            _spent(kept, config, workflow)
        _members(report)
        _drift(kept, workflow)
        _slices(report)


def _people(report: Report) -> None:
    st.subheader("Against people")
    found = report.calibration
    rows = [(escaped(f"{name} or worse"), *agreement_cells(each)) for name, each in report.by_severity.items()]
    if found.ground_truth.n:
        rows.append(("ground truth, any defect", *agreement_cells(found.ground_truth)))
    if not found.reviewers.n and not found.ground_truth.n:
        st.html(note("info", "Nobody has labelled a pair that the judge has read.", "Label pairs on the page Pairs."))
        return
    st.html(table(("tells defects of", *AGREEMENT), rows, "agreement"))
    st.caption(
        "In brackets the 95 % range: of kappa for one look, of the others for all looks and together. Every label "
        "weighs by how much of the judge's outcome people reviewed; an undecided verdict never agrees."
    )


def _itself(report: Report) -> None:
    st.subheader("Against itself")
    found = report.calibration
    if not found.verdicts:
        st.html(note("info", "The judge as configured has not spoken yet."))
        return
    rows = [
        ("contradicts itself when the answers change places", ranged(found.flips)),
        ("of these, prefers what is shown first / second", f"{found.flips_first:,} / {found.flips_second:,}"),
        ("undecided", ranged(found.undecided)),
        (
            "gives a reason that says the opposite",
            f"{ranged(found.contradictions)}, {found.contradictions_of:,} looked at",
        ),
        ("says otherwise when asked again", f"{ranged(found.repeat_noise)}, {found.repeats:,} asked"),
    ]
    st.html(table(("share of pairs", f"of {found.verdicts:,} verdicts"), rows, "itself"))
    if found.position_alarm:
        st.html(note("warning", "The judge prefers a place: its order flips lean to one side beyond chance."))
    for kin in report.kin:
        st.html(note("warning", kin.sentence))
    where = [("workflow", report.workflow), ("strata", Stratum.DISAGREE), ("strata", Stratum.AGREE)]
    undecided, opposite = (
        escaped(urlencode([*where, also])) for also in (("verdicts", Outcome.UNDECIDED), ("contradicts", "true"))
    )
    st.html(
        f'<p class="sj-small"><a href="disagreements?{undecided}">Read the undecided pairs</a> · '
        f'<a href="disagreements?{opposite}">Read those whose reason says the opposite</a></p>'
    )


def _spent(kept: Store, config: Config, workflow: str) -> None:
    st.subheader("Spend and queue")
    now, zone = datetime.now(UTC), viewer_zone()
    today, settings = spent_today(kept, workflow, now), config.workflows[workflow].judge
    cap = settings.max_usd_per_day if settings else None
    limit = "no cap is set" if cap is None else f"the cap is {cap:g} USD"
    spent = "unknown, a judge has no prices" if today.usd is None else f"{today.usd:.4f} USD"
    moment = last_verdict(kept, workflow)
    last = "never" if moment is None else f"{duration(now - moment)} ago, {local(moment, zone)}"
    st.html(
        table(
            ("what", "now"),
            [("spent today (UTC)", escaped(f"{spent}; {limit}")), ("last verdict", escaped(last))],
            "spend",
        )
    )
    if not today.by_model.is_empty():
        rows = [
            tuple(map(escaped, (name, f"{calls:,}", f"{cached:,}", f"{failed:,}", number(usd, ".4f"))))
            for name, calls, cached, failed, usd, _ in today.by_model.iter_rows()
        ]
        st.html(table(("judge", "calls", "known already", "failed or open", "USD"), rows, "ledger"))
    st.caption("What waits for checks and judge, and since when the scorer is silent, is on the page Health.")


def _members(report: Report) -> None:
    if not report.judges:
        return
    st.subheader("Each judge")
    rows = [
        tuple(
            map(
                escaped,
                (
                    each.judge or "unknown", each.model or "unknown", f"{each.pairs:,}", f"{each.flips:,}",
                    f"{each.undecided:,}", number(each.input_tokens), number(each.output_tokens),
                ),
            )
        )
        for each in report.judges
    ]  # fmt: skip
    st.html(
        table(
            ("judge", "model as served", "pairs", "order flips", "undecided", "input tokens", "output tokens"),
            rows,
            "judges",
        )
    )
    if report.seeded:
        spoilt = [
            (
                escaped(each.mutation),
                f"{each.shown:,}",
                f"{each.caught:,}",
                f"{each.flagged:,}",
                ranged(each.sensitivity),
            )
            for each in report.seeded
        ]
        st.html(table(("spoilt answers", "shown", "caught", "flagged in one order", "sensitivity"), spoilt, "seeded"))


def _drift(kept: Store, workflow: str) -> None:
    st.subheader("As served, day by day")
    days = by_day(kept, workflow, datetime.now(UTC))
    if days.is_empty():
        st.caption("No verdict in the last days.")
        return
    st.altair_chart(
        drift_chart(days), key="drift", alt="share of undecided, flipped and worse verdicts by day and epoch"
    )
    rows = [
        tuple(map(escaped, (epoch, model, f"{first:%Y-%m-%d}", f"{last:%Y-%m-%d}")))
        for epoch, model, first, last in days.group_by("epoch", maintain_order=True)
        .agg(pl.col("judge_model").last(), pl.col("day").min().alias("first"), pl.col("day").max().alias("last"))
        .iter_rows()
    ]
    st.html(table(("epoch", "model as served", "first day", "last day"), rows, "epochs"))
    st.caption("A new epoch begins when rubric, prompt or judge change, or the server names another model. UTC days.")


def _slices(report: Report) -> None:
    if not report.slices:
        return
    st.subheader("Where it agrees least")
    rows = [
        (escaped(each.dimension), escaped(each.value), *agreement_cells(each.agreement))
        for each in report.slices[:MOST_SLICES]
    ]
    st.html(table(("slice", "value", *AGREEMENT), rows, "slices"))
    st.caption("These ranges are each slice's own, not corrected for how many slices are looked at.")
