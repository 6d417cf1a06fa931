// The words and numbers beside the picture. Texts are set as text: names come from files.

const $ = (id) => document.getElementById(id);
const NONE = "\u2013";
const WORDS = {
  waiting: "waiting for a pose", live: "live", held: "live, by hand", replay: "recording",
  stale: "stale", invisible: "coil not visible", refused: "pose refused", lost: "no connection",
};
const SHOWABLE = ["live", "held", "replay"];
const MOVES = [
  ["x_percent_per_mm", "along x", "mm"], ["tilt_x_percent_per_deg", "tilt x", "°"],
  ["y_percent_per_mm", "along y", "mm"], ["tilt_y_percent_per_deg", "tilt y", "°"],
  ["depth_percent_per_mm", "inwards", "mm"], ["twist_percent_per_deg", "twist", "°"],
];
const put = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };
const digits = (value, n = 3) => (value === null || value === undefined ? NONE : Number(value.toPrecision(n)).toString());
const signed = (value, n = 1) => (Math.abs(value) < 0.5 * 10 ** -n ? (0).toFixed(n) : `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(n)}`);

export class Panel {
  constructor() {
    this.controls = false;
    this.told = "";
    this.said = 0;
    const bright = matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
    this.dress(sessionStorage.getItem("cortistim-theme") || bright);
    for (const [key, word, unit] of MOVES) {
      const row = document.createElement("li"), name = document.createElement("span");
      name.textContent = word;
      const value = document.createElement("span");
      value.dataset.move = key;
      value.dataset.unit = unit;
      row.append(name, value);
      $("moves").append(row);
    }
  }

  dress(theme) {
    document.documentElement.dataset.theme = theme;
    put("theme", theme === "light" ? "Dark" : "Light");
  }

  theme() {
    const other = document.documentElement.dataset.theme === "light" ? "dark" : "light";
    sessionStorage.setItem("cortistim-theme", other);
    this.dress(other);
  }

  scene(told) {
    this.fixed = told;
    put("what", `${told.head} · ${told.coil} · ${told.points} points, ${told.members} members`);
    put("target-name", told.target.name);
    put("notice", told.notice);
    const pen = $("colours").getContext("2d");
    told.colours.forEach(([r, g, b], i) => {
      pen.fillStyle = `rgb(${r},${g},${b})`;
      pen.fillRect(i, 0, 1, 1);
    });
    this.scale(told.scale_v_per_m);
  }

  scale(top, unit) {
    this.top = top;
    put("scale-unit", `|E| on the mid-grey surface, ${unit ? "V/m for 1 A/µs" : "V/m"}, fixed scale`);
    put("scale-middle", digits(top / 2));
    put("scale-top", digits(top));
  }

  role(role) {
    this.controls = role === "control";
    for (const one of document.querySelectorAll(":is(#say, #seek) :is(button, input)")) one.disabled = !this.controls;
  }

  badge(state, words, warning) {
    put("badge-word", WORDS[state] || state);
    const hidden = SHOWABLE.includes(state) && !warning && !/frozen/.test(words);
    $("veil").hidden = hidden;
    put("veil-word", SHOWABLE.includes(state) ? "Attention" : (WORDS[state] || state).toUpperCase());
    put("veil-why", warning || words || "");
    if (this.told !== state) {
      this.told = state;
      $("alarm").textContent = SHOWABLE.includes(state) ? "" : `Attention: ${WORDS[state] || state}.`;
      if (!SHOWABLE.includes(state)) this.tone(220, 0.25);
    }
  }

