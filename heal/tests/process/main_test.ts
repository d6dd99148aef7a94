// The real program, as a process: what a person types.
import { assertEquals, assertStringIncludes } from "@std/assert";
import config from "../../../deno.json" with { type: "json" };
import { skip } from "../../../tests/helpers/skip.ts";
import { endOf, namesIn } from "../../../tests/helpers/test_mac.ts";
import { HELP } from "../../lib/cli.ts";
import { FLEET } from "../fakes/fleet.ts";
import { POLICY, Servers } from "../helpers/servers.ts";
import { freePort, runProgram, Service, start } from "../helpers/program.ts";
import { until } from "../helpers/until.ts";
import { JAMF } from "../fakes/jamf_pro.ts";
import { Postgres, whyNoPostgres } from "../fakes/postgres.ts";

Deno.test("--help and --version need no configuration", async () => {
  assertEquals(await runProgram(["--help"], {}), { code: 0, stdout: HELP, stderr: "" });
  const version = `jamf-heal ${config.version}\n`;
  assertEquals(await runProgram(["--version"], {}), { code: 0, stdout: version, stderr: "" });
});

Deno.test("redeploy redeploys and follows, and its exit status is 0 if all is done", async () => {
  await using at = await Servers.start();
  at.addMacs(3);
  const args = ["redeploy", "--serial", "C000000001", "C000000002"];
  const done = await runProgram(args, at.variables);
  const [one, two] = at.jamf.redeploys;
  const lastCheckIn = at.jamf.computers.get("1")!.lastContactTime!.toISOString().slice(0, 19);
  const about = (id: number) =>
    `C00000000${id}: "Mac ${id}", computer ${id}, last check-in: ${lastCheckIn}Z`;
  assertEquals(done, {
    code: 0,
    stderr: [
      `Counts redeploys in "${at.store}"`,
      about(1),
      "1/2 C000000001 redeployed",
      about(2),
      "2/2 C000000002 redeployed",
      "",
    ].join("\n"),
    stdout: [
      "Mac         Computer  Outcome     Command                               Reason",
      `C000000001  1         redeployed  ${one!.commandUuid}`,
      `C000000002  2         redeployed  ${two!.commandUuid}`,
      "",
      "2 of 2 done",
      "",
    ].join("\n"),
  });

  const again = runProgram(["redeploy", "--from", "-", "--wait", "30s", "--json"], at.variables, {
    stdin: "C000000002 # again\nC000000003\n",
  });
  await until(() => at.jamf.redeploys.length === 3);
  at.jamf.computers.get("3")!.lastContactTime = new Date(Date.now() + 1000);
  const { code, stdout } = await again;
  assertEquals(code, 1);
  const { macs } = JSON.parse(stdout);
  assertEquals(macs.map(({ outcome }: { outcome: string }) => outcome), ["skipped", "healed"]);
});

Deno.test("a dry run of redeploy requests nothing", async () => {
  await using at = await Servers.start();
  at.addMacs(1);
  const args = ["redeploy", "--serial", "C000000001", "--dry-run"];
  const { code, stdout } = await runProgram(args, at.variables);
  assertEquals([code, /would_redeploy/.test(stdout)], [0, true]);
  assertEquals(at.jamf.seen(JAMF.redeploy).length, 0);
});

Deno.test("a command that is stopped prints what it has done", async () => {
  const count = 500;
  await using at = await Servers.start();
  at.addMacs(count);
  at.jamf.misbehave(JAMF.redeploy, { slow: 100 }, Infinity);
  const targets = at.jamf.computers.values().map(({ serialNumber }) => serialNumber);
  const stopped = start(["redeploy", "--force", "--serial", ...targets], at.variables);
  await until(() => at.jamf.redeploys.length > 0);
  stopped.kill("SIGINT");
  const { code, stdout, stderr } = await endOf(stopped);
  const { length } = at.jamf.redeploys;
  assertEquals([code, length < count], [1, true], stderr);
  for (const { commandUuid } of at.jamf.redeploys) assertStringIncludes(stdout, commandUuid);
  assertEquals(stdout.match(/skipped .* the command was stopped/g)?.length, count - length);
  assertStringIncludes(stdout, `\n${length} of ${count} done\n`);
});

