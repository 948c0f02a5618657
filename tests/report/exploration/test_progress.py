import io

from rich.console import Console

from lowbit_sim.report.exploration import progress
from lowbit_sim.report.exploration.progress import shown_progress


def test_a_terminal_is_told_and_nobody_else(monkeypatch):
    for terminal in (True, False):
        stream = io.StringIO()
        console = Console(file=stream, force_terminal=terminal, width=100)
        monkeypatch.setattr(progress, "Console", lambda console=console, **_: console)
        with shown_progress() as told:
            told.bounding(1, 4, 5_000_000)
            told.confirming("vit", 3, 20)
            told.progress.refresh()
        text = stream.getvalue()
        assert ("1/4" in text) is terminal
        assert ("vit: 20 rows not settled" in text) is terminal
        assert ("million mappings/s" in text) is terminal
