"""A schedule cycle by cycle: three machines, their buffers and their ports, and no formula.

Each cycle has two halves. First everything that takes no time happens: finished steps move on,
idle machines take up the next step or ask for a port, and a free port is given to whoever asked
first (at the same instant: to the load). Then a cycle passes, and every busy machine has one
cycle less to go. What the array does in that cycle is noted.
"""

from dataclasses import dataclass, field

from lowbit_sim.cost import Timing


@dataclass
class Machine:
    """A stage: its steps, and the cycles left of the one at hand."""

    durations: list
    begun: list = field(default_factory=list)  # the instant each step was taken up
    ended: list = field(default_factory=list)
    left: int = 0
    asked: bool = False

    @property
    def next_step(self):
        """The step that an idle machine takes up next; None if it is busy or through."""
        idle = len(self.begun) == len(self.ended) < len(self.durations)
        return len(self.begun) if idle else None

    def take_up(self, now):
        self.left = self.durations[len(self.begun)]
        self.begun.append(now)
        self.asked = False
        if not self.left:
            self.ended.append(now)

    def spend_the_cycle(self, now):
        if self.left:
            self.left -= 1
            if not self.left:
                self.ended.append(now + 1)


class Port:
    """One transfer at a time, first come, first served."""

    def __init__(self):
        self.queue = []
        self.user = None

    def ask(self, machine):
        if not machine.asked:
            machine.asked = True
            self.queue.append(machine)

    def serve(self, now):
        if self.user is not None and not self.user.left:
            self.user = None
        if self.user is None and self.queue:
            self.user = self.queue.pop(0)
            self.user.take_up(now)


class Pipeline:
    """The machines of one schedule, run to the end."""

    def __init__(self, schedule, durations):
        self.schedule = schedule
        self.loader = Machine(every_step(schedule, schedule.load_cycles))
        self.array = Machine(every_step(schedule, durations))
        self.storer = Machine(every_step(schedule, schedule.store_cycles))
        self.load_port = Port()
        self.store_port = self.load_port if schedule.shared_port else Port()
        self.spent = dict.fromkeys(("fill", "compute", "stall_load", "stall_store", "drain"), 0)
        now = 0
        self.let_things_happen(now)
        while len(self.storer.ended) < schedule.steps:
            self.spent[self.what_the_array_does()] += 1
            for machine in (self.loader, self.array, self.storer):
                machine.spend_the_cycle(now)
            now += 1
            self.let_things_happen(now)

    def may_load(self):
        step = self.loader.next_step
        if step is None or step - len(self.array.ended) >= self.schedule.load_buffers:
            return False
        full = step - len(self.storer.ended) >= self.schedule.store_buffers
        return not (self.schedule.loads_outputs and full)

    def may_compute(self):
        step = self.array.next_step
        if step is None or step >= len(self.loader.ended):
            return False
        return step - len(self.storer.ended) < self.schedule.store_buffers

    def may_store(self):
        step = self.storer.next_step
        return step is not None and step < len(self.array.ended)

    def let_things_happen(self, now):
        before = None
        while before != (state := [len(m.ended) for m in (self.loader, self.array, self.storer)]):
            before = state
            if self.may_load() and not self.loader.durations[self.loader.next_step]:
                self.loader.take_up(now)
            if self.may_compute():
                self.array.take_up(now)
            if self.may_store() and not self.storer.durations[self.storer.next_step]:
                self.storer.take_up(now)
        if self.may_load():
            self.load_port.ask(self.loader)
        if self.may_store():
            self.store_port.ask(self.storer)
        self.load_port.serve(now)
        self.store_port.serve(now)

    def what_the_array_does(self):
        if self.array.left:
            return "compute"
        if not self.array.begun:
            return "fill"
        if len(self.array.ended) == self.schedule.steps:
            return "drain"
        arrived = len(self.loader.ended) > len(self.array.begun)
        return "stall_store" if arrived else "stall_load"


def every_step(schedule, column):
    return [
        value for times, value in zip(schedule.repeat, column, strict=True) for _ in range(times)
    ]


def pipeline(schedule):
    """Run `schedule`, each inner schedule as one lump of as many cycles as it takes."""
    durations = [
        own if part is None else timing(part).total_cycles
        for own, part in zip(schedule.compute_cycles, schedule.inner, strict=True)
    ]
    return Pipeline(schedule, durations)


def timing(schedule):
    """Return the `Timing` of `schedule`, the causes inside inner schedules told apart."""
    spent = pipeline(schedule).spent
    nested = Timing()
    for times, part in zip(schedule.repeat, schedule.inner, strict=True):
        if part is not None:
            inside = timing(part) * times
            nested += inside
            spent["compute"] -= inside.total_cycles
    return nested + Timing(*spent.values())
