// Data, and how numbers and elements are written.
const data = JSON.parse(document.getElementById("data").textContent);
const several = new Set(data.rows.map((row) => row[data.columns.indexOf("technology")])).size > 1;
const candidates = data.rows.map((row, place) => {
  const one = Object.fromEntries(data.columns.map((name, column) => [name, row[column]]));
  one.place = place;
  one.machine = several ? `${one.accelerator}, ${one.technology}` : one.accelerator;
  one.label = data.formats[one.weight_format];
  return one;
});

function distinct(values) {
  return [...new Set(values)];
}

// Three significant digits, thousands apart, no exponent.
function significant(number, digits = 3) {
  if (number === null || number === undefined) return "–";
  return number.toLocaleString("en-GB", { minimumSignificantDigits: digits, maximumSignificantDigits: digits });
}

function percent(fraction, places) {
  return fraction === null ? "–" : (100 * fraction).toFixed(places);
}

// A quantity in the page's unit of it, without and with the unit's name.
function amount(one, name) {
  return one[name] === null || one.cycles === null ? null : one[name] / data.units[name][1];
}

function quantity(one, name) {
  return `${significant(amount(one, name))} ${data.units[name][0]}`;
}

function accuracyWords(one, places = 2) {
  if (one.accuracy_mean_fraction === null) return "–";
  const mean = percent(one.accuracy_mean_fraction, places) + (one.published ? "‡" : "");
  const half = one.accuracy_half_width_fraction;
  return half === null ? mean : `${mean} ± ${percent(half, places)}`;
}

function standing(one) {
  if (one.standing === "refused") return "refused";
  if (one.winner) return one.tied ? "winner (tie)" : "winner";
  if (one.runner_up) return "runner-up";
  return one.standing;
}

// An element; content is text or elements, never HTML.
function make(tag, attributes = {}, ...content) {
  const drawn = ["svg", "g", "path", "line", "circle", "text", "title"].includes(tag);
  const made = drawn
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...content.filter((one) => one !== null));
  return made;
}

// A labelled select; choices are pairs of value and text.
function choice(id, label, choices, chosen, changed) {
  const options = choices.map(([value, text]) => make("option", { value }, text));
  const select = make("select", { id }, ...options);
  if (chosen !== null) select.value = chosen;
  select.addEventListener("change", () => changed(select.value));
  return make("label", {}, label, select);
}
