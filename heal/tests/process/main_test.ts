// The real program, as a process with exactly the permissions that the launcher gives it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { skip } from "../../../tests/helpers/skip.ts";
import { HELP } from "../../lib/help.ts";
import { namesIn } from "../../../tests/helpers/test_mac.ts";
import { RedeployFixture, SECRETS } from "../helpers/redeploy_fixture.ts";
import { freePort, runProgram, Service } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import { Postgres, whyNoPostgres } from "../fakes/postgres.ts";

Deno.test("--help and --version need no configuration", async () => {
  assertEquals(await runProgram(["--help"], {}), { code: 0, stdout: HELP, stderr: "" });
  const version = `jamf-heal ${config.version}\n`;
  assertEquals(await runProgram(["--version"], {}), { code: 0, stdout: version, stderr: "" });
});

Deno.test("redeploy redeploys and follows, and its exit status is 0 if all is done", async () => {
  await using at = await RedeployFixture.start();
  at.addMacs(3);
  const args = ["redeploy", "--serial", "C000000001", "--fleet-host", "2"];
  const done = await runProgram(args, at.variables);
  assertEquals([done.code, done.stderr], [0, ""]);
  const [one, two] = at.jamf.redeploys;
  assertEquals(
    done.stdout,
    [
      "Mac           Computer  Outcome     Command                               Reason",
      `C000000001    1         redeployed  ${one!.commandUuid}`,
      `fleet-host:2  2         redeployed  ${two!.commandUuid}`,
      "",
      "2 of 2 done",
      "",
    ].join("\n"),
  );
  assertEquals(at.jamf.tokens.good, 0);

  const again = runProgram(["redeploy", "--from", "-", "--wait", "30s", "--json"], at.variables, {
    stdin: "fleet-host:2 # again\ncomputer-id:3\n",
  });
  await until(() => at.jamf.redeploys.length === 3);
  at.jamf.computers.get("3")!.lastContactTime = new Date();
  const { code, stdout } = await again;
  assertEquals(code, 1);
  const { macs } = JSON.parse(stdout);
  assertEquals(macs.map(({ outcome }: { outcome: string }) => outcome), ["skipped", "healed"]);
});

Deno.test("a dry run creates no file", async () => {
  await using at = await RedeployFixture.start();
  at.addMacs(1);
  const args = ["redeploy", "--computer-id", "1", "--dry-run"];
  const { code, stdout } = await runProgram(args, at.variables);
  assertEquals([code, /would_redeploy/.test(stdout)], [0, true]);
  assertEquals(at.jamf.seen(JAMF.redeploy).length, 0);
  assertEquals(namesIn(at.dir), []);
});

Deno.test("wrong input is reported, with exit status 2", async () => {
  await using at = await RedeployFixture.start();
  const cases: [args: string[], stderr: string][] = [
    [
      ["jobs"],
      `Cannot open the store "${at.store}": there is no such file; serve, work and redeploy create it\n`,
    ],
    [
      ["redeploy", "--from", "-"],
      'Line 1 of "standard input": Cannot read "A B" as a serial: give letters, digits and -\n',
    ],
    [
      ["redeploy", "--from", `${at.dir}/none`],
      `Cannot read "${at.dir}/none": there is no such file or folder\n`,
    ],
  ];
  for (const [args, stderr] of cases) {
    const ended = await runProgram(args, at.variables, { stdin: "A B\n" });
    assertEquals(ended, { code: 2, stdout: "", stderr });
  }
});

