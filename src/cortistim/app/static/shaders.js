// What the graphics card does: the cortex takes its colour per pixel from the field's values.

export const CORTEX = [`#version 300 es
layout(location=0) in vec3 place; layout(location=1) in vec3 normal;
layout(location=2) in uvec3 points; layout(location=3) in vec3 weights;
layout(location=4) in float curvature;
uniform mat4 view, projection; uniform highp sampler2D values; uniform int across;
out vec3 facing, seen, here; out float value, bend;
float at(uint i) { return texelFetch(values, ivec2(int(i) % across, int(i) / across), 0).r; }
void main() {
  vec4 eye = view * vec4(place, 1.0);
  seen = eye.xyz; facing = mat3(view) * normal; bend = curvature; here = place;
  value = dot(weights, vec3(at(points.x), at(points.y), at(points.z)));
  gl_Position = projection * eye;
}`, `#version 300 es
precision highp float;
in vec3 facing, seen, here; in float value, bend;
uniform sampler2D colours; uniform float live, peak; uniform vec3 ground; uniform vec4 cut;
out vec4 colour;
void main() {
  if (dot(cut.xyz, here) > cut.w) discard;
  vec3 n = normalize(facing), eye = normalize(-seen);
  if (dot(n, eye) < 0.0) n = -n;
  float light = 0.42 + 0.5 * max(dot(n, normalize(vec3(0.35, 0.55, 0.8))), 0.0)
    + 0.16 * max(dot(n, eye), 0.0);
  vec3 bare = vec3(0.86, 0.835, 0.80) * (bend < 0.0 ? 0.80 : 1.0);
  vec3 hot = texture(colours, vec2(clamp(value, 0.002, 0.998), 0.5)).rgb;
  vec3 base = mix(bare, hot, smoothstep(0.10, 0.22, value));
  float line = 0.0;
  for (int k = 0; k < 2; k++) {
    float level = (k == 0 ? 0.5 : 0.7) * peak, wide = fwidth(value) + 1e-5;
    line = max(line, (1.0 - smoothstep(0.6, 1.6, abs(value - level) / wide))
      * (k == 0 ? 0.35 : 0.75));
  }
  base = mix(base, vec3(0.10, 0.07, 0.14), line * step(0.04, peak));
  vec3 shine = vec3(0.10 * pow(max(dot(reflect(-eye, n), vec3(0.2, 0.5, 0.84)), 0.0), 24.0));
  vec3 lit = base * light + shine;
  float grey = dot(lit, vec3(0.3, 0.59, 0.11));
  float hatch = 0.93 + 0.07 * step(0.5, fract((gl_FragCoord.x + gl_FragCoord.y) / 14.0));
  colour = vec4(mix(vec3(grey) * 0.8 * hatch, lit, live), 1.0);
}`];

export const PLAIN = [`#version 300 es
layout(location=0) in vec3 place; layout(location=1) in vec3 normal;
uniform mat4 model, view, projection;
out vec3 facing, seen, here;
void main() {
  vec4 there = model * vec4(place, 1.0), eye = view * there;
  here = there.xyz; seen = eye.xyz; facing = mat3(view) * mat3(model) * normal;
  gl_Position = projection * eye;
}`, `#version 300 es
precision highp float;
in vec3 facing, seen, here; uniform vec4 tint, cut; uniform float rim;
out vec4 colour;
void main() {
  if (dot(cut.xyz, here) > cut.w) discard;
  vec3 n = normalize(facing), eye = normalize(-seen);
  if (dot(n, eye) < 0.0) n = -n;
  float edge = pow(1.0 - max(dot(n, eye), 0.0), 2.0);
  float light = 0.45 + 0.55 * max(dot(n, normalize(vec3(0.35, 0.6, 0.75))), 0.0);
  float shine = 0.18 * pow(max(dot(reflect(-eye, n), vec3(0.2, 0.5, 0.84)), 0.0), 30.0);
  colour = vec4(tint.rgb * light + shine * tint.a, mix(tint.a, tint.a * edge * 2.2, rim));
}`];
