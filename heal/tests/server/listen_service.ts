// A service of its own, which a test starts with a low limit of open files: it listens on the port that is its argument.
import { listen } from "../../lib/server/webhook.ts";

// As `main.ts` does: Deno panics if it begins with signals while too many files are open.
Deno.addSignalListener("SIGTERM", () => Deno.exit());
const never = new AbortController().signal;
const address = { hostname: "127.0.0.1", port: Number(Deno.args[0]) };
const log = ({ reason }: Readonly<Record<string, unknown>>): void => {
  Deno.stdout.writeSync(new TextEncoder().encode(`${reason}\n`));
};
await listen(address, () => new Response("ok"), never, never, () => {}, log, 1000);
