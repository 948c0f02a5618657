from xml.etree import ElementTree as ET

from made import pricing, small_study

from lowbit_sim.report.timeline import Event, Timeline, timeline
from lowbit_sim.report.timeline_picture import GAP, LABEL, LANE, TOP, WIDTH, timeline_svg

MACHINE = pricing().machine
SVG = "{http://www.w3.org/2000/svg}"


def read(found, title="a picture"):
    return ET.fromstring(timeline_svg(found, MACHINE, title))


def bars(root):
    """Return what is drawn in lanes: (y, left, right, title)."""
    return [
        (
            float(bar.get("y")),
            float(bar.get("x")),
            float(bar.get("x")) + float(bar.get("width")),
            bar.find(f"{SVG}title").text,
        )
        for bar in root.iter(f"{SVG}rect")
        if bar.find(f"{SVG}title") is not None
    ]


def test_bars_stand_where_the_cycles_are():
    # 928 pixels for 928 cycles: a pixel is a cycle
    assert WIDTH - LABEL - 12 == 928
    events = (Event("adders", "fc", 0, 928), Event("dram → sram", "fc #0", 100, 300))
    root = read(Timeline(events, ()))
    assert bars(root) == [
        (TOP, LABEL, LABEL + 928, "fc: cycles 0 to 928"),
        (TOP + LANE + GAP, LABEL + 100, LABEL + 300, "fc #0: cycles 100 to 300"),
    ]
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert words[:3] == ["a picture", "adders", "dram → sram"]
    assert "928" in words
    # 928 cycles at 500 MHz
    assert any(word.startswith("cycles; 1.86 µs at 500 MHz") for word in words)


def test_there_is_a_lane_for_each_track_and_a_bar_for_each_event():
    found = timeline(small_study().results[0], MACHINE, {})
    root = read(found)
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert all(track in words for track in found.tracks)
    drawn = bars(root)
    assert len(drawn) == len(found.events)
    assert len({y for y, *_ in drawn}) == len(found.tracks)
    assert all(LABEL <= left < right <= WIDTH for _, left, right, _ in drawn)


def test_names_are_escaped():
    events = (Event("a<b", "x&y", 0, 10),)
    assert bars(read(Timeline(events, ()), "1 < 2 & 3"))[0][3] == "x&y: cycles 0 to 10"
