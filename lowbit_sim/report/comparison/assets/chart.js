// The trade-off as a drawing: one network and regime, a marker for each candidate.
const contests = distinct(candidates.map((one) => `${one.workload}, ${one.regime}`));
const view = { contest: contests[0], cost: "energy_delay_pj_s", gain: "accuracy", off: new Set() };
const room = { left: 58, right: 96, top: 14, bottom: 46 };

function shownPoints() {
  const gain = gains[view.gain];
  return candidates
    .filter((one) => `${one.workload}, ${one.regime}` === view.contest)
    .filter((one) => one.standing !== "refused" && !view.off.has(one.machine))
    .map((one) => ({ one, x: amount(one, view.cost), y: gain.value(one) }))
    .filter((point) => point.one.accuracy_mean_fraction !== null)
    .map((point) => ({ ...point, good: gain.up ? point.y : -point.y }));
}

function drawPareto() {
  const area = document.getElementById("pareto-drawing");
  const points = shownPoints();
  area.replaceChildren();
  document.getElementById("pareto-readout").replaceChildren(hint());
  if (!points.length) {
    const why = view.off.size ? "None of the machines shown has a candidate here." : "No accuracies are known: there is nothing to trade against cost.";
    area.append(make("p", { class: "muted" }, why));
    return;
  }
  const wide = Math.max(300, area.clientWidth || 800);
  const size = { wide, high: wide < 560 ? 420 : 520 };
  const scale = scales(points, size);
  const label = `${gains[view.gain].label} against ${costs[view.cost].label}, ${view.contest}`;
  const svg = make("svg", { viewBox: `0 0 ${size.wide} ${size.high}`, role: "group", "aria-label": label });
  drawAxes(svg, scale, size);
  drawRows(svg, points, scale, size);
  drawMarks(svg, points, scale);
  area.append(svg);
}

function scales(points, size) {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y).concat(marginPlace());
  const pad = Math.max(Math.max(...ys) - Math.min(...ys), 1e-4) * 0.07;
  const [low, high] = [Math.min(...xs) / 1.12, Math.max(...xs) * 1.12];
  const [bottom, top] = [Math.min(...ys) - pad, Math.max(...ys) + pad];
  const [across, down] = [size.wide - room.left - room.right, size.high - room.top - room.bottom];
  const share = (y) => (gains[view.gain].up ? (top - y) / (top - bottom) : (y - bottom) / (top - bottom));
  return {
    x: (value) => room.left + (across * Math.log(value / low)) / Math.log(high / low),
    y: (value) => room.top + down * share(value),
    bottom: room.top + down,
    xTicks: logTicks(low, high),
    yTicks: linearTicks(bottom, top, 6),
  };
}

// Where the margin of accuracy lies on the upright axis; empty if fp32's accuracy is not known.
function marginPlace() {
  if (view.gain === "loss") return [data.margin_fraction];
  const known = candidates.find(
    (one) => one.weight_format === "fp32" && one.accuracy_mean_fraction !== null && `${one.workload}, ${one.regime}` === view.contest,
  );
  return known ? [known.accuracy_mean_fraction - data.margin_fraction] : [];
}

function drawAxes(svg, scale, size) {
  const [right, bottom] = [size.wide - room.right, size.high - room.bottom];
  const places = Math.max(0, Math.min(4, -Math.floor(Math.log10(100 * scale.yTicks.step) + 1e-9)));
  for (const value of scale.yTicks.values) {
    const y = scale.y(value);
    svg.append(make("line", { class: "grid", x1: room.left, x2: right, y1: y, y2: y }));
    svg.append(make("text", { x: room.left - 8, y: y + 4, "text-anchor": "end" }, percent(value, places)));
  }
  let end = -Infinity;
  for (const value of scale.xTicks) {
    const x = scale.x(value);
    svg.append(make("line", { class: "grid", x1: x, x2: x, y1: room.top, y2: bottom }));
    if (x - end < 44) continue;
    end = x;
    svg.append(make("text", { x, y: bottom + 17, "text-anchor": "middle" }, Number(value.toPrecision(2)).toLocaleString("en-GB", { maximumSignificantDigits: 2 })));
  }
  svg.append(make("path", { class: "frame", d: `M${room.left},${room.top}V${bottom}H${right}` }));
  const unit = data.units[view.cost][0];
  svg.append(make("text", { class: "title", x: (room.left + right) / 2, y: size.high - 8, "text-anchor": "middle" }, `${costs[view.cost].label} [${unit}], logarithmic`));
  const middle = (room.top + bottom) / 2;
  const up = gains[view.gain].label + (view.gain === "loss" ? " [points]" : " [%]");
  svg.append(make("text", { class: "title", transform: `translate(14 ${middle}) rotate(-90)`, "text-anchor": "middle" }, up));
}

