"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const MISSING = -32768;
const SVG = "http://www.w3.org/2000/svg";

function unpacked(packed) {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k += 1) bytes[k] = text.charCodeAt(k);
  const counts = new Int16Array(bytes.buffer);
  const width = counts.length / packed.scale.length;
  return packed.scale.map((scale, row) =>
    Array.from(counts.subarray(row * width, (row + 1) * width), (v) => (v === MISSING ? NaN : v * scale)));
}

const traces = { clean: data.clean.map(unpacked), raw: data.raw.map(unpacked) };
const nChannel = data.channels.length;
const nPulse = data.rows.length / nChannel;
const width = traces.clean[0][0].length;
const endMs = data.start_ms + (width - 1) * data.step_ms;
const store = "cortistim emg " + data.title + " " + data.rows.length;
let decisions = {};
try { decisions = JSON.parse(localStorage.getItem(store)) || {}; } catch (error) { decisions = {}; }
let channel = 0;
let chosen = 0;
let order = [];
let past = [];

const rowOf = (pulse) => data.rows[pulse * nChannel + channel];
const keyOf = (row) => row.pulse + "\t" + row.channel;
const stateOf = (row) => decisions[keyOf(row)] || row.qc;
const number = (value, digits) => (value === null ? "–" : value.toFixed(digits));

function limitOf(pulse) {
  const inWindow = (k) => data.start_ms + k * data.step_ms > data.blank_ms[1] + 3;
  const kind = $("raw").checked ? "raw" : "clean";
  const all = $("same").checked ? Array.from({ length: nPulse }, (_, k) => k) : [pulse];
  const tops = all.map((p) => traces[kind][channel][p].reduce(
    (top, v, k) => (inWindow(k) && Math.abs(v) > top ? Math.abs(v) : top), 0)).sort((a, b) => a - b);
  // on one scale a few wild trials must not flatten all others
  const top = tops[Math.min(tops.length - 1, Math.floor(0.95 * tops.length))];
  return Math.max(top * 1.08, 25);
}

function pathOf(values, x, y) {
  let path = "";
  let pen = false;
  values.forEach((v, k) => {
    if (Number.isNaN(v)) { pen = false; return; }
    path += (pen ? "L" : "M") + x(k).toFixed(1) + " " + y(v).toFixed(1);
    pen = true;
  });
  return path;
}

function add(parent, name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
  if (text !== undefined) node.textContent = text;
  parent.appendChild(node);
  return node;
}

const clip = (value, top) => Math.max(-1.15 * top, Math.min(1.15 * top, value));

