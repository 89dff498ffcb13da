"""The drawings of the page: what happened to an optimizer, event by event, and its learning rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from looplint.runtime_check.markup import Markup, tag

ROWS = {"clear": "cleared", "backward": "backward", "step": "step", "schedule": "scheduler", "write": "by hand"}
"""The rows of a timeline, by what happens in them."""

LEFT, STEP, ROW, HEAD = 84, 26, 26, 34
"""Pixels: the margin of the labels, the distance of two events, the height of a row and of what stands above."""

WIDTH, HEIGHT, MARGIN = 640, 170, 56
"""Pixels of a curve, and its margin at the left."""


def timeline(marks: Sequence[dict[str, Any]], lane: int, label: str) -> Markup:
    """Return what happened to one optimizer.

    Arguments:
        marks: what happened, to whomever.
        lane: the number of the optimizer.
        label: what the drawing shows, for those who do not see it.
    """
    rows = [op for op in ROWS if op != "write" or any(one["op"] == op and lane in one["lanes"] for one in marks)]
    bottom = HEAD + ROW * len(rows)
    parts: list[Markup] = []
    x, turn, epoch, blind = LEFT, None, None, False
    for mark in marks:
        blind |= mark["blind"]
        if lane not in mark["lanes"]:
            continue
        now = tuple(mark["epoch"] or ()) or None
        if now != epoch and (epoch or now):
            words = f"epoch {now[1]}" if now else "end"
            parts += [line(x + 4, 4, bottom, "epoch"), tag("text", words, x=x + 8, y=12, class_="epoch")]
            x += 8
        if mark["turn"] != turn:
            if now == epoch and turn is not None:
                parts.append(line(x + 4, HEAD - 6, bottom, "turn"))
                x += 8
            parts.append(tag("text", str(mark["turn"]), x=x + STEP / 2, y=HEAD - 9, class_="turn"))
        if blind:
            why = tag("title", "before this, looplint did not look, or looked at other parameters")
            parts.append(tag("line", why, x1=x, x2=x, y1=HEAD - 6, y2=bottom, class_="blind"))
        turn, epoch, blind = mark["turn"], now, False
        parts.append(_mark(mark, x + STEP / 2, HEAD + ROW * rows.index(mark["op"]) + ROW / 2, bottom))
        x += STEP
    width = x + 12
    back = [tag("g", *_row(ROWS[op], HEAD + ROW * index, width), class_="row") for index, op in enumerate(rows)]
    return tag(
        "svg", *back, *parts, class_="timeline", role="img", aria_label=label, width=width, height=bottom + 6,
        viewBox=f"0 0 {width:g} {bottom + 6:g}",
    )  # fmt: skip


def _row(name: str, top: float, width: float) -> tuple[Markup, Markup]:
    middle = top + ROW / 2
    return tag("line", x1=LEFT, x2=width, y1=middle, y2=middle), tag("text", name, x=LEFT - 12, y=middle + 4)


def _mark(mark: dict[str, Any], x: float, y: float, bottom: float) -> Markup:
    op = mark["op"]
    words = f"iteration {mark['turn']}: {ROWS[op]}\n{mark['text']}\n{mark['place']}"
    ring = [
        tag("rect", x=x - STEP / 2, y=HEAD - 4, width=STEP, height=bottom - HEAD + 4, rx=4, class_="fault"),
        tag("circle", cx=x, cy=y, r=10.5, class_="ring"),
    ]
    return tag("g", tag("title", words), *(ring if mark["fault"] else ()), shape(op, x, y), class_=f"mark {op}")


def shape(op: str, x: float, y: float) -> Markup:
    """Return what stands for an event, around a point."""
    if op == "clear":
        return tag("circle", cx=x, cy=y, r=5, class_="hollow")
    if op == "step":
        return tag("rect", x=x - 5.5, y=y - 5.5, width=11, height=11, rx=2)
    if op == "write":
        return tag("path", d=f"M{x - 5:g} {y - 5:g}L{x + 5:g} {y + 5:g}M{x + 5:g} {y - 5:g}L{x - 5:g} {y + 5:g}")
    points = [(-6, 0), (5, -6), (5, 6)] if op == "backward" else [(0, -6.5), (6.5, 0), (0, 6.5), (-6.5, 0)]
    return tag("polygon", points=" ".join(f"{x + a:g},{y + b:g}" for a, b in points))


def line(x: float, top: float, bottom: float, kind: str) -> Markup:
    return tag("line", x1=x, x2=x, y1=top, y2=bottom, class_=kind)


def curves(rates: Sequence[dict[str, Any]], label: str) -> Markup:
    """Return the learning rates of the groups of one optimizer over its steps."""
    points = [point for rate in rates for point in rate["points"]]
    low, high = min(rate for _, rate in points), max(rate for _, rate in points)
    last = max(step for step, _ in points)
    base, room, top = HEIGHT - 26, WIDTH - MARGIN - 16, 14
    flat = high == low
    floor = low * 0.5 if flat else low

    def at(step: float, rate: float) -> str:
        span = (high - floor) or 1.0
        x = MARGIN + room * (step - 1) / max(last - 1, 1)
        return f"{x:.1f},{base - (base - top) * (rate - floor) / span:.1f}"

    axes = [
        tag("line", x1=MARGIN, x2=WIDTH - 16, y1=base, y2=base, class_="axis"),
        tag("line", x1=MARGIN, x2=WIDTH - 16, y1=top, y2=top, class_="grid"),
        tag("text", f"{high:.3g}", x=MARGIN - 8, y=top + 4, class_="end"),
        None if flat else tag("text", f"{low:.3g}", x=MARGIN - 8, y=base, class_="end"),
        tag("text", "1", x=MARGIN, y=HEIGHT - 8),
        tag("text", f"step {last}", x=WIDTH - 16, y=HEIGHT - 8, class_="end"),
    ]
    drawn = [
        tag(
            "polyline", tag("title", f"group {rate['group']}"), class_=f"curve c{rate['group'] % 4}",
            points=" ".join(at(step, value) for step, value in held(rate["points"])),
        )
        for rate in rates
    ]  # fmt: skip
    return tag("svg", *axes, *drawn, class_="rates", role="img", aria_label=label, viewBox=f"0 0 {WIDTH} {HEIGHT}")


def held(points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """Return the points of a curve that keeps each value until the next."""
    kept: list[tuple[float, float]] = []
    for step, rate in points:
        if kept and kept[-1][1] != rate:
            kept.append((step, kept[-1][1]))
        kept.append((step, rate))
    return kept
