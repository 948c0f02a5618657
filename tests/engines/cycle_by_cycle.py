"""A schedule cycle by cycle: three machines, their buffers and their ports, and no formula.

Each cycle has two halves. First everything that takes no time happens: finished steps move on,
idle machines take up the next step or ask for a port, and a free port is given to whoever asked
first (at the same instant: to the load). Then a cycle passes, and every busy machine has one
cycle less to go. What the array does in that cycle is noted.
"""

from dataclasses import dataclass, field

from lowbit_sim.cost import Timing
from lowbit_sim.mapping.schedule import Repeat


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
        steps = every_step(schedule.body)
        self.steps = len(steps)
        self.loader = Machine([step.load_cycles for step in steps])
        self.array = Machine(durations)
        self.storer = Machine([step.store_cycles for step in steps])
        self.load_port = Port()
        self.store_port = self.load_port if schedule.shared_port else Port()
        self.spent = dict.fromkeys(("fill", "compute", "stall_load", "stall_store", "drain"), 0)
        now = 0
        self.let_things_happen(now)
        while len(self.storer.ended) < self.steps:
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
        if len(self.array.ended) == self.steps:
            return "drain"
        arrived = len(self.loader.ended) > len(self.array.begun)
        return "stall_store" if arrived else "stall_load"


def every_step(body):
    """Write all repetitions out."""
    steps = []
    for part in body:
        if isinstance(part, Repeat):
            for _ in range(part.times):
                steps += every_step(part.body)
        else:
            steps.append(part)
    return steps


def pipeline(schedule):
    """Run `schedule`, each inner schedule as one lump of as many cycles as it takes."""
    known = {}
    durations = []
    for step in every_step(schedule.body):
        if step.inner is None:
            durations.append(step.compute_cycles)
        else:
            if id(step.inner) not in known:
                known[id(step.inner)] = timing(step.inner).total_cycles
            durations.append(known[id(step.inner)])
    return Pipeline(schedule, durations)


def timing(schedule):
    """Return the `Timing` of `schedule`, the causes inside inner schedules told apart."""
    spent = pipeline(schedule).spent
    nested, known = Timing(), {}
    for step in every_step(schedule.body):
        if step.inner is not None:
            if id(step.inner) not in known:
                known[id(step.inner)] = timing(step.inner)
            nested += known[id(step.inner)]
            spent["compute"] -= known[id(step.inner)].total_cycles
    return nested + Timing(*spent.values())