function drawOne() {
  const plot = $("plot");
  plot.replaceChildren();
  const row = rowOf(chosen);
  const top = limitOf(chosen);
  const [left, right, upper, lower] = [58, 748, 14, 340];
  const xMs = (ms) => left + ((ms - data.start_ms) / (endMs - data.start_ms)) * (right - left);
  const y = (v) => (upper + lower) / 2 - (clip(v, top) / top) * ((lower - upper) / 2.35);
  const x = (k) => xMs(data.start_ms + k * data.step_ms);
  const [from, to] = data.response_ms;
  add(plot, "rect", { x: xMs(from), y: upper, width: xMs(to) - xMs(from), height: lower - upper, fill: "#eef1f4" });
  const ticks = 10 ** Math.floor(Math.log10(top));
  const step = [1, 2, 5, 10].map((m) => (m * ticks) / 2).find((s) => (2 * top) / s < 7);
  for (let v = -Math.floor(top / step) * step; v <= top; v += step) {
    add(plot, "line", { x1: left, x2: right, y1: y(v), y2: y(v), stroke: "#e9ecef" });
    add(plot, "text", { x: left - 6, y: y(v) + 4, "text-anchor": "end", "font-size": 12, fill: "#5d6975" }, String(Math.round(v * 100) / 100));
  }
  const wide = endMs - data.start_ms > 250 ? 50 : 20;
  for (let ms = Math.ceil(data.start_ms / wide) * wide; ms <= endMs; ms += wide) {
    add(plot, "text", { x: xMs(ms), y: lower + 16, "text-anchor": "middle", "font-size": 12, fill: "#5d6975" }, String(ms));
  }
  add(plot, "text", { x: right, y: lower + 33, "text-anchor": "end", "font-size": 12, fill: "#5d6975" }, "ms from the pulse");
  add(plot, "text", { x: left - 6, y: upper + 8, "text-anchor": "end", "font-size": 12, fill: "#5d6975" }, "µV");
  add(plot, "line", { x1: xMs(0), x2: xMs(0), y1: upper, y2: lower, stroke: "#1c2530", "stroke-width": 1 });
  if ($("raw").checked) {
    add(plot, "path", { d: pathOf(traces.raw[channel][chosen], x, y), fill: "none", stroke: "#9aa5b1", "stroke-width": 1 });
  }
  add(plot, "path", { d: pathOf(traces.clean[channel][chosen], x, y), fill: "none", stroke: "#0b7a75", "stroke-width": 1.6 });
  [["latency_crossing_ms", "#b3470d", ""], ["latency_ramp_ms", "#6a3d9a", "4 3"], ["silent_period_ms", "#1c2530", "2 3"]].forEach(([name, colour, dash]) => {
    if (row[name] !== null && row[name] <= endMs) {
      add(plot, "line", { x1: xMs(row[name]), x2: xMs(row[name]), y1: upper, y2: lower, stroke: colour, "stroke-width": 1.5, "stroke-dasharray": dash });
    }
  });
  const state = stateOf(row);
  const says = $("says");
  says.replaceChildren();
  const bold = document.createElement("b");
  bold.textContent = `Pulse ${row.pulse}: ${number(row.mep_uv, 0)} µV `;
  const badge = document.createElement("span");
  badge.className = "badge " + state;
  badge.textContent = state + (decisions[keyOf(row)] ? " (by eye)" : "");
  const rest = document.createElement("span");
  const output = row.percent_mso === null ? "" : `, ${row.percent_mso} % MSO`;
  const silence = row.silent_period_ms === null ? "" : `; silent until ${number(row.silent_period_ms, 0)} ms`;
  rest.textContent = ` at ${number(row.time_s, 2)} s${output}${row.condition ? ", " + row.condition : ""}. ` +
    `Onset ${number(row.latency_crossing_ms, 1)} or ${number(row.latency_ramp_ms, 1)} ms${silence}; baseline RMS ` +
    `${number(row.baseline_rms_uv, 1)} µV, noise ${number(row.noise_uv, 0)} µV` +
    `${row.censored ? " (the response is below the noise floor)" : ""}. ${row.qc_reason}`;
  says.append(bold, badge, rest);
}

function visible(pulse) {
  const row = rowOf(pulse);
  const kind = $("filter").value;
  if (kind === "all") return true;
  if (kind === "reject") return stateOf(row) === "reject";
  if (kind === "undecided") return row.qc !== "ok" && !decisions[keyOf(row)];
  return row.qc !== "ok";
}

function drawCell(cell, pulse) {
  const row = rowOf(pulse);
  const state = stateOf(row);
  cell.className = "cell " + (state === "ok" ? "" : state) + (pulse === chosen ? " chosen" : "");
  cell.title = row.qc_reason;
  const label = cell.lastChild;
  label.replaceChildren();
  const name = document.createElement("span");
  name.textContent = row.pulse;
  if (decisions[keyOf(row)]) { name.className = "by"; name.textContent += " ✓"; }
  const size = document.createElement("span");
  size.textContent = number(row.mep_uv, 0) + " µV";
  label.append(name, size);
}

