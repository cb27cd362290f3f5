// Reads the AsyncAPI document named as argument with the official parser; prints what it finds and what it read, as JSON.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
console.log(
  JSON.stringify({
    diagnostics: diagnostics.map(({ severity, code, path, message }) => ({ severity, code, path: path.join("/"), message })),
    operations: document?.operations().all().map((operation) => operation.id()),
    messages: document?.components().messages().all().map((message) => message.id()),
  }),
);
