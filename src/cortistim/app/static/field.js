// The operator, evaluated by the page itself: from a coil's pose to |E| at the points.
//
// c = D' A(samples) and E = dI/dt F c, as in the package; D and F are packed as whole numbers of
// 16 bits, each member with a scale of its own.

export class Field {
  constructor(told, parts) {
    this.told = told;
    this.samples = parts.samples;
    this.members = parts.members;
    this.fields = parts.fields;
    this.dipoles = parts.dipoles;
    this.moments = parts.moments;
    this.strength = new Float32Array(told.points);
    this.potential = new Float64Array(this.samples.length);
    this.shares = new Float64Array(told.members);
  }

  // A per ampere at the samples, in T m: the sum of mu0/4pi m x r / r^3 over the dipoles.
  potentials(pose) {
    const { samples, dipoles, moments, potential } = this, count = dipoles.length;
    const place = new Float64Array(count), moment = new Float64Array(count);
    for (let i = 0; i < count; i += 3) for (let row = 0; row < 3; row++) {
      const [a, b, c, d] = pose[row];
      place[i + row] = a * dipoles[i] + b * dipoles[i + 1] + c * dipoles[i + 2] + d;
      moment[i + row] = a * moments[i] + b * moments[i + 1] + c * moments[i + 2];
    }
    for (let s = 0; s < samples.length; s += 3) {
      let ax = 0, ay = 0, az = 0;
      for (let i = 0; i < count; i += 3) {
        const x = samples[s] - place[i], y = samples[s + 1] - place[i + 1], z = samples[s + 2] - place[i + 2];
        const square = x * x + y * y + z * z, over = 1 / (square * Math.sqrt(square));
        ax += (moment[i + 1] * z - moment[i + 2] * y) * over;
        ay += (moment[i + 2] * x - moment[i] * z) * over;
        az += (moment[i] * y - moment[i + 1] * x) * over;
      }
      potential[s] = 1e-7 * ax;
      potential[s + 1] = 1e-7 * ay;
      potential[s + 2] = 1e-7 * az;
    }
    return potential;
  }

  // pose: four rows, in metres. Returns |E| in V/m at the points, and what the members miss.
  evaluate(pose, didt) {
    const { members, fields, shares, strength, told } = this, n = told.members;
    const potential = this.potentials(pose);
    let whole = 0, held = 0;
    shares.fill(0);
    for (let s = 0, at = 0; s < potential.length; s++) {
      const value = potential[s];
      whole += value * value;
      for (let k = 0; k < n; k++) shares[k] += members[at++] * value;
    }
    for (let k = 0; k < n; k++) {
      shares[k] *= told.member_scales[k];
      held += shares[k] * shares[k];
    }
    const weights = new Float32Array(n);
    for (let k = 0; k < n; k++) weights[k] = shares[k] * told.field_scales[k] * didt;
    for (let p = 0, at = 0; p < strength.length; p++) {
      let square = 0;
      for (let axis = 0; axis < 3; axis++) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += fields[at++] * weights[k];
        square += sum * sum;
      }
      strength[p] = Math.sqrt(square);
    }
    return { strength, missed: Math.sqrt(Math.max(0, 1 - held / whole)) };
  }
}

// Distance to the scalp on a coarse grid, in mm; positive outside.
export class Distance {
  constructor(told, values) { Object.assign(this, told, { values }); }

  at([x, y, z]) {
    const [nx, ny, nz] = this.shape;
    const fit = (v, low, count) => Math.min(Math.max((v - low) / this.step, 0), count - 1.001);
    const u = fit(x, this.low[0], nx), v = fit(y, this.low[1], ny), w = fit(z, this.low[2], nz);
    const i = Math.floor(u), j = Math.floor(v), k = Math.floor(w), a = u - i, b = v - j, c = w - k;
    const get = (p, q, r) => this.values[((i + p) * ny + j + q) * nz + k + r];
    const line = (p, q) => get(p, q, 0) * (1 - c) + get(p, q, 1) * c;
    const face = (p) => line(p, 0) * (1 - b) + line(p, 1) * b;
    return (face(0) * (1 - a) + face(1) * a) * this.unit;
  }

  // Away from the head; over some centimetres, so that ears and noses do not tilt the coil.
  normal(point, wide = 9) {
    const slope = [0, 1, 2].map((axis) => {
      const one = [...point], other = [...point];
      one[axis] += wide;
      other[axis] -= wide;
      return this.at(one) - this.at(other);
    });
    const length = Math.hypot(...slope) || 1;
    return slope.map((value) => value / length);
  }
}
