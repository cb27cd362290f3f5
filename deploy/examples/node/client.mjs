// Publishes initiatives to Burenbus over AMQP, and prints what became of each.
//
//     npm ci
//     node client.mjs ../initiatives.json
//
// From the environment, all of it told to you at boarding:
//     BURENBUS_AMQP_URL   amqps://<user>:<password>@<host>/<vhost>
//     BURENBUS_PARTNER    your name on the bus
//     BURENBUS_SOURCE     your source, a URN
//
// Exit code 0: all accepted; 1: some refused (correct them, and send them again with a new id); 2: nothing was sent.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import amqp from "amqplib";
import { CloudEvent, HTTP } from "cloudevents";

const { BURENBUS_AMQP_URL, BURENBUS_PARTNER, BURENBUS_SOURCE } = process.env;
const PREFIX = "nl.zorgzame-gemeenschappen.";
const TYPE = "initiative-reported.v1";

function stop(why) {
  console.error(why);
  process.exit(2);
}

const missing = ["BURENBUS_AMQP_URL", "BURENBUS_PARTNER", "BURENBUS_SOURCE"].filter((name) => !process.env[name]);
if (missing.length) stop(`not set: ${missing.join(", ")} (told to you at boarding)`);
if (!process.argv[2]) stop("usage: node client.mjs FILE, a JSON list of initiatives");

let events;
try {
  events = JSON.parse(readFileSync(process.argv[2], "utf8")).map(
    (data) => new CloudEvent({ id: randomUUID(), source: BURENBUS_SOURCE, type: PREFIX + TYPE, subject: data.externalId, data }),
  );
} catch (error) {
  stop(`${process.argv[2]} is not a JSON list of initiatives: ${error.message}`);
}

// a wrong password, a port where nothing listens, a queue that is not yours
const refusedBy = (error) => stop(`RabbitMQ does not take this: ${error.message || error.code} (BURENBUS_AMQP_URL, BURENBUS_PARTNER)`);
const connection = await amqp.connect(BURENBUS_AMQP_URL).catch(refusedBy);
connection.on("error", refusedBy);
const channel = await connection.createConfirmChannel();
channel.on("error", refusedBy);
await channel.prefetch(50);

for (const event of events) {
  const { body } = HTTP.structured(event);
  channel.publish("in", `${BURENBUS_PARTNER}.${TYPE}`, Buffer.from(body), {
    contentType: "application/cloudevents+json",
    messageId: event.id,
    persistent: true,
  });
}
try {
  await channel.waitForConfirms(); // the broker keeps them now
} catch (error) {
  // your queue is full: wait, and send the same events, with the same ids, again
  console.error("not taken by the broker:", error.message);
  await connection.close();
  process.exit(2);
}

const waiting = new Map(events.map((event) => [event.id, event.subject])); // id to what it is about
let refused = 0;

await new Promise((done) => {
  channel.consume(`feedback.${BURENBUS_PARTNER}`, (message) => {
    for (const answer of JSON.parse(message.content).map((one) => new CloudEvent(one))) {
      const kind = answer.type.slice(PREFIX.length);
      const { event = {}, outcome = "", problems = [], warnings = [] } = answer.data;
      console.log(kind, waiting.get(event.id) ?? answer.subject, outcome);
      for (const { pointer, nl, documentation } of [...problems, ...warnings]) {
        console.log(`    ${pointer}: ${nl} (${documentation})`);
      }
      if (kind !== "event-delayed.v1" && waiting.delete(event.id) && kind === "event-refused.v1") refused += 1;
    }
    channel.ack(message); // store answers before this
    if (waiting.size === 0) done();
  });
});

await channel.close(); // the last acknowledgements leave first
await connection.close();
process.exitCode = refused ? 1 : 0;
