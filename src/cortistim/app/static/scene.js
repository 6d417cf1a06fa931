// Draws head, field and coil; knows nothing of the server.

import { add, cross, fromRows, lookAt, met, perspective, sub, times, unit } from "./maths.js";
import { CORTEX, PLAIN } from "./shaders.js";

const ACROSS = 256, ANGLE = 0.62;
const WHOLE = [0, 0, 0, 1]; // a plane that cuts nothing
const NORMALS = { sagittal: [1, 0, 0], coronal: [0, 1, 0], axial: [0, 0, 1] };
const IDENTITY = new Float32Array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
export const VIEWS = {
  left: [-1, 0.12, 0.25], right: [1, 0.12, 0.25], top: [0, -0.05, 1], front: [0, 1, 0.2],
  back: [0, -1, 0.3],
};

function program(gl, [vertex, fragment]) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(gl.getProgramInfoLog(made) || "a shader does not link");
  }
  const at = new Map();
  return { made, place: (name) => {
    if (!at.has(name)) at.set(name, gl.getUniformLocation(made, name));
    return at.get(name);
  } };
}

function ball(radius, rings = 14) {
  const vertices = [], triangles = [];
  for (let i = 0; i <= rings; i++) for (let j = 0; j <= 2 * rings; j++) {
    const p = (Math.PI * i) / rings, q = (Math.PI * j) / rings;
    vertices.push(Math.sin(p) * Math.cos(q), Math.sin(p) * Math.sin(q), Math.cos(p));
    const k = i * (2 * rings + 1) + j, l = k + 2 * rings + 1;
    if (i < rings && j < 2 * rings) triangles.push(k, l, k + 1, k + 1, l, l + 1);
  }
  return { vertices: new Float32Array(vertices.map((v) => v * radius)),
    normals: new Float32Array(vertices), triangles: new Uint32Array(triangles) };
}

