// Bytes of the server: frames of cortistim.v1, and meshes.

export const STALE = 1, REFUSED = 2, POOR = 4, UNIT = 8;

export function frameOf(buffer) {
  const view = new DataView(buffer);
  if (view.getUint8(0) !== 1 || view.getUint8(1) !== 1) return null;
  return {
    flags: view.getUint16(2, true), seq: view.getUint32(4, true), time: view.getFloat64(8, true),
    lo: view.getFloat32(16, true), hi: view.getFloat32(20, true),
    values: new Uint8Array(buffer, 32, view.getUint32(24, true)),
  };
}

export function meshOf(buffer, further = []) {
  const head = new DataView(buffer);
  const n = head.getUint32(4, true), m = head.getUint32(8, true);
  let at = 12;
  const take = (kind, count) => {
    const part = new kind(buffer, at, count);
    at += 4 * count;
    return part;
  };
  const mesh = {
    vertices: take(Float32Array, 3 * n), normals: take(Float32Array, 3 * n),
    triangles: take(Uint32Array, 3 * m),
  };
  for (const [name, kind, width] of further) mesh[name] = take(kind, width * n);
  return mesh;
}
