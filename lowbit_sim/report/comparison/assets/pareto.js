// What a trade-off is drawn from: its axes, the front, ticks of a logarithmic axis.
const costs = {
  energy_delay_pj_s: { label: "energy × delay" },
  energy_pj: { label: "energy" },
  seconds: { label: "latency" },
  model_bits: { label: "memory of the weights and parameters" },
};
const gains = {
  accuracy: { label: "accuracy", value: (one) => one.accuracy_mean_fraction, up: true },
  loss: { label: "loss against fp32", value: (one) => one.loss_against_fp32_fraction, up: false },
};

// Those that no other beats in cost and accuracy, the cheapest first; one of several that are equal.
function front(points) {
  const inOrder = [...points].sort((a, b) => a.x - b.x || b.good - a.good || a.one.place - b.one.place);
  const found = [];
  let best = -Infinity;
  for (const point of inOrder) {
    if (point.good > best) {
      found.push(point);
      best = point.good;
    }
  }
  return found;
}

// Round ticks of a logarithmic axis, the fewer in each decade the more decades there are.
function logTicks(low, high) {
  const decades = Math.log10(high / low);
  const steps = decades > 4 ? [1] : decades > 2.5 ? [1, 3] : decades > 0.8 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (value >= low && value <= high) found.push(value);
    }
  }
  return found;
}

// About `count` round ticks of a linear axis.
function linearTicks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((one) => one * power >= raw);
  const found = [];
  for (let index = Math.ceil(low / step); index * step <= high; index += 1) found.push(index * step);
  return { step, values: found };
}

// Markers of about the same area; with the colours 63 machines differ.
const shapes = [
  "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0Z",
  "M-4,-4H4V4H-4Z",
  "M0,-5.4L5,3.8H-5Z",
  "M0,-5.8L5,0L0,5.8L-5,0Z",
  "M0,5.4L5,-3.8H-5Z",
  "M-1.8,-5H1.8V-1.8H5V1.8H1.8V5H-1.8V1.8H-5V-1.8H-1.8Z",
  "M-5,-3L-3,-5L0,-2L3,-5L5,-3L2,0L5,3L3,5L0,2L-3,5L-5,3L-2,0Z",
  "M0,-5.4L5.1,-1.7L3.2,4.4H-3.2L-5.1,-1.7Z",
  "M-5.4,0L-2.7,-4.6H2.7L5.4,0L2.7,4.6H-2.7Z",
];
const machines = distinct(candidates.map((one) => one.machine));

function face(machine) {
  const place = machines.indexOf(machine);
  return { colour: `f${place % 7}`, path: shapes[place % shapes.length] };
}
