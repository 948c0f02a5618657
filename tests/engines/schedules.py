"""Schedules to try: drawn from a seed, or by hypothesis. All are trees of repetitions."""

from dataclasses import replace

from hypothesis import strategies as st

from lowbit_sim.mapping.schedule import Repeat, Step, TileSchedule

TIMES = [1, 2, 2, 3, 5]


def random_schedule(rng, *, shared, depth=1, buffers=(1, 2)):
    """Return a schedule of small, often missing, transfers; some computations are schedules."""
    longest, empty = rng.choice([1, 2, 3, 6]), rng.random() / 2

    def transfer():
        return 0 if rng.random() < empty else rng.randint(0, longest)

    def step():
        inner = None
        if depth and rng.random() < 0.2:
            inner = random_schedule(rng, shared=shared, depth=depth - 1, buffers=buffers)
        compute = 0 if inner else rng.randint(1, longest + rng.choice([0, 3]))
        return Step(transfer(), compute, transfer(), inner=inner)

    def body(levels):
        parts = []
        for _ in range(rng.randint(1, 3)):
            if levels and rng.random() < 0.6:
                times = 17 if levels == 1 and rng.random() < 0.1 else rng.choice(TIMES)
                parts.append(Repeat(times, body(levels - 1)))
            else:
                parts.append(step())
        return tuple(parts)

    chosen = rng.choice(buffers), rng.choice(buffers)
    levels = rng.choice([0, 1, 2, 3])
    return TileSchedule(body(levels), *chosen, shared, loads_outputs=rng.random() < 0.3)


durations = st.integers(0, 9)
one_or_two = st.sampled_from([1, 2])
either = st.booleans()
steps = st.builds(Step, durations, st.integers(1, 9), durations)


def trees(steps_of, *, few=4):
    """Draw the body of a schedule: steps, repetitions of steps, repetitions of these."""

    def listed(parts):
        return st.lists(parts, min_size=1, max_size=few).map(tuple)

    def repeated(parts):
        return parts | st.builds(Repeat, st.integers(1, 5), listed(parts))

    return listed(repeated(repeated(steps_of)))


@st.composite
def schedules(draw, buffers=one_or_two, shared=either, depth=1):
    """Draw a schedule, each of its computations perhaps an inner schedule."""
    steps_of = steps
    if depth:
        inner = schedules(buffers, shared, depth - 1)
        nested = st.builds(
            lambda load, part, store: Step(load, 0, store, inner=part), durations, inner, durations
        )
        steps_of = steps | nested
    body = draw(trees(steps_of, few=4 if depth else 3))
    return TileSchedule(
        body, draw(buffers), draw(buffers), shared_port=draw(shared), loads_outputs=draw(either)
    )


def remade(schedule, change):
    """Return `schedule` with `change` made to each step, wherever it stands."""

    def body(parts):
        return tuple(
            change(part) if isinstance(part, Step) else Repeat(part.times, body(part.body))
            for part in parts
        )

    return replace(schedule, body=body(schedule.body))


def changed_at(schedule, place, change):
    """Return `schedule` with `change` made to one part, by its place among all parts."""
    at = -1

    def part(one):
        nonlocal at
        at += 1
        if at == place:
            return change(one)
        return one if isinstance(one, Step) else Repeat(one.times, tuple(map(part, one.body)))

    return replace(schedule, body=tuple(map(part, schedule.body)))


def parts_of(body):
    """Return all parts, in the order in which `changed_at` counts them."""
    found = []
    for part in body:
        found.append(part)
        if isinstance(part, Repeat):
            found += parts_of(part.body)
    return found


def written_out(schedule):
    """Return `schedule` without a repetition, inner schedules likewise."""

    def flat(step):
        inner = None if step.inner is None else written_out(step.inner)
        return Step(
            step.load_cycles, step.compute_cycles, step.store_cycles,
            step.load_bits, step.store_bits, inner,
        )  # fmt: skip

    return replace(schedule, body=tuple(map(flat, schedule.in_order())))
