// The page: takes messages, shows them, says what a person wants.

import { Link } from "./link.js";
import { Panel } from "./panel.js";
import { Scene } from "./scene.js";
import { STALE, REFUSED, UNIT, frameOf, meshOf } from "./wire.js";

const $ = (id) => document.getElementById(id);
const LOST_MS = 900; // the server says something four times a second
const SHOWABLE = ["live", "held", "replay"];
const CORTEX = [["points", Uint32Array, 3], ["weights", Float32Array, 3], ["curvature", Float32Array, 1]];
const KEYS = {
  ArrowUp: { y_mm: 1 }, ArrowDown: { y_mm: -1 }, ArrowLeft: { x_mm: -1 }, ArrowRight: { x_mm: 1 },
  PageUp: { lift_mm: 1 }, PageDown: { lift_mm: -1 }, "[": { turn_deg: 5 }, "]": { turn_deg: -5 },
};
const VIEW_KEYS = ["target", "left", "right", "top", "front", "back"];

class Page {
  constructor() {
    this.panel = new Panel();
    this.heard = 0;
    this.flags = STALE;
    this.link = new Link({
      frame: (buffer) => this.frame(buffer),
      message: (told) => this.message(told),
      closed: (why) => this.lost(why),
    });
    setInterval(() => this.watch(), 150);
    this.listen();
    this.begin();
  }

  async begin() {
    try {
      const [told, scalp, cortex, coil] = await Promise.all([
        this.link.json("scene"), this.link.bytes("mesh/scalp"), this.link.bytes("mesh/cortex"),
        this.link.bytes("mesh/coil"),
      ]);
      this.told = told;
      this.panel.scene(told);
      const meshes = { scalp: meshOf(scalp), cortex: meshOf(cortex, CORTEX), coil: meshOf(coil) };
      try {
        this.scene = new Scene($("view"), told, meshes);
      } catch (error) {
        $("no-webgl").hidden = false;
        $("view").hidden = true;
        console.info(error.message);
      }
      this.link.open();
    } catch (error) {
      this.lost(error.message);
      setTimeout(() => this.begin(), 2000);
    }
  }