  state(told) {
    const unit = told.flags.includes("unit") ? " per A/µs" : "";
    put("at-target", digits(told.target_e_v_per_m));
    const band = told.band_v_per_m ? `, ${told.band_v_per_m.map((v) => digits(v)).join(" to ")} with 2 mm and 5° of registration error` : "";
    put("interval", `± ${digits(told.target_error_v_per_m, 2)} V/m numerical${band}; conductivities not included${unit ? "; V/m for 1 A/µs, no output is set" : ""}`);
    put("peak", `${digits(told.peak_e_v_per_m)} V/m`);
    put("area", `${digits(told.area_70_percent_mm2 / 100, 2)} cm²`);
    put("output-now", told.percent_mso ? `${told.percent_mso} % typed${unit ? ", dI/dt not known" : ""}` : `${digits(told.didt_a_per_us)} A/µs`);
    put("missed", `${digits(100 * told.missed_share, 2)} %${told.flags.includes("poor") ? ", poor" : ""}`);
    put("age", told.age_ms === null ? "held" : `${Math.round(told.age_ms)} ms`);
    put("rate", told.source === "stream" ? `${told.rate_hz} Hz` : told.source);
    put("dropped", String(told.dropped));
    put("drawn", `${$("view").dataset.drawn || 0}, ${told.compute_ms.toFixed(0)} ms each`);
    this.avoid(told.avoid_e_v_per_m);
    this.moves(told.moves);
    this.guidance(told);
  }

  // What the places to avoid get, beside the target.
  avoid(fields) {
    $("avoid").hidden = !fields.length;
    const rows = $("avoid").children;
    fields.forEach((value, i) => {
      const row = rows[i] || $("avoid").appendChild(document.createElement("li"));
      const text = `avoid ${this.fixed?.avoid[i].name || ""}: ${digits(value)} V/m`;
      if (row.textContent !== text) row.textContent = text;
    });
  }

  moves(moves) {
    for (const cell of $("moves").querySelectorAll("[data-move]")) {
      const value = moves ? moves[cell.dataset.move] : null;
      const even = value === null || Math.abs(value) < 0.05;
      const way = even ? "" : value < 0 ? "\u2193 " : "\u2191 ";
      const text = value === null ? NONE : `${way}${even ? "0.0" : signed(value)} %/${cell.dataset.unit}`;
      if (cell.textContent !== text) cell.textContent = text;
    }
  }

