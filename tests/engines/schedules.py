"""Schedules to try: drawn from a seed, or by hypothesis."""

from hypothesis import strategies as st

from lowbit_sim.mapping.schedule import Step, schedule_of


def random_schedule(rng, *, shared, depth=1, buffers=(1, 2)):
    """Return up to six segments of small, often missing, transfers; some computations nested."""
    longest, empty = rng.choice([1, 2, 3, 6]), rng.random() / 2

    def transfer():
        return 0 if rng.random() < empty else rng.randint(0, longest)

    runs = []
    for _ in range(rng.randint(1, 6)):
        inner = None
        if depth and rng.random() < 0.25:
            inner = random_schedule(rng, shared=shared, depth=depth - 1, buffers=buffers)
        compute = 0 if inner else rng.randint(1, longest + rng.choice([0, 3]))
        step = Step(transfer(), compute, transfer(), inner=inner)
        runs.append((rng.choice([1, 1, 1, 2, 3, 17]), step))
    chosen = (rng.choice(buffers), rng.choice(buffers))
    return schedule_of(runs, chosen, shared_port=shared, loads_outputs=rng.random() < 0.3)


durations = st.integers(0, 9)
one_or_two = st.sampled_from([1, 2])
either = st.booleans()
steps = st.builds(Step, durations, st.integers(1, 9), durations)
runs = st.lists(st.tuples(st.integers(1, 5), steps), min_size=1, max_size=6)


@st.composite
def schedules(draw, buffers=one_or_two, shared=either, depth=1):
    """Draw a schedule, each of its computations perhaps an inner schedule."""
    drawn = draw(runs)
    if depth:
        nested = st.none() | schedules(buffers, shared, depth - 1)
        drawn = [(times, _nest(step, draw(nested))) for times, step in drawn]
    chosen = (draw(buffers), draw(buffers))
    return schedule_of(drawn, chosen, shared_port=draw(shared), loads_outputs=draw(either))


def _nest(step, inner):
    return step if inner is None else Step(step.load_cycles, 0, step.store_cycles, inner=inner)
