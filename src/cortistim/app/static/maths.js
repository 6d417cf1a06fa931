// Matrices of 4 x 4, column by column as WebGL takes them, and vectors of three numbers.

export const sub = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const times = (a, k) => [a[0] * k, a[1] * k, a[2] * k];
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a, b) => [
  a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0],
];
export const unit = (a) => times(a, 1 / (Math.hypot(...a) || 1));

export function perspective(angle, aspect, near, far) {
  const f = 1 / Math.tan(angle / 2);
  return new Float32Array([
    f / aspect, 0, 0, 0, 0, f, 0, 0,
    0, 0, (far + near) / (near - far), -1, 0, 0, (2 * far * near) / (near - far), 0,
  ]);
}

export function lookAt(eye, middle, up) {
  const back = unit(sub(eye, middle));
  const right = unit(cross(up, back));
  const above = cross(back, right);
  return new Float32Array([
    right[0], above[0], back[0], 0, right[1], above[1], back[1], 0,
    right[2], above[2], back[2], 0, -dot(right, eye), -dot(above, eye), -dot(back, eye), 1,
  ]);
}

// A matrix that comes as four rows, such as matsimnibs.
export const fromRows = (rows) =>
  new Float32Array([0, 1, 2, 3].flatMap((column) => rows.map((row) => row[column])));

// The nearest place where a ray meets triangles; null where it misses them.
export function met(eye, direction, mesh) {
  const { vertices, triangles } = mesh;
  let nearest = Infinity;
  for (let t = 0; t < triangles.length; t += 3) {
    const i = 3 * triangles[t], j = 3 * triangles[t + 1], k = 3 * triangles[t + 2];
    const ax = vertices[i], ay = vertices[i + 1], az = vertices[i + 2];
    const e1x = vertices[j] - ax, e1y = vertices[j + 1] - ay, e1z = vertices[j + 2] - az;
    const e2x = vertices[k] - ax, e2y = vertices[k + 1] - ay, e2z = vertices[k + 2] - az;
    const px = direction[1] * e2z - direction[2] * e2y;
    const py = direction[2] * e2x - direction[0] * e2z;
    const pz = direction[0] * e2y - direction[1] * e2x;
    const determinant = e1x * px + e1y * py + e1z * pz;
    if (Math.abs(determinant) < 1e-9) continue;
    const sx = eye[0] - ax, sy = eye[1] - ay, sz = eye[2] - az;
    const u = (sx * px + sy * py + sz * pz) / determinant;
    if (u < 0 || u > 1) continue;
    const qx = sy * e1z - sz * e1y, qy = sz * e1x - sx * e1z, qz = sx * e1y - sy * e1x;
    const v = (direction[0] * qx + direction[1] * qy + direction[2] * qz) / determinant;
    if (v < 0 || u + v > 1) continue;
    const along = (e2x * qx + e2y * qy + e2z * qz) / determinant;
    if (along > 0 && along < nearest) nearest = along;
  }
  return nearest === Infinity ? null : nearest;
}