Deno.test("serve receives, redeploys, and stops; jobs shows the result", async () => {
  await using at = await RedeployFixture.start();
  at.addMacs(3);
  at.jamf.computers.get("3")!.managed = false;
  await using service = new Service(freePort(), [], at.variables);
  await service.listening;
  assertEquals(await service.deliver(`x${SECRETS.webhook}`, 1), 401);
  assertEquals(await service.deliver(SECRETS.webhook, 1, 2, 3), 202);
  await until(() => at.jamf.redeploys.length === 2);
  const health = await fetch(new URL("/healthz", service.url("")));
  assertEquals([health.status, await health.text()], [200, "ok\n"]);

  const jobs = await runProgram(["jobs"], at.variables);
  assertMatch(jobs.stdout, /^2 redeployed, 1 needs_person\n\nDelivered /);
  assertStringIncludes(jobs.stdout, "not managed by Jamf Pro: enrol this Mac again");
  const json = await runProgram(["jobs", "--json", "--state", "redeployed"], at.variables);
  const uuids = JSON.parse(json.stdout).jobs.map((job: { command_uuid: string }) =>
    job.command_uuid
  );
  assertEquals(uuids.sort(), at.jamf.redeploys.map(({ commandUuid }) => commandUuid).sort());

  const { code, stderr } = await service.end("SIGTERM");
  assertEquals(code, 0, stderr);
  assertEquals(at.jamf.tokens.good, 0);
  for (const line of stderr.trim().split("\n")) assertMatch(line, /^\{"time":"[^"]+Z","event":"/);
});

Deno.test("work works on the jobs that are due, and ends", async () => {
  await using at = await RedeployFixture.start();
  at.addMacs(2);
  const service = new Service(freePort(), ["--dry-run"], at.variables);
  await service.listening;
  await service.deliver(SECRETS.webhook, 1);
  await until(() => service.stderr.includes("dry run"));
  await service.end("SIGKILL");
  assertEquals(at.jamf.redeploys.length, 0);

  const receiver = new Service(freePort(), ["--max-per-hour", "1"], at.variables);
  await receiver.listening;
  await receiver.deliver(SECRETS.webhook, 1, 2);
  await until(() => at.jamf.redeploys.length === 1);
  await receiver.end("SIGTERM");
  const { code } = await runProgram(["work", "--max-per-hour", "1"], at.variables);
  assertEquals([code, at.jamf.redeploys.length], [0, 1]);
});

