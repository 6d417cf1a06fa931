// One file, offline: the coil is dragged over the head and the page itself computes the field.

import { Distance, Field } from "./field.js";
import { add, cross, dot, met, sub, times, unit } from "./maths.js";
import { Scene } from "./scene.js";
import { meshOf } from "./wire.js";

const $ = (id) => document.getElementById(id);
const NEAR_MM = 4, STEP_MM = 0.5, MOST_STEPS = 80;

function bytesOf(id) {
  const text = atob($(id).textContent.trim()), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

class Explorer {
  constructor() {
    this.told = JSON.parse($("told").textContent);
    const told = this.told;
    this.field = new Field(told.operator, {
      samples: new Float32Array(bytesOf("samples")), members: new Int16Array(bytesOf("members")),
      fields: new Int16Array(bytesOf("fields")), dipoles: new Float32Array(bytesOf("dipoles")),
      moments: new Float32Array(bytesOf("moments")),
    });
    this.distance = new Distance(told.distance, new Int8Array(bytesOf("distance")));
    this.casing = new Float32Array(bytesOf("casing"));
    this.didt = told.didt_a_per_us * 1e6;
    this.pose = told.first.map((row) => [...row]);
    this.times = [];
    const meshes = {
      scalp: meshOf(bytesOf("scalp")), coil: meshOf(bytesOf("coil")),
      cortex: meshOf(bytesOf("cortex"), [["points", Uint32Array, 3], ["weights", Float32Array, 3], ["curvature", Float32Array, 1]]),
    };
    this.scene = new Scene($("view"), told, meshes);
    this.scene.live = 1;
    this.meshes = meshes;
    const pen = $("colours").getContext("2d");
    told.colours.forEach(([r, g, b], i) => {
      pen.fillStyle = `rgb(${r},${g},${b})`;
      pen.fillRect(i, 0, 1, 1);
    });
    this.show();
    this.listen();
  }

  // Four rows in mm become metres for the field.
  evaluate(pose = this.pose) {
    const metres = pose.slice(0, 3).map((row) => [row[0], row[1], row[2], row[3] / 1000]);
    return this.field.evaluate(metres, this.didt);
  }

  show() {
    const begun = performance.now(), { strength, missed } = this.evaluate();
    this.times.push(performance.now() - begun);
    if (this.times.length > 20) this.times.shift();
    const top = this.told.scale_v_per_m, bytes = new Uint8Array(strength.length);
    let peak = 0, sum = 0;
    for (let p = 0; p < strength.length; p++) {
      bytes[p] = Math.min(255, Math.round((255 * strength[p]) / top));
      peak = Math.max(peak, strength[p]);
    }
    for (const p of this.told.near) sum += strength[p] / this.told.near.length;
    this.scene.peak = peak / top;
    this.scene.coil = new Float32Array([0, 1, 2, 3].flatMap((c) => this.pose.map((row) => row[c])));
    this.scene.take(bytes);
    $("at-target").textContent = sum.toPrecision(3);
    $("peak").textContent = `${peak.toPrecision(3)} V/m`;
    $("missed").textContent = `${(100 * missed).toPrecision(2)} %`;
    const mean = this.times.reduce((a, b) => a + b, 0) / this.times.length;
    $("rate").textContent = `${mean.toFixed(1)} ms a field`;
  }

  // The coil on the scalp under a point, its y axis as it was, lifted until nothing of it is inside.
  place(point) {
    const out = this.distance.normal(point), z = times(out, -1);
    const was = [this.pose[0][1], this.pose[1][1], this.pose[2][1]];
    const y = unit(sub(was, times(out, dot(was, out)))), x = cross(y, z);
    for (let n = 0; n < MOST_STEPS; n++) {
      const origin = add(point, times(out, NEAR_MM + n * STEP_MM));
      const pose = [0, 1, 2].map((i) => [x[i], y[i], z[i], origin[i]]);
      if (this.clear(pose)) {
        this.pose = [...pose, [0, 0, 0, 1]];
        break;
      }
    }
    this.show();
  }

  clear(pose) {
    const { casing } = this;
    for (let i = 0; i < casing.length; i += 3) {
      const at = pose.map(([a, b, c, d]) => a * casing[i] + b * casing[i + 1] + c * casing[i + 2] + d);
      if (this.distance.at(at) < -0.5) return false;
    }
    return true;
  }

  drag(x, y) {
    const { eye, direction } = this.scene.ray(x, y), far = met(eye, direction, this.meshes.scalp);
    if (far !== null) this.place(add(eye, times(direction, far)));
  }

  turn(degrees) {
    const angle = (degrees * Math.PI) / 180, axis = (c) => [0, 1, 2].map((r) => this.pose[r][c]);
    const y = unit(add(times(axis(1), Math.cos(angle)), times(axis(0), Math.sin(angle))));
    for (let r = 0; r < 3; r++) this.pose[r][1] = y[r];
    this.slide(0, 0);
  }

  slide(x, y) {
    const axis = (c) => [0, 1, 2].map((r) => this.pose[r][c]);
    const moved = add(axis(3), add(times(axis(0), x), times(axis(1), y)));
    this.place(sub(moved, times(this.distance.normal(moved), this.distance.at(moved))));
  }

  listen() {
    const view = $("view");
    view.addEventListener("pointerdown", (event) => {
      view.setPointerCapture(event.pointerId);
      const moves = event.button === 0 && !event.shiftKey && this.scene.hits(event.clientX, event.clientY);
      this.hold = { moves, x: event.clientX, y: event.clientY };
      if (moves) this.drag(event.clientX, event.clientY);
    });
    view.addEventListener("pointermove", (event) => {
      if (!this.hold) return;
      if (!this.hold.moves) this.scene.orbit(event.clientX - this.hold.x, event.clientY - this.hold.y);
      [this.hold.x, this.hold.y] = [event.clientX, event.clientY];
      if (!this.hold.moves || this.asking) return;
      this.asking = true;
      requestAnimationFrame(() => {
        this.asking = false;
        if (this.hold) this.drag(this.hold.x, this.hold.y);
      });
    });
    for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, () => { this.hold = null; });
    view.addEventListener("contextmenu", (event) => event.preventDefault());
    view.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.scene.zoom(Math.exp(event.deltaY * 0.001));
    }, { passive: false });
    for (const button of document.querySelectorAll("[data-view]")) {
      button.addEventListener("click", () => this.scene.look(button.dataset.view));
    }
    for (const what of ["scalp", "coil"]) $(`show-${what}`).addEventListener("change", (event) => {
      this.scene.shown[what] = event.target.checked;
      this.scene.wish();
    });
    $("theme").addEventListener("click", () => {
      const light = document.documentElement.dataset.theme !== "light";
      document.documentElement.dataset.theme = light ? "light" : "dark";
      $("theme").textContent = light ? "Dark" : "Light";
      this.scene.wish();
    });
    const keys = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "INPUT") return;
      if (keys[event.key]) this.slide(...keys[event.key]);
      else if (event.key === "[" || event.key === "]") this.turn(event.key === "[" ? -5 : 5);
      else return;
      event.preventDefault();
    });
  }
}

window.explorer = new Explorer();
