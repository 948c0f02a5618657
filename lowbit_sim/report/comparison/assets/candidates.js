// All candidates as a table that sorts and filters.
const columns = [
  { name: "machine", value: (one) => one.machine },
  { name: "network", value: (one) => one.workload, key: "workload" },
  { name: "regime", value: (one) => one.regime, key: "regime" },
  { name: "weights", value: (one) => one.place, text: (one) => one.label, by: (one) => one.entropy_bits },
  { name: "bit", value: (one) => one.entropy_bits, text: (one) => significant(one.entropy_bits), number: true },
  { name: "accuracy %", value: (one) => one.accuracy_mean_fraction, text: (one) => accuracyWords(one), number: true },
  { name: "", unit: "model_bits", number: true },
  { name: "cycles", value: (one) => one.cycles, text: (one) => (one.cycles === null ? "–" : one.cycles.toLocaleString("en-GB")), number: true },
  { name: "", unit: "seconds", number: true },
  { name: "", unit: "energy_pj", number: true },
  { name: "EDP ", unit: "energy_delay_pj_s", number: true },
  { name: "best %", value: (one) => one.best_fraction, text: (one) => percent(one.best_fraction, 1), number: true },
  { name: "standing", value: (one) => standing(one) },
].map((column) => {
  if (!column.unit) return { text: column.value, by: column.value, ...column };
  const value = (one) => (column.unit === "model_bits" ? one.model_bits / data.units.model_bits[1] : amount(one, column.unit));
  return { ...column, name: column.name + data.units[column.unit][0], by: value, text: (one) => significant(value(one)) };
});
const listed = { filters: {}, column: null, down: false };

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null); // unknown ones last
  const order = typeof a === "string" ? a.localeCompare(b, "en") : a - b;
  return listed.down ? -order : order;
}

function chosenCandidates() {
  const kept = candidates.filter((one) =>
    Object.entries(listed.filters).every(([key, value]) => value === "" || one[key] === value),
  );
  if (listed.column === null) return kept;
  const by = columns[listed.column].by;
  return kept.sort((a, b) => compare(by(a), by(b)) || a.place - b.place);
}

// A column that would say the same in every row, as its filter does, is hidden.
function isHidden(column) {
  return column.key !== undefined && listed.filters[column.key] !== "";
}

function fillCandidates() {
  const chosen = chosenCandidates();
  const rows = chosen.map((one) => {
    const cells = columns.map((column) => make("td", { class: column.number ? "number" : null, hidden: isHidden(column) }, String(column.text(one))));
    const row = make("tr", { class: one.winner ? "won" : null, "data-place": one.place }, ...cells);
    if (one.refusal) cells.at(-1).title = one.refusal;
    return row;
  });
  document.querySelector("#candidates-table tbody").replaceChildren(...rows);
  document.querySelectorAll("#candidates-table thead th").forEach((head, place) => {
    const sorted = place === listed.column;
    head.hidden = isHidden(columns[place]);
    head.setAttribute("aria-sort", sorted ? (listed.down ? "descending" : "ascending") : "none");
  });
  const count = (number) => number.toLocaleString("en-GB");
  document.getElementById("candidates-count").textContent = `${count(chosen.length)} of ${count(candidates.length)} candidates`;
}

function startCandidates() {
  const heads = columns.map((column, place) => {
    const button = make("button", { type: "button" }, column.name);
    button.addEventListener("click", () => {
      listed.down = listed.column === place ? !listed.down : false;
      listed.column = place;
      fillCandidates();
    });
    return make("th", { scope: "col", class: column.number ? "number" : null, "aria-sort": "none" }, button);
  });
  document.getElementById("candidates-table").append(
    make("table", {}, make("caption", {}, "All candidates"), make("thead", {}, make("tr", {}, ...heads)), make("tbody")),
  );
  const filters = [["workload", "network"], ["regime", "regime"], ["machine", "machine"], ["label", "weights"]];
  const controls = filters.map(([key, label]) => {
    const values = distinct(candidates.map((one) => one[key]));
    const first = key === "workload" || key === "regime" ? values[0] : "";
    listed.filters[key] = first;
    const choices = [["", "all"], ...values.map((value) => [value, value])];
    return choice(`candidates-${key}`, label, choices, first, (value) => {
      listed.filters[key] = value;
      fillCandidates();
    });
  });
  document.getElementById("candidates-controls").append(...controls);
  fillCandidates();
}