// All machines share the accuracy of a format: its name stands at the right of its row.
function drawRows(svg, points, scale, size) {
  const right = size.wide - room.right;
  const rows = new Map(points.map((point) => [point.one.label, scale.y(point.y)]));
  const labels = [...rows].map(([name, y]) => ({ name, y, at: y })).sort((a, b) => a.y - b.y);
  labels.forEach((label, place) => {
    if (place) label.at = Math.max(label.at, labels[place - 1].at + 13);
  });
  const over = labels.at(-1).at - (size.high - room.bottom + 4);
  for (let place = labels.length - 1, limit = Infinity; over > 0 && place >= 0; place -= 1) {
    labels[place].at = Math.min(labels[place].at, limit, size.high - room.bottom + 4);
    limit = labels[place].at - 13;
  }
  for (const { name, y, at } of labels) {
    svg.append(make("path", { class: "grid", fill: "none", d: `M${right},${y}L${right + 12},${at}` }));
    svg.append(make("text", { x: right + 15, y: at + 4 }, shortened(name)));
  }
  for (const limit of marginPlace()) {
    const y = scale.y(limit);
    svg.append(make("line", { class: "margin", x1: room.left, x2: right, y1: y, y2: y }));
    svg.append(make("text", { class: "margin-text", x: right - 4, y: y - 6, "text-anchor": "end" }, "margin"));
  }
}

function shortened(name) {
  const short = name.replace("power-of-two levels", "levels 2ⁿ");
  return short.length > 13 ? `${short.slice(0, 12)}…` : short;
}

function drawMarks(svg, points, scale) {
  const best = front(points);
  const steps = best.map((point, place) => {
    const [x, y] = [scale.x(point.x).toFixed(1), scale.y(point.y).toFixed(1)];
    return place ? `H${x}V${y}` : `M${x},${y}`;
  });
  svg.append(make("path", { class: "line", d: steps.join("") }));
  for (const point of best) {
    const half = point.one.accuracy_half_width_fraction;
    if (half === null || view.gain === "loss") continue;
    const x = scale.x(point.x);
    const [y1, y2] = [point.y + half, point.y - half].map((y) => Math.min(Math.max(scale.y(y), room.top), scale.bottom));
    svg.append(make("line", { class: "interval", x1: x, x2: x, y1, y2 }));
  }
  const inFront = new Set(best.map((point) => point.one));
  const marks = points
    .sort((a, b) => inFront.has(a.one) - inFront.has(b.one) || a.x - b.x)
    .map((point) => marked(point, scale, inFront.has(point.one)));
  svg.append(...marks);
  walk(marks.sort((a, b) => a.dataset.x - b.dataset.x));
}

function marked(point, scale, isFront) {
  const { one } = point;
  const kind = face(one.machine);
  const [x, y] = [scale.x(point.x), scale.y(point.y)];
  const said = `${one.label} on ${one.machine}: ${accuracyWords(one)} %, ${quantity(one, view.cost)}`;
  const mark = make(
    "g",
    {
      class: `mark${isFront ? " front" : ""}${one.standing === "eligible" ? "" : " out"}`,
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
      tabindex: -1, role: "img", "aria-label": said, "data-place": one.place, "data-x": x.toFixed(2),
    },
    make("circle", { class: "hit", r: 8 }),
    one.winner ? make("circle", { class: "ring", r: 8 }) : null,
    make("circle", { class: "halo", r: 11 }),
    make("path", { class: kind.colour, d: kind.path }),
  );
  mark.addEventListener("pointerenter", () => read(mark, one));
  mark.addEventListener("focus", () => read(mark, one));
  mark.addEventListener("click", () => mark.focus());
  return mark;
}