  guidance(told) {
    const off = told.deviation, guide = $("guide");
    $("dot").toggleAttribute("hidden", !off);
    guide.dataset.onTarget = off ? String(told.on_target) : "";
    const live = SHOWABLE.includes(told.state);
    const word = told.on_target ? "\u25cf on target" : "\u25c6 off target";
    put("target-word", off ? (live ? word : "\u25c6 not known now") : "no plan");
    put("lateral", off ? off.lateral_mm.toFixed(1) : NONE);
    put("depth", off ? `${signed(off.depth_mm)} mm` : NONE);
    put("tilt", off ? `${off.tilt_deg.toFixed(1)}°` : NONE);
    put("twist", off ? `${signed(off.twist_deg)}°` : NONE);
    if (!off) return;
    const reach = Math.min(1, 50 / (5 * Math.hypot(off.x_mm, off.y_mm) || 1));
    const [x, y] = [5 * off.x_mm * reach, -5 * off.y_mm * reach];
    $("dot").setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${(-off.twist_deg).toFixed(1)})`);
    if (!$("sound").checked || performance.now() - this.said < 400) return;
    this.said = performance.now();
    this.tone(told.on_target ? 880 : Math.max(260, 760 - 40 * off.lateral_mm), 0.06);
  }

  // What is looked for. The next intensity is a proposal: a person sets it and types it.
  loop(told) {
    this.proposed = told.propose_percent;
    $("seek").dataset.kind = told.kind;
    put("loop-pulses", told.pulses ? `${told.pulses} pulse${told.pulses === 1 ? "" : "s"}` : "");
    put("propose", digits(told.propose_percent));
    $("loop-proposal").hidden = told.kind === "none" || told.is_done;
    $("loop-set").hidden = told.kind === "none" || told.is_done;
    $("loop-end").hidden = told.kind === "none";
    $("loop-form").hidden = told.kind !== "none";
    const known = told.estimate_percent !== null;
    put("loop-estimate", known ? `${told.estimate_percent.toFixed(1)} %MSO, ${told.low_percent.toFixed(1)} to ${told.high_percent.toFixed(1)} in ${Math.round(100 * told.level)} % of cases` : "");
    put("loop-words", [told.words, ...told.alarms].filter(Boolean).join(". "));
    this.course(told.course.filter((row) => row.every((value) => value !== null)));
  }

  // The interval after each pulse, as it grows smaller.
  course(rows) {
    $("course").toggleAttribute("hidden", rows.length < 2);
    if (rows.length < 2) return;
    const low = Math.min(...rows.map((r) => r[1])), high = Math.max(...rows.map((r) => r[2]));
    const x = (i) => (28 + (290 * i) / (rows.length - 1)).toFixed(1);
    const y = (value) => (104 - (98 * (value - low)) / Math.max(high - low, 1e-9)).toFixed(1);
    const path = (column) => rows.map((r, i) => `${x(i)} ${y(r[column])}`).join("L");
    const back = rows.map((r, i) => `${x(i)} ${y(r[1])}`).reverse().join("L");
    $("course-band").setAttribute("d", `M${path(2)}L${back}Z`);
    $("course-line").setAttribute("d", `M${path(0)}`);
    put("course-top", high.toFixed(0));
    put("course-low", low.toFixed(0));
  }

  // What the table says, in its words; a colour never stands alone.
  safety(told) {
    put("table-name", `${told.table}: ${told.pulses} pulse${told.pulses === 1 ? "" : "s"} given${told.protocol ? ` of ${told.protocol_pulses}` : ""}`);
    put("protocol-verdict", told.protocol ? `${told.protocol}: ${told.protocol_verdict}; ${told.protocol_words}` : "no protocol was named");
    const train = told.train_pulses ? `${told.train_pulses} pulses at ${digits(told.train_rate_hz, 2)} Hz${told.percent_of_rmt ? `, ${digits(told.percent_of_rmt)} % of rMT` : ""}: ` : "";
    put("train-verdict", `${train}${told.verdict ? `${told.verdict}; ` : ""}${told.words}`);
    $("limits").dataset.verdict = told.verdict || told.protocol_verdict || "";
  }

  log(told) {
    put("pulses", `${told.pulses} pulse${told.pulses === 1 ? "" : "s"}`);
    const rows = told.entries.filter((e) => ["pulse", "response", "undo", "output", "loop"].includes(e.kind)).reverse();
    $("log").replaceChildren(...rows.map((entry) => {
      const row = document.createElement("li");
      if (!entry.counts && entry.kind !== "undo") row.className = "void";
      const said = {
        pulse: () => [`pulse ${entry.note || ""}`, entry.pulse
          ? `${digits(entry.pulse.target_e_v_per_m)} V/m${entry.pulse.on_target ? " \u25cf" : ""}` : "no field"],
        response: () => [`response to ${entry.refers_to}`, `${entry.amplitude_uv} µV`],
        undo: () => [`${entry.refers_to} does not count`, ""],
        output: () => ["output typed", ""],
        loop: () => [entry.facts.loop === "none" ? "stopped looking" : `looking for the ${entry.facts.loop}`, ""],
      }[entry.kind]();
      for (const text of [String(entry.entry), ...said]) {
        const cell = document.createElement("span");
        cell.textContent = text;
        row.append(cell);
      }
      return row;
    }));
  }

  complain(why) {
    $("veil").hidden = false;
    put("veil-word", "Not done");
    put("veil-why", why);
  }

  // The picture in words, at most once a second.
  twin(state, told) {
    if (!told || performance.now() - (this.spoken || 0) < 1000) return;
    this.spoken = performance.now();
    const off = told.deviation;
    const where = off ? `${told.on_target ? "on target" : "off target"}, ${off.lateral_mm.toFixed(1)} mm aside, tilt ${off.tilt_deg.toFixed(0)}°, twist ${off.twist_deg.toFixed(0)}°` : "no plan";
    put("twin", `${WORDS[state] || state}: ${where}; ${digits(told.target_e_v_per_m)} V/m at ${this.fixed?.target.name || "the target"}.`);
  }

  tone(pitch, seconds) {
    if (!$("sound").checked) return;
    this.audio ||= new AudioContext();
    const wave = this.audio.createOscillator(), level = this.audio.createGain();
    wave.frequency.value = pitch;
    level.gain.value = 0.08;
    wave.connect(level).connect(this.audio.destination);
    wave.start();
    wave.stop(this.audio.currentTime + seconds);
  }
}
