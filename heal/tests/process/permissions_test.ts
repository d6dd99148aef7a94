// The real program, as a process: what it may do.
import { assertEquals } from "@std/assert";
import { FakeChat } from "../fakes/chat.ts";
import { SECRETS, Servers } from "../helpers/servers.ts";
import { freePort, runProgram } from "../helpers/program.ts";

/** Runs before the program, in its process, with its permissions. */
const PROBE = `
const tried = {};
const attempt = async (name, work) => {
  try { await work(); tried[name] = "could"; } catch (error) { tried[name] = error.name; }
};
for (const [name, url] of Object.entries(JSON.parse(Deno.env.get("HEAL_POLICIES")))) {
  await attempt(name, async () => (await fetch(url)).body?.cancel());
}
await attempt("read", () => Deno.readTextFileSync("/etc/hostname"));
await attempt("read beside", () => Deno.readTextFileSync("BESIDE"));
await attempt("write beside", () => Deno.writeTextFileSync("BESIDE", "x"));
await attempt("write code", () => Deno.writeTextFileSync(import.meta.filename, "x"));
await attempt("env", () => Deno.env.get("PATH"));
await attempt("run", () => new Deno.Command("true").outputSync());
await attempt("listen", () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
await attempt("sys", () => Deno.hostname());
await attempt("ffi", () => Deno.dlopen("libc.so.6", {}));
await attempt("import", () => import("https://example.com/mod.ts"));
console.log(JSON.stringify(tried));
Deno.exit();
`;

/** Where the probe connects, by name, and which of these it must reach. */
interface Reach {
  readonly urls: Readonly<Record<string, string>>;
  readonly allowed: readonly string[];
}

/** What could be done of all that the probe tries. */
async function probe(
  at: Servers,
  args: readonly string[],
  chat: FakeChat,
  { urls, allowed }: Reach,
): Promise<void> {
  const beside = `${at.dir}/beside`;
  const preload = `${at.dir}/probe.js`;
  const secretFile = `${at.dir}/secret`;
  await Deno.writeTextFile(beside, "");
  await Deno.writeTextFile(preload, PROBE.replaceAll("BESIDE", beside));
  await Deno.writeTextFile(secretFile, SECRETS.client, { mode: 0o600 });
  const { JAMF_CLIENT_SECRET: _, ...rest } = at.variables;
  const variables = {
    ...rest,
    JAMF_CLIENT_SECRET_FILE: secretFile,
    HEAL_NOTIFY_URL: chat.webhook,
    HEAL_POLICIES: JSON.stringify(urls),
  };
  const { code, stdout, stderr } = await runProgram(args, variables, { preload });
  assertEquals(code, 0, stderr);
  const { import: imported, ...tried } = JSON.parse(stdout);
  assertEquals(imported, "TypeError");
  assertEquals(Object.keys(tried).length, Object.keys(urls).length + 9);
  const could = Object.entries(tried).filter(([, result]) => result !== "NotCapable");
  assertEquals(could, allowed.map((name) => [name, "could"]), stdout);
  assertEquals(await Deno.readTextFile(beside), "");
}

Deno.test("the program reaches its servers, its store and its secrets, and nothing else", async () => {
  await using at = await Servers.start();
  await using chat = await FakeChat.start();
  await using other = await Servers.start();
  const urls = {
    jamf: at.jamf.url,
    fleet: at.fleet.url,
    chat: chat.webhook,
    "another port": other.jamf.url,
    "another name": at.jamf.url.replace("127.0.0.1", "localhost"),
    "another host": "https://example.com/",
    metadata: "http://169.254.169.254/",
  };
  const serve = ["serve", "--listen", `127.0.0.1:${freePort()}`];
  for (const args of [serve, ["sweep"], ["check"]]) {
    await probe(at, args, chat, { urls, allowed: ["jamf", "fleet", "chat"] });
  }
  await probe(at, ["redeploy", "--serial", "A"], chat, { urls, allowed: ["jamf"] });
  for (const args of [["status"], ["status", "--serial", "A"], ["retry", "--serial", "A"]]) {
    await probe(at, args, chat, { urls, allowed: [] });
  }
});
