// Reads one stream a line, as a JSON array of base64 pieces, and writes the events that eventsource-parser finds in it.
import { createInterface } from "node:readline";
import { createParser } from "eventsource-parser";

for await (const line of createInterface({ input: process.stdin })) {
  const events = [];
  const parser = createParser({ onEvent: ({ data, event }) => events.push([data, event ?? ""]) });
  const decoder = new TextDecoder();
  let last;
  for (const piece of JSON.parse(line)) {
    const bytes = Buffer.from(piece, "base64");
    if (bytes.length > 0) last = bytes[bytes.length - 1];
    const text = decoder.decode(bytes, { stream: true });
    if (text) parser.feed(text);
  }
  const rest = decoder.decode(); // half a character
  if (rest) parser.feed(rest);
  // A CR at the very end: it waits for an LF that may belong to it. The end of the stream answers that.
  if (last === 0x0d) parser.feed("\n");
  process.stdout.write(`${JSON.stringify(events)}\n`);
}
