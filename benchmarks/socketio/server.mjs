// The reference for `python -m benchmarks fanout`: Socket.IO with its Redis adapter.
//   node server.mjs serve PORT   every socket joins the room of the shop
//   node server.mjs tell         each line of standard input is one event to the room, through Redis
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createAdapter } from "@socket.io/redis-adapter";
import { Emitter } from "@socket.io/redis-emitter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [role, port] = process.argv.slice(2);
const redis = await createClient({ url: process.env.REDIS_URL }).connect();

if (role === "serve") {
  const http = createServer((request, response) => response.end("ok"));
  const io = new Server(http, {
    adapter: createAdapter(redis, await redis.duplicate().connect()),
    transports: ["websocket"],
    perMessageDeflate: false,
    pingInterval: 60_000,
  });
  io.on("connection", (socket) => socket.join("shop"));
  http.listen(Number(port), "127.0.0.1");
} else {
  const shop = new Emitter(redis).to("shop");
  for await (const line of createInterface({ input: process.stdin })) shop.emit("events", JSON.parse(line));
  await redis.quit();
}