Deno.test("a second signal ends a command at once", async () => {
  await using at = await Servers.start();
  at.addMacs(1);
  at.jamf.misbehave(JAMF.search, { hang: true }, Infinity);
  const hanging = start(["redeploy", "--serial", "C000000001"], at.variables);
  await until(() => at.jamf.seen(JAMF.search).length === 1);
  let hasEnded = false;
  const ending = endOf(hanging).finally(() => hasEnded = true);
  while (!hasEnded) {
    hanging.kill("SIGINT");
    // Two signals within a second are one, as from a terminal and from the launcher.
    await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, 1100))]);
  }
  const { code, stdout } = await ending;
  assertEquals([code, stdout], [1, ""]);
});

Deno.test("wrong input is reported, with exit status 2", async () => {
  await using at = await Servers.start();
  const noStore =
    `Cannot open the store "${at.store}": there is no such file; a sweep creates it\n`;
  const cases: [args: string[], stderr: string][] = [
    [["status"], noStore],
    [["status", "--serial", "A"], noStore],
    [["retry", "--serial", "A"], noStore],
    [
      ["redeploy", "--from", "-"],
      'Cannot read "A B" as a serial number: give letters, digits and -\n',
    ],
    [
      ["retry", "--from", `${at.dir}/none`],
      `Cannot read "${at.dir}/none": there is no such file or folder\n`,
    ],
  ];
  for (const [args, stderr] of cases) {
    const ended = await runProgram(args, at.variables, { launched: true, stdin: "A B\n" });
    assertEquals(ended, { code: 2, stdout: "", stderr });
  }
  assertEquals(namesIn(at.dir), []);
});

Deno.test("the launcher starts the program, and passes on both signals and the exit status", async () => {
  await using at = await Servers.start();
  at.addMacs(1);
  const launched = { launched: true };
  const refused = await runProgram(["serve", "--lissen"], {}, launched);
  assertEquals([refused.code, refused.stderr.startsWith("Unknown option")], [2, true]);
  const missing = await runProgram(["redeploy", "--serial", "A"], {}, launched);
  assertEquals([missing.code, missing.stderr.split("\n")[0]], [
    2,
    "JAMF_URL is not set: give the URL of Jamf Pro, such as https://example.jamfcloud.com",
  ]);
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

Deno.test({
  name: "the program uses PostgreSQL with permission for only its address",
  ignore: skip("the program with PostgreSQL", whyNoPostgres),
  fn: async () => {
    await using at = await Servers.start();
    await using postgres = await Postgres.start();
    at.addMacs(2);
    const variables = { ...at.variables, HEAL_STORE: postgres.url };
    const store = `Counts redeploys in "PostgreSQL at ${new URL(postgres.url).host}"\n`;
    const done = await runProgram(["redeploy", "--serial", "C000000001"], variables);
    assertEquals([done.code, done.stderr.startsWith(store)], [0, true]);
    const again = await runProgram(["redeploy", "--serial", "C000000001"], variables);
    assertEquals([again.code, /cool-down/.test(again.stdout)], [1, true]);
    const swept = await runProgram(["sweep"], variables);
    assertEquals([swept.code, swept.stderr, at.jamf.redeploys.length], [0, store, 2]);
    const status = await runProgram(["status"], { HEAL_STORE: postgres.url });
    assertEquals([status.code, status.stderr], [0, ""]);
    assertStringIncludes(status.stdout, "\n2 redeployed\n");
    const check = await runProgram(["check"], variables);
    assertEquals([check.code, check.stderr], [0, ""]);
  },
});

Deno.test("what a server says reaches the terminal without control characters, and as JSON", async () => {
  await using at = await Servers.start();
  const evil = "\x1b[2J\x9b\u202egone";
  const shown = "\\x1b[2J\\x9b\\u202egone";
  // deno-lint-ignore no-control-regex
  const control = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;
  at.fleet.fleets.set(1, evil);
  at.fleet.addPolicy({ name: POLICY, fleetId: 1 });
  const check = await runProgram(["check"], at.variables);
  assertStringIncludes(check.stdout, `in fleet "${shown}"`);
  at.fleet.misbehave(FLEET.globalPolicies, { status: 500, body: { message: evil } }, Infinity);
  const sweep = await runProgram(["sweep"], at.variables);
  assertStringIncludes(sweep.stderr, shown);
  const status = await runProgram(["status"], at.variables);
  assertStringIncludes(status.stdout, shown);
  const json = await runProgram(["status", "--json"], at.variables);
  assertStringIncludes(JSON.parse(json.stdout).problem, evil);
  for (const { stdout, stderr } of [check, sweep, status, json]) {
    assertEquals(control.exec(stdout + stderr), null);
  }
});