Deno.test("the launcher starts the program, and passes on both signals and the exit status", async () => {
  await using at = await RedeployFixture.start();
  at.addMacs(1);
  const launched = { launched: true };
  const refused = await runProgram(["serve", "--lissen"], {}, launched);
  assertEquals([refused.code, refused.stderr.startsWith("Unknown option")], [2, true]);
  const missing = await runProgram(["redeploy", "--serial", "A"], {}, launched);
  assertEquals([missing.code, missing.stderr.split("\n")[0]], [2, "JAMF_URL is not set"]);
  const some = await runProgram(["redeploy", "--serial", "A"], at.variables, launched);
  assertEquals(some.code, 1, some.stderr);

  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await using service = new Service(freePort(), [], at.variables, launched);
    await service.listening;
    const { code, stderr } = await service.end(signal);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, '"event":"stopped"');
  }
});

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
await attempt("sys", () => Deno.hostname());
await attempt("ffi", () => Deno.dlopen("libc.so.6", {}));
await attempt("import", () => import("https://example.com/mod.ts"));
console.log(JSON.stringify(tried));
Deno.exit();
`;

Deno.test("the program reaches its servers, its store and its secrets, and nothing else", async () => {
  await using at = await RedeployFixture.start();
  await using other = await RedeployFixture.start();
  const beside = `${at.dir}/beside`;
  const preload = `${at.dir}/probe.js`;
  await Deno.writeTextFile(beside, "");
  await Deno.writeTextFile(preload, PROBE.replaceAll("BESIDE", beside));
  const secretFile = `${at.dir}/secret`;
  await Deno.writeTextFile(secretFile, SECRETS.client, { mode: 0o600 });
  const { JAMF_CLIENT_SECRET: _, ...rest } = at.variables;
  const port = freePort();
  const reached = {
    jamf: at.jamf.url,
    fleet: at.fleet.url,
    "another port": other.jamf.url,
    "another name": at.jamf.url.replace("127.0.0.1", "localhost"),
    "another host": "https://example.com/",
    metadata: "http://169.254.169.254/",
  };
  const { code, stdout, stderr } = await runProgram(
    ["serve", "--listen", `127.0.0.1:${port}`],
    { ...rest, JAMF_CLIENT_SECRET_FILE: secretFile, HEAL_POLICIES: JSON.stringify(reached) },
    { preload },
  );
  assertEquals(code, 0, stderr);
  const { jamf, fleet, import: imported, ...others } = JSON.parse(stdout);
  assertEquals([jamf, fleet, imported], ["could", "could", "TypeError"]);
  assertEquals(Object.keys(others).length, 12);
  assertEquals(new Set(Object.values(others)), new Set(["NotCapable"]), stdout);
  assertEquals(await Deno.readTextFile(beside), "");
});

Deno.test("secrets are not printed, logged or stored", async () => {
  await using at = await RedeployFixture.start();
  at.addMacs(2);
  const password = "secret-of-the-database";
  const printed: string[] = [];
  const collect = async (...run: Parameters<typeof runProgram>): Promise<void> => {
    const { stdout, stderr } = await runProgram(...run);
    printed.push(stdout, stderr);
  };
  const secretFile = `${at.dir}/secret`;
  await Deno.writeTextFile(secretFile, SECRETS.client, { mode: 0o644 });
  const { JAMF_CLIENT_SECRET: _, ...rest } = at.variables;
  const fromFile = { ...rest, JAMF_CLIENT_SECRET_FILE: secretFile };
  const both = { ...at.variables, JAMF_CLIENT_SECRET_FILE: secretFile };
  const database = `postgres://heal:${password}@127.0.0.1:${freePort()}/heal`;
  const launched = { launched: true };
  await collect(["redeploy", "--computer-id", "1"], fromFile, launched);
  await collect(["redeploy", "--computer-id", "1"], both, launched);
  await collect(["jobs"], { HEAL_STORE: database });
  await collect(["jobs"], { HEAL_STORE: `${database}?sslmode=no` }, launched);
  await collect(["jobs"], { HEAL_STORE: `mysql://heal:${password}@a/b` }, launched);
  await collect(["redeploy", "--computer-id", "1", "2"], at.variables);
  at.jamf.misbehave(JAMF.token, { status: 400, body: { error: "invalid_client" } });
  await collect(["redeploy", "--computer-id", "2", "--force"], at.variables);
  at.fleet.misbehave(/./, { status: 401 }, 1);
  await collect(["redeploy", "--fleet-host", "2", "--force", "--json"], at.variables);

  const service = new Service(freePort(), [], at.variables);
  await service.listening;
  const url = service.url(SECRETS.webhook);
  await service.deliver(SECRETS.webhook, 1, 2);
  await service.deliver(`${SECRETS.webhook}-wrong`, 1);
  await (await fetch(url, { method: "POST", body: "{" })).body?.cancel();
  await until(() => service.stderr.split('"event":"job"').length > 2);
  await collect(["jobs", "--json"], at.variables);
  const { stdout, stderr } = await service.end("SIGTERM");
  printed.push(stdout, stderr);

  for (const name of namesIn(at.dir)) {
    if (name.startsWith("heal.db")) {
      printed.push(new TextDecoder("latin1").decode(await Deno.readFile(`${at.dir}/${name}`)));
    }
  }
  const all = printed.join("\n");
  assert(all.includes("redeployed") && all.includes("has mode 0644"));
  const tokens = at.jamf.requests.map(({ headers }) => headers["authorization"]?.slice(7));
  const secrets = [...Object.values(SECRETS), password, ...tokens].filter((text) => text);
  assert(secrets.length > 6);
  for (const secret of secrets) {
    assertEquals(all.includes(secret!), false, `"${secret}" is printed`);
  }
});

Deno.test({
  name: "the program uses PostgreSQL with permission for only its address",
  ignore: skip("the program with PostgreSQL", whyNoPostgres),
  fn: async () => {
    await using at = await RedeployFixture.start();
    await using postgres = await Postgres.start();
    at.addMacs(1);
    const variables = { ...at.variables, HEAL_STORE: postgres.url };
    const done = await runProgram(["redeploy", "--computer-id", "1"], variables);
    assertEquals([done.code, done.stderr], [0, ""]);
    const again = await runProgram(["redeploy", "--computer-id", "1"], variables);
    assertEquals([again.code, /cool-down/.test(again.stdout)], [1, true]);
    const jobs = await runProgram(["jobs"], { HEAL_STORE: postgres.url });
    assertEquals(jobs, { code: 0, stdout: "No jobs\n", stderr: "" });
  },
});