function drawGrid() {
  const grid = $("grid");
  grid.replaceChildren();
  order = Array.from({ length: nPulse }, (_, k) => k).filter(visible);
  if (!order.includes(chosen) && order.length) chosen = order[0];
  const kind = $("raw").checked ? "raw" : "clean";
  const shared = $("same").checked ? limitOf(chosen) : 0;
  // the thumbnail shows from the end of the artefact to well after the response
  const first = Math.max(0, Math.round((-20 - data.start_ms) / data.step_ms));
  const last = Math.min(width, Math.round((data.response_ms[1] + 40 - data.start_ms) / data.step_ms));
  order.forEach((pulse) => {
    const cell = document.createElement("button");
    const top = shared || limitOf(pulse);
    const small = document.createElementNS(SVG, "svg");
    small.setAttribute("viewBox", "0 0 110 52");
    small.setAttribute("preserveAspectRatio", "none");
    const x = (k) => (k / (last - first)) * 110;
    const y = (v) => 26 - (clip(v, top) / top) * 22;
    const zero = x(-data.start_ms / data.step_ms - first);
    add(small, "line", { x1: zero, x2: zero, y1: 0, y2: 52, stroke: "#c3cad2", "stroke-width": 0.8 });
    add(small, "path", { d: pathOf(traces[kind][channel][pulse].slice(first, last), x, y), fill: "none", stroke: "#0b7a75", "stroke-width": 1.1 });
    cell.append(small, document.createElement("div"));
    cell.dataset.pulse = pulse;
    cell.addEventListener("click", () => choose(pulse));
    grid.append(cell);
    drawCell(cell, pulse);
  });
  count();
  if (order.length) drawOne();
  else { $("plot").replaceChildren(); $("says").textContent = "No such trial."; }
}

function count() {
  const doubtful = data.rows.filter((row) => row.qc !== "ok");
  const open = doubtful.filter((row) => !decisions[keyOf(row)]).length;
  $("count").textContent = `${order.length} of ${nPulse} trials; ${open} of ${doubtful.length} doubtful ones still open (all muscles)`;
}

const cellOf = (pulse) => document.querySelector(`.cell[data-pulse="${pulse}"]`);

function choose(pulse) {
  const before = chosen;
  chosen = pulse;
  [before, pulse].forEach((p) => { const cell = cellOf(p); if (cell) drawCell(cell, p); });
  const cell = cellOf(pulse);
  if (cell) cell.scrollIntoView({ block: "nearest" });
  drawOne();
}

function go(step) {
  const at = order.indexOf(chosen) + step;
  if (at >= 0 && at < order.length) choose(order[at]);
}

function keep() {
  try { localStorage.setItem(store, JSON.stringify(decisions)); } catch (error) { /* a page from a file may not keep anything */ }
  count();
}

function decide(state) {
  if (!order.length) return;
  const key = keyOf(rowOf(chosen));
  past.push([channel, chosen, key, decisions[key]]);
  decisions[key] = state;
  keep();
  const cell = cellOf(chosen);
  if (cell) drawCell(cell, chosen);
  drawOne();
  go(1);
}

function undo() {
  const last = past.pop();
  if (!last) return;
  const [inChannel, pulse, key, before] = last;
  if (before === undefined) delete decisions[key]; else decisions[key] = before;
  keep();
  if (inChannel !== channel) { channel = inChannel; $("channel").value = channel; drawGrid(); }
  choose(pulse);
}

function nextDoubtful() {
  const after = order.filter((p) => p > chosen).concat(order.filter((p) => p <= chosen));
  const found = after.find((p) => rowOf(p).qc !== "ok" && !decisions[keyOf(rowOf(p))]);
  if (found !== undefined) choose(found);
}

function quote(text) {
  return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}

function save() {
  const lines = ["pulse,channel,decision,reason"];
  data.rows.forEach((row) => {
    const state = decisions[keyOf(row)];
    if (state) lines.push([row.pulse, quote(row.channel), state, ""].join(","));
  });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
  link.download = "decisions.csv";
  link.click();
  $("saved").textContent = `${lines.length - 1} decisions saved as decisions.csv`;
}

document.addEventListener("keydown", (event) => {
  if (event.target.tagName === "SELECT" || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = {
    ArrowRight: () => go(1), ArrowLeft: () => go(-1), j: () => go(1), k: () => go(-1),
    a: () => decide("ok"), r: () => decide("reject"), l: () => decide("review"), u: undo, n: nextDoubtful,
  }[event.key];
  if (act) { event.preventDefault(); act(); }
});
data.channels.forEach((name, k) => {
  const option = document.createElement("option");
  option.value = k;
  option.textContent = name;
  $("channel").append(option);
});
$("channel").addEventListener("change", () => { channel = Number($("channel").value); drawGrid(); });
["filter", "raw", "same"].forEach((id) => $(id).addEventListener("change", drawGrid));
$("save").addEventListener("click", save);
drawGrid();
