// The connection to the server on this machine.

const KEPT = "cortistim-token";

// The token comes once in the address, behind the #, and is taken out of it at once.
function token() {
  const given = new URLSearchParams(location.hash.slice(1)).get("t");
  if (given) {
    sessionStorage.setItem(KEPT, given);
    history.replaceState(null, "", location.pathname);
  }
  return given || sessionStorage.getItem(KEPT) || "";
}

export class Link {
  constructor(on) {
    this.on = on;
    this.token = token();
    this.pause = 300;
  }

  async fetch(path) {
    const answer = await fetch(`/v1/${path}`, { headers: { Authorization: `Bearer ${this.token}` } });
    if (answer.status === 403) throw new Error("this page needs the address that cortistim live gave");
    if (!answer.ok) throw new Error(`cortistim answers ${answer.status}`);
    return answer;
  }

  async json(path) { return (await this.fetch(path)).json(); }

  async bytes(path) { return (await this.fetch(path)).arrayBuffer(); }

  open() {
    const socket = new WebSocket(`ws://${location.host}/v1/stream`, ["cortistim.v1", `token.${this.token}`]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { this.pause = 300; };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.on.message(JSON.parse(data));
      else this.on.frame(data);
    };
    socket.onclose = ({ reason }) => {
      this.on.closed(reason);
      setTimeout(() => this.open(), this.pause);
      this.pause = Math.min(this.pause * 2, 5000);
    };
    this.socket = socket;
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