// A tube from one point to another: the handle, and the axis of the plan.
function tube(from, to, radius, ends = [1, 1], sides = 20) {
  const axis = unit(sub(to, from));
  const x = unit(cross(axis, Math.abs(axis[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0]));
  const y = cross(axis, x), vertices = [], normals = [], triangles = [];
  for (let j = 0; j <= sides; j++) {
    const q = (2 * Math.PI * j) / sides, n = add(times(x, Math.cos(q)), times(y, Math.sin(q)));
    vertices.push(...add(from, times(n, radius * ends[0])), ...add(to, times(n, radius * ends[1])));
    normals.push(...n, ...n);
    if (j < sides) triangles.push(2 * j, 2 * j + 1, 2 * j + 2, 2 * j + 2, 2 * j + 1, 2 * j + 3);
  }
  return { vertices: new Float32Array(vertices), normals: new Float32Array(normals),
    triangles: new Uint32Array(triangles) };
}

export class Scene {
  constructor(canvas, told, meshes) {
    this.canvas = canvas;
    this.told = told;
    this.meshes = { ...meshes, ball: ball(3.2), handle: tube([0, -42, -14], [0, -135, -20], 10, [1, 0.85]),
      grip: tube([0, -135, -20], [0, -138, -20], 8.5, [1, 0.05]), axis: tube([0, 0, 14], [0, 0, -46], 1.3) };
    this.shown = { scalp: true, coil: true, plan: true };
    this.live = 0;
    this.peak = 0;
    this.cut = WHOLE;
    this.coil = fromRows(told.first);
    this.plan = told.plan ? fromRows(told.plan) : null;
    this.middle = this.centre();
    this.direction = unit(VIEWS.left);
    this.distance = 470;
    this.drawn = 0;
    this.values = new Uint8Array(told.points);
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => { this.begin(); this.wish(); });
    new ResizeObserver(() => this.wish()).observe(canvas);
    this.begin();
    this.look("target");
  }

  centre() {
    const { vertices } = this.meshes.cortex, low = [1e9, 1e9, 1e9], high = [-1e9, -1e9, -1e9];
    for (let i = 0; i < vertices.length; i++) {
      low[i % 3] = Math.min(low[i % 3], vertices[i]);
      high[i % 3] = Math.max(high[i % 3], vertices[i]);
    }
    return times(add(low, high), 0.5);
  }

  begin() {
    const gl = this.canvas.getContext("webgl2", { alpha: false, antialias: true });
    if (!gl) throw new Error("no WebGL2");
    this.gl = gl;
    this.programs = { cortex: program(gl, CORTEX), plain: program(gl, PLAIN) };
    this.buffers = {};
    for (const [name, mesh] of Object.entries(this.meshes)) this.buffers[name] = this.upload(mesh);
    this.rows = Math.ceil(this.values.length / ACROSS);
    this.field = this.texture(gl.R8, ACROSS, this.rows, gl.RED, null, gl.NEAREST);
    const colours = new Uint8Array(this.told.colours.flat());
    this.colours = this.texture(gl.RGB8, 256, 1, gl.RGB, colours, gl.LINEAR);
    this.send();
  }

  upload(mesh) {
    const gl = this.gl, array = gl.createVertexArray();
    gl.bindVertexArray(array);
    const put = (at, data, width, whole) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(at);
      if (whole) gl.vertexAttribIPointer(at, width, gl.UNSIGNED_INT, 0, 0);
      else gl.vertexAttribPointer(at, width, gl.FLOAT, false, 0, 0);
    };
    put(0, mesh.vertices, 3);
    put(1, mesh.normals, 3);
    if (mesh.points) { put(2, mesh.points, 3, true); put(3, mesh.weights, 3); put(4, mesh.curvature, 1); }
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, mesh.triangles, gl.STATIC_DRAW);
    return { array, count: mesh.triangles.length };
  }

  texture(inside, width, height, format, data, filter) {
    const gl = this.gl, made = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, made);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, inside, width, height, 0, format, gl.UNSIGNED_BYTE, data);
    for (const which of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, which, filter);
    for (const which of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, which, gl.CLAMP_TO_EDGE);
    return made;
  }

  // New values, 0 to 255, one for each point of the operator.
  take(values) {
    this.values = values;
    this.send();
    this.wish();
  }

  send() {
    const gl = this.gl, whole = new Uint8Array(ACROSS * this.rows);
    whole.set(this.values.subarray(0, whole.length));
    gl.bindTexture(gl.TEXTURE_2D, this.field);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, ACROSS, this.rows, gl.RED, gl.UNSIGNED_BYTE, whole);
  }

  look(name) {
    const wanted = name === "target" ? sub(this.told.target.point_mm, this.middle) : VIEWS[name];
    this.direction = unit(wanted);
    if (name === "target") this.direction = unit(add(this.direction, [0, 0, 0.15]));
    this.wish();
  }

  // Take away what lies in front of a plane, so that the walls of the sulci are seen. The plane
  // goes through the target, moved by so many mm.
  slice(name, by) {
    const normal = NORMALS[name];
    if (normal) {
      const target = this.told.target.point_mm, axis = normal.indexOf(1);
      const side = this.direction[axis] < 0 ? -1 : 1; // the side that faces the eye goes
      this.cut = [...times(normal, side), side * (target[axis] + by)];
    } else this.cut = WHOLE;
    this.wish();
  }

  orbit(dx, dy) {
    const { right, up } = this.axes();
    this.direction = unit(add(this.direction, add(times(right, -dx * 0.008), times(up, dy * 0.008))));
    this.wish();
  }

  zoom(factor) {
    this.distance = Math.min(1200, Math.max(160, this.distance * factor));
    this.wish();
  }

  axes() {
    const pole = Math.abs(this.direction[2]) > 0.985 ? [0, 1, 0] : [0, 0, 1];
    const right = unit(cross(pole, this.direction));
    return { right, up: cross(this.direction, right), pole };
  }

  eye() { return add(this.middle, times(this.direction, this.distance)); }

  // From a place on the canvas to a ray in the head's frame.
  ray(x, y) {
    const box = this.canvas.getBoundingClientRect(), { right, up } = this.axes();
    const reach = Math.tan(ANGLE / 2), aspect = box.width / box.height;
    const across = ((2 * (x - box.left)) / box.width - 1) * reach * aspect;
    const above = (1 - (2 * (y - box.top)) / box.height) * reach;
    const direction = unit(add(times(this.direction, -1), add(times(right, across), times(up, above))));
    return { eye: this.eye(), direction };
  }

  hits(x, y) {
    const { eye, direction } = this.ray(x, y);
    return met(eye, direction, this.meshes.scalp) !== null;
  }

  wish() {
    if (this.wished) return;
    this.wished = true;
    requestAnimationFrame(() => { this.wished = false; this.draw(); });
  }

  draw() {
    const gl = this.gl, canvas = this.canvas, dense = Math.min(window.devicePixelRatio || 1, 2);
    if (gl.isContextLost()) return;
    const width = Math.max(1, Math.round(canvas.clientWidth * dense));
    const height = Math.max(1, Math.round(canvas.clientHeight * dense));
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    gl.viewport(0, 0, width, height);
    const dark = document.documentElement.dataset.theme !== "light";
    const ground = dark ? [0.055, 0.075, 0.098] : [0.945, 0.95, 0.957];
    gl.clearColor(...ground, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    const far = width / height < 0.8 ? 1.35 : 1;
    const eye = add(this.middle, times(this.direction, this.distance * far));
    const seen = { view: lookAt(eye, this.middle, this.axes().pole), projection: perspective(ANGLE, width / height, 20, 2500) };
    this.drawCortex(seen);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    gl.depthMask(false);
    if (this.shown.plan && this.plan) {
      this.drawPlain("coil", this.plan, seen, [0.1, 0.65, 1, 0.34], 1);
      this.drawPlain("handle", this.plan, seen, [0.1, 0.65, 1, 0.34], 1);
      this.drawPlain("axis", this.plan, seen, [0.1, 0.65, 1, 0.8]);
    }
    if (this.shown.scalp) this.drawPlain("scalp", IDENTITY, seen, dark ? [0.87, 0.78, 0.72, 0.26] : [0.62, 0.5, 0.44, 0.26], 1, this.cut);
    gl.depthMask(true);
    if (this.shown.coil) this.drawCoil(seen, dark);
    gl.disable(gl.DEPTH_TEST);
    const spot = new Float32Array(IDENTITY);
    spot.set(this.told.target.point_mm, 12);
    this.drawPlain("ball", spot, seen, [0, 0.65, 1, 0.92]);
    for (const { point_mm } of this.told.avoid || []) { // the explorer has none
      spot.set(point_mm, 12);
      this.drawPlain("ball", spot, seen, [1, 0.42, 0.3, 0.92]);
    }
    gl.disable(gl.BLEND);
    gl.depthMask(true);
    this.drawn += 1;
    canvas.dataset.drawn = this.drawn;
  }

  // Its nearest side alone, so that the field shows through one wall and not through four.
  drawCoil(seen, dark) {
    const gl = this.gl, parts = ["coil", "handle", "grip"];
    gl.colorMask(false, false, false, false);
    for (const name of parts) this.drawPlain(name, this.coil, seen, [0, 0, 0, 1]);
    gl.colorMask(true, true, true, true);
    gl.depthFunc(gl.LEQUAL);
    const tint = this.live ? (dark ? [0.56, 0.68, 0.82] : [0.20, 0.31, 0.45]) : [0.5, 0.5, 0.5];
    for (const name of parts) this.drawPlain(name, this.coil, seen, [...tint, 0.34]);
    gl.depthMask(false);
    for (const name of parts) this.drawPlain(name, this.coil, seen, [...tint, 0.5], 1);
    gl.depthFunc(gl.LESS);
  }

  drawCortex({ view, projection }) {
    const gl = this.gl, { made, place } = this.programs.cortex;
    gl.useProgram(made);
    gl.uniformMatrix4fv(place("view"), false, view);
    gl.uniformMatrix4fv(place("projection"), false, projection);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.field);
    gl.uniform1i(place("values"), 0);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.colours);
    gl.uniform1i(place("colours"), 1);
    gl.activeTexture(gl.TEXTURE0);
    gl.uniform1i(place("across"), ACROSS);
    gl.uniform1f(place("live"), this.live);
    gl.uniform1f(place("peak"), this.peak);
    gl.uniform4fv(place("cut"), this.cut);
    this.elements("cortex");
  }

  drawPlain(name, model, { view, projection }, tint, rim = 0, cut = WHOLE) {
    const gl = this.gl, { made, place } = this.programs.plain;
    gl.useProgram(made);
    gl.uniformMatrix4fv(place("model"), false, model);
    gl.uniformMatrix4fv(place("view"), false, view);
    gl.uniformMatrix4fv(place("projection"), false, projection);
    gl.uniform4fv(place("tint"), tint);
    gl.uniform1f(place("rim"), rim);
    gl.uniform4fv(place("cut"), cut);
    this.elements(name);
  }

  elements(name) {
    const { array, count } = this.buffers[name];
    this.gl.bindVertexArray(array);
    this.gl.drawElements(this.gl.TRIANGLES, count, this.gl.UNSIGNED_INT, 0);
  }
}
