"""A timeline as a picture: one lane for each track, in SVG."""

from __future__ import annotations

from html import escape

from lowbit_sim.arch.accelerator import Accelerator
from lowbit_sim.report.timeline import Event, Timeline

WIDTH, LABEL, LANE, GAP, TOP = 1200, 260, 26, 8, 34
#: light and dark enough to be told apart in grey; neighbours alternate
_UNIT = ("#1b6ca8", "#5aa9dc")
_LOAD = ("#c46a00", "#e8a33d")
_STORE = ("#5c5c5c", "#9a9a9a")
#: narrower events are drawn as wide, and names need so much room for a letter [px]
_LEAST_PIXELS, _LETTER_PIXELS = 0.6, 6.2
_TICKS = 6


def timeline_svg(found: Timeline, machine: Accelerator, title: str) -> str:
    """Return a timeline as a picture of fixed width, with an axis in cycles.

    Parameters
    ----------
    found : Timeline
    machine : Accelerator
        Its clock, for the end of the axis in microseconds.
    title : str
        What stands above.
    """
    total = max(event.end_cycles for event in found.events)
    scale = (WIDTH - LABEL - 12) / total
    lanes = {track: TOP + place * (LANE + GAP) for place, track in enumerate(found.tracks)}
    height = TOP + len(lanes) * (LANE + GAP) + 34
    box = f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12"'
    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="8" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    for track, y in lanes.items():
        shapes.append(f'<text x="8" y="{y + 17}">{escape(track)}</text>')
        lane = f'x="{LABEL}" y="{y}" width="{WIDTH - LABEL - 12}" height="{LANE}"'
        shapes.append(f'<rect {lane} fill="#f1f1f1"/>')
    counts: dict[str, int] = {}
    for event in found.events:
        place = counts[event.track] = counts.get(event.track, 0) + 1
        shapes.append(_bar(event, lanes[event.track], scale, place))
    shapes += _axis(total, scale, height, machine)
    return "\n".join([*shapes, "</svg>", ""])


def _bar(event: Event, y: int, scale: float, place: int) -> str:
    colours = _UNIT
    if "→" in event.track or "←" in event.track:
        colours = _LOAD if "→" in event.track else _STORE
    x = LABEL + event.begin_cycles * scale
    width = max((event.end_cycles - event.begin_cycles) * scale, _LEAST_PIXELS)
    about = f"{event.name}: cycles {event.begin_cycles:,} to {event.end_cycles:,}"
    bar = (
        f'<rect x="{x:.2f}" y="{y}" width="{width:.2f}" height="{LANE}" '
        f'fill="{colours[place % 2]}"><title>{escape(about)}</title></rect>'
    )
    letters = int(width / _LETTER_PIXELS)
    if colours is not _UNIT or letters < len(event.name):
        return bar
    return f'{bar}<text x="{x + 3:.2f}" y="{y + 17}" fill="white">{escape(event.name)}</text>'


def _axis(total: int, scale: float, height: int, machine: Accelerator) -> list[str]:
    shapes = []
    for tick in range(_TICKS + 1):
        cycles = total * tick // _TICKS
        x = LABEL + cycles * scale
        anchor = "end" if tick == _TICKS else "middle"
        shapes.append(
            f'<text x="{x:.1f}" y="{height - 22}" text-anchor="{anchor}">{cycles:,}</text>'
        )
    end = f"cycles; {total / machine.clock_hz * 1e6:,.2f} µs at {machine.clock_hz / 1e6:g} MHz"
    return [*shapes, f'<text x="{LABEL}" y="{height - 6}">{end}</text>']
