// The layers of one candidate, and what its energy goes to.
const layersOf = new Map(data.layers.map((one) => [one.row, one]));

function layerObjects(found) {
  return found.layers.map((values) =>
    Object.fromEntries(
      data.layer.map((name, place) => {
        const isText = ["name", "kind", "unit", "weight_format", "bound_by"].includes(name);
        return [name, isText ? data.texts[values[place]] : values[place]];
      }),
    ),
  );
}

function barred(value, most, text) {
  const bar = make("i", { class: "c0", style: `width:${((100 * value) / most).toFixed(1)}%` });
  return make("td", { class: "number" }, text, make("span", { class: "bar", "aria-hidden": "true" }, bar));
}

function layerRow(layer, most, unit) {
  const share = (100 * layer.energy_pj) / most.all;
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, layer.name, make("small", {}, layer.kind)),
    make("td", {}, layer.unit, make("small", {}, data.formats[layer.weight_format] || "")),
    make("td", { class: "number" }, layer.macs.toLocaleString("en-GB")),
    barred(layer.cycles, most.cycles, layer.cycles.toLocaleString("en-GB")),
    barred(layer.energy_pj, most.energy_pj, significant(layer.energy_pj / unit[1])),
    make("td", { class: "number" }, share.toFixed(1)),
    make("td", {}, layer.bound_by),
  );
}

function energyParts(found) {
  const all = found.parts.reduce((sum, [, pj]) => sum + pj, 0);
  const shown = found.parts.filter(([, pj]) => pj > 0);
  const strip = shown.map(([, pj], place) =>
    make("i", { class: `c${place % 7}`, style: `width:${((100 * pj) / all).toFixed(2)}%` }),
  );
  const keys = shown.map(([name, pj], place) =>
    make("span", {}, make("i", { class: `swatch c${place % 7}` }), `${data.texts[name]} ${((100 * pj) / all).toFixed(1)} %`),
  );
  return [make("div", { class: "parts", "aria-hidden": "true" }, ...strip), make("div", { class: "keys" }, ...keys)];
}

function fillLayers(place) {
  const [one, found] = [candidates[place], layersOf.get(place)];
  const layers = layerObjects(found);
  const most = {
    cycles: Math.max(1, ...layers.map((layer) => layer.cycles)),
    energy_pj: Math.max(1e-9, ...layers.map((layer) => layer.energy_pj)),
    all: layers.reduce((sum, layer) => sum + layer.energy_pj, 0) || 1,
  };
  const unit = data.units.energy_pj;
  const names = ["layer", "array", "MACs", "cycles", unit[0], "% of energy", "bound by"];
  const heads = names.map((name, column) => make("th", { scope: "col", class: column > 1 && column < 6 ? "number" : null }, name));
  const table = make(
    "table",
    {},
    make("caption", {}, "Layers"),
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...layers.map((layer) => layerRow(layer, most, unit))),
  );
  const said = `${one.label} on ${one.machine}, ${one.workload}, ${one.regime} (${standing(one)}): ${one.cycles.toLocaleString("en-GB")} cycles, ${quantity(one, "seconds")}, ${quantity(one, "energy_pj")}.`;
  document.getElementById("layers-shown").replaceChildren(
    make("p", { id: "layers-said" }, said),
    ...energyParts(found),
    make("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Layers" }, table),
    make("p", { class: "note" }, "Layers run one after another: their cycles and energies add up to the candidate's."),
  );
}

// Choose a candidate here and go to it; one without layers changes nothing.
function showLayers(place) {
  if (!layersOf.has(place)) return;
  const one = candidates[place];
  fillContests(`${one.workload}, ${one.regime}`, place);
  document.getElementById("layers").scrollIntoView();
}

function fillContests(contest, place) {
  const here = [...layersOf.keys()].filter((key) => `${candidates[key].workload}, ${candidates[key].regime}` === contest);
  const chosen = here.includes(place) ? place : here[0];
  const choices = here.map((key) => {
    const one = candidates[key];
    return [key, `${one.machine}: ${one.label} (${standing(one)})`];
  });
  const known = distinct([...layersOf.keys()].map((key) => `${candidates[key].workload}, ${candidates[key].regime}`));
  document.getElementById("layers-controls").replaceChildren(
    choice("layers-contest", "network, regime", known.map((one) => [one, one]), contest, (value) => fillContests(value, null)),
    choice("layers-candidate", "candidate", choices, chosen, (value) => fillLayers(Number(value))),
  );
  fillLayers(chosen);
}

function startLayers() {
  const first = layersOf.keys().next().value;
  if (first === undefined) {
    document.getElementById("layers-shown").append(make("p", { class: "muted" }, "No candidate has won."));
    return;
  }
  fillContests(`${candidates[first].workload}, ${candidates[first].regime}`, first);
}
