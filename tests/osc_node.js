// An OSC client in node's `osc` package: `node osc_node.js udp|tcp PORT`. Packets to send come as JSON, a line each;
// what is heard goes out the same way, with the types it had.
"use strict";
const osc = require("osc");
const [, , transport, port] = process.argv;
const far = { metadata: true };
const client = transport === "tcp"
  ? new osc.TCPSocketPort({ ...far, address: "127.0.0.1", port: Number(port) })
  : new osc.UDPPort({ ...far, localAddress: "127.0.0.1", localPort: 0, remoteAddress: "127.0.0.1", remotePort: Number(port) });
const say = (what) => process.stdout.write(JSON.stringify(what) + "\n");

client.on("message", (message) => say(message));
client.on("error", (error) => say({ error: String(error) }));
client.on("ready", () => say({ ready: true }));
client.open();
if (transport === "tcp") {
  client.socket.on("connect", () => say({ ready: true }));
  client.socket.on("close", () => say({ closed: true }));
}

require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const packet = JSON.parse(line);
  if (packet.inSeconds !== undefined) {
    packet.timeTag = osc.timeTag(packet.inSeconds);
  }
  client.send(packet);
}).on("close", () => process.exit(0));