// One stop of the tab key; arrows go to the neighbours by cost, Enter to the layers.
function walk(marks) {
  marks[0].setAttribute("tabindex", 0);
  marks.forEach((mark, place) => {
    mark.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
      if (event.key === "Enter") showLayers(Number(mark.dataset.place));
      if (!step) return;
      event.preventDefault();
      const next = marks[(place + step + marks.length) % marks.length];
      mark.setAttribute("tabindex", -1);
      next.setAttribute("tabindex", 0);
      next.focus();
    });
  });
}

function hint() {
  return make("p", { class: "muted" }, "Point at a marker, or go to it by the tab and arrow keys: its numbers stand here.");
}

function read(mark, one) {
  document.querySelectorAll(".mark.now").forEach((other) => other.classList.remove("now"));
  mark.classList.add("now");
  const pairs = [
    ["machine", one.machine],
    ["array", data.machines[one.accelerator] || "–"],
    ["entropy", `${significant(one.entropy_bits)} bit`],
    ["accuracy", `${accuracyWords(one)} %`],
    ["loss", `${percent(one.loss_against_fp32_fraction, 2)} points`],
    ["memory", quantity(one, "model_bits")],
    ["cycles", one.cycles.toLocaleString("en-GB")],
    ["latency", quantity(one, "seconds")],
    ["energy", quantity(one, "energy_pj")],
    ["EDP", quantity(one, "energy_delay_pj_s")],
    ["best in", `${percent(one.best_fraction, 1)} %`],
    ["standing", standing(one)],
    ["on assumed", `${percent(one.assumed_fraction, 1)} % of energy`],
    ["of all five", one.pareto ? "on the front" : "dominated"],
  ];
  const list = make("dl", {}, ...pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
  const box = document.getElementById("pareto-readout");
  box.replaceChildren(make("h3", {}, one.label), list);
  if (layersOf.has(one.place)) {
    const button = make("button", { type: "button" }, "Show its layers");
    button.addEventListener("click", () => showLayers(one.place));
    box.append(button);
  }
}

function startPareto() {
  const changed = (key) => (value) => {
    view[key] = value;
    drawPareto();
  };
  const named = (table) => Object.entries(table).map(([key, one]) => [key, one.label]);
  document.getElementById("pareto-controls").append(
    choice("pareto-contest", "network, regime", contests.map((one) => [one, one]), view.contest, changed("contest")),
    choice("pareto-gain", "upright", named(gains), view.gain, changed("gain")),
    choice("pareto-cost", "across", named(costs), view.cost, changed("cost")),
  );
  document.getElementById("pareto-filter").open = window.innerWidth > 830;
  document.getElementById("pareto-machines").append(...machines.map(machineBox), everyMachine());
  document.getElementById("pareto-note").textContent =
    "Outlined and joined by steps: the front of these two axes among the machines shown; upright lines are the 95 % intervals of its accuracies. Ring: winner of its machine. Pale: not accurate enough.";
  drawPareto();
  let before = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === before) return;
    before = window.innerWidth;
    drawPareto();
  });
}

function machineBox(machine) {
  const kind = face(machine);
  const box = make("input", { type: "checkbox", checked: true, "data-machine": machine });
  box.addEventListener("change", () => {
    if (box.checked) view.off.delete(machine);
    else view.off.add(machine);
    drawPareto();
  });
  const drawn = make("svg", { viewBox: "-8 -8 16 16", "aria-hidden": "true" }, make("path", { class: kind.colour, d: kind.path }));
  return make("label", {}, box, drawn, machine);
}

function everyMachine() {
  const button = make("button", { type: "button", id: "pareto-all" }, "All or none");
  button.addEventListener("click", () => {
    const none = view.off.size === 0;
    view.off = new Set(none ? machines : []);
    document.querySelectorAll("#pareto-machines input").forEach((box) => {
      box.checked = !none;
    });
    drawPareto();
  });
  return button;
}
