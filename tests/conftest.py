from hypothesis import settings

# a law holds or it does not, however busy the machine is
settings.register_profile("no_clock", deadline=None, derandomize=True)
settings.load_profile("no_clock")

#: what tests record, and what the end of a run says of it
RECORDED = {"rtl_configurations": "configurations of hardware", "rtl_cycles": "cycles compared"}


def pytest_terminal_summary(terminalreporter):
    totals = dict.fromkeys(RECORDED, 0)
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name in totals:
                totals[name] += value
    if all(totals.values()):
        said = ", ".join(f"{totals[name]:,} {what}" for name, what in RECORDED.items())
        terminalreporter.write_line(f"hardware equals numpy and the formulas: {said}")
