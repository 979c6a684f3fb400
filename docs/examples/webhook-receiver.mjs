// A receiver of webhooks: verifies, answers at once, drops what it has seen, and notices what it missed.
// WEBHOOK_SECRET=whsec_… node webhook-receiver.mjs        needs nothing but Node
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace("whsec_", ""), "base64");
const seen = new Set(); // in your system: a table with a unique column, written with what the event changes
let newest = 0;

/** Whether the raw bytes were signed by us within the last five minutes. */
function isOurs(body, headers) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures } = headers;
  if (!id || !signatures || !(Math.abs(Date.now() / 1000 - Number(at)) < 300)) return false;
  const wanted = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  return signatures.split(" ").some((one) => {
    const [version, text = ""] = one.split(",", 2);
    const given = Buffer.from(text, "base64");
    return version === "v1" && given.length === wanted.length && timingSafeEqual(given, wanted);
  });
}

/** Your work: here it only says what it heard. */
function take(id, event) {
  if (seen.has(id)) return "again";
  seen.add(id);
  if (event.test) return "test";
  const missed = newest && event.seq > newest + 1; // or still on its way, or of a kind that you did not subscribe to
  newest = Math.max(newest, event.seq);
  return missed ? "gap" : "new";
}

const server = createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  if (!isOurs(body, request.headers)) return response.writeHead(400).end();
  const event = JSON.parse(body);
  console.log(JSON.stringify({ what: take(request.headers["webhook-id"], event), type: event.type, seq: event.seq }));
  response.writeHead(204).end();
});
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