  frame(buffer) {
    const frame = frameOf(buffer);
    this.heard = performance.now();
    if (!frame) return;
    this.flags = frame.flags;
    this.panel.scale(frame.hi, frame.flags & UNIT);
    $("view").dataset.frames = Number($("view").dataset.frames || 0) + 1;
    this.newest = frame; // a frame that was not drawn in time gives way to this one
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      const drawn = this.newest;
      if (this.scene) {
        this.scene.live = drawn.flags & STALE ? 0 : 1;
        this.scene.take(drawn.values);
      }
      $("view").dataset.seq = drawn.seq;
      this.link.say({ op: "ack", seq: drawn.seq });
    });
  }

  message(told) {
    this.heard = performance.now();
    if (told.op === "state") this.state(told);
    else if (told.op === "log") this.panel.log(told);
    else if (told.op === "loop") this.panel.loop(told);
    else if (told.op === "safety") this.panel.safety(told);
    else if (told.op === "hello") this.panel.role(told.role);
    else if (told.op === "refused") this.panel.complain(told.why);
  }

  state(told) {
    this.last = told;
    this.shown(told.state, told.words);
    this.panel.state(told);
    if (!this.scene) return;
    this.scene.live = SHOWABLE.includes(told.state) && !told.flags.includes("stale") ? 1 : 0;
    this.scene.peak = told.peak_e_v_per_m / (this.panel.top || 1);
    this.scene.coil = new Float32Array([0, 1, 2, 3].flatMap((c) => told.shown_matsimnibs.map((r) => r[c])));
    this.scene.wish();
  }

  shown(state, words) {
    document.body.dataset.state = state;
    this.panel.badge(state, words, this.flags & REFUSED ? "the coil is in the head: field of the lifted coil" : "");
  }

  lost(why) {
    this.heard = 0;
    this.shown("lost", why || "no connection to cortistim");
    if (this.scene) {
      this.scene.live = 0;
      this.scene.wish();
    }
  }

  watch() {
    if (this.heard && performance.now() - this.heard > LOST_MS) this.lost("cortistim does not answer");
    this.panel.twin(document.body.dataset.state, this.last);
  }

  listen() {
    const view = $("view");
    for (const button of document.querySelectorAll("[data-view]")) {
      button.addEventListener("click", () => this.scene?.look(button.dataset.view));
    }
    $("closer").addEventListener("click", () => this.scene?.zoom(0.85));
    $("farther").addEventListener("click", () => this.scene?.zoom(1 / 0.85));
    for (const what of ["scalp", "coil", "plan"]) {
      $(`show-${what}`).addEventListener("change", (event) => {
        if (!this.scene) return;
        this.scene.shown[what] = event.target.checked;
        this.scene.wish();
      });
    }
    for (const id of ["cut", "cut-by"]) {
      $(id).addEventListener("input", () => this.scene?.slice($("cut").value, Number($("cut-by").value)));
    }
    view.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.scene?.zoom(Math.exp(event.deltaY * 0.001));
    }, { passive: false });
    view.addEventListener("contextmenu", (event) => event.preventDefault());
    view.addEventListener("pointerdown", (event) => this.grab(event));
    view.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      view.addEventListener(end, () => { this.hold = null; view.classList.remove("moving"); });
    }
    document.addEventListener("keydown", (event) => this.key(event));
    this.listenToForms();
  }

  listenToForms() {
    $("output-form").addEventListener("submit", (event) => {
      event.preventDefault();
      if ($("percent").value) this.link.say({ op: "output", percent_mso: Number($("percent").value) });
    });
    $("response-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const amplitude = $("amplitude");
      if (amplitude.value) this.link.say({ op: "response", amplitude_uv: Number(amplitude.value) });
      amplitude.value = "";
    });
    $("loop-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const start = Number($("loop-start").value);
      this.link.say({ op: "loop", kind: "threshold", ...(start ? { start_percent: start } : {}) });
    });
    $("loop-set").addEventListener("click", () => {
      const percent = this.panel.proposed;
      if (percent) this.link.say({ op: "output", percent_mso: percent });
    });
    $("loop-end").addEventListener("click", () => this.link.say({ op: "loop", kind: "none" }));
    $("mark").addEventListener("click", () => this.link.say({ op: "pulse" }));
    $("undo").addEventListener("click", () => this.link.say({ op: "undo" }));
    $("theme").addEventListener("click", () => {
      this.panel.theme();
      this.scene?.wish();
    });
  }

  grab(event) {
    if (!this.scene) return;
    $("view").setPointerCapture(event.pointerId);
    $("view").classList.add("moving");
    const turns = event.button !== 0 || event.shiftKey || !this.movable() || !this.scene.hits(event.clientX, event.clientY);
    this.hold = { turns, x: event.clientX, y: event.clientY };
    if (!turns) this.drag(event);
  }

  drag(event) {
    const hold = this.hold;
    if (!hold) return;
    if (hold.turns) {
      this.scene.orbit(event.clientX - hold.x, event.clientY - hold.y);
      [hold.x, hold.y] = [event.clientX, event.clientY];
      return;
    }
    this.wanted = event;
    if (this.asking) return; // one a frame: the newest place wins
    this.asking = true;
    requestAnimationFrame(() => {
      this.asking = false;
      const { eye, direction } = this.scene.ray(this.wanted.clientX, this.wanted.clientY);
      this.link.say({ op: "drag", eye_mm: eye, direction });
    });
  }

  movable() { return this.told?.source === "held" && this.panel.controls; }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target.tagName;
    if (at === "SELECT" || (at === "INPUT" && ["number", "range"].includes(event.target.type))) return;
    if (VIEW_KEYS[Number(event.key) - 1]) this.scene?.look(VIEW_KEYS[Number(event.key) - 1]);
    else if (event.key === " " && at !== "BUTTON" && at !== "INPUT") this.link.say({ op: "pulse" });
    else if (KEYS[event.key] && this.movable()) this.link.say({ op: "nudge", ...KEYS[event.key] });
    else return;
    event.preventDefault();
  }
}

new Page();
