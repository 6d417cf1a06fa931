// Follow a live session from JavaScript (Node 22 or newer): nothing to install.
//
//   cortistim live --no-browser --json --source api | node examples/live_client.mjs

import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  const ready = JSON.parse(line);
  const socket = new WebSocket(`ws://127.0.0.1:${ready.port}/v1/stream`,
    ["cortistim.v1", `token.${ready.control_token}`]);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      const told = JSON.parse(data);
      if (told.op === "state") console.log(`${told.state}: ${told.target_e_v_per_m} V/m at the target`);
      return;
    }
    const head = new DataView(data);
    const seq = head.getUint32(4, true), lo = head.getFloat32(16, true), hi = head.getFloat32(20, true);
    const values = new Uint8Array(data, 32, head.getUint32(24, true));
    const strongest = lo + (Math.max(...values) / 255) * (hi - lo);
    console.log(`${seq}: strongest ${strongest.toFixed(1)} V/m, flags ${head.getUint16(2, true)}`);
    socket.send(JSON.stringify({ op: "ack", seq })); // or no more fields will come
  };
  socket.onclose = ({ reason }) => process.exit(reason ? 1 : 0);
}
