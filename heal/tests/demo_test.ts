// The demo of jamf-heal, as a process.
import { assertEquals, assertMatch } from "@std/assert";
import { namesIn } from "../../tests/helpers/test_mac.ts";
import { spawn } from "./helpers/child.ts";
import { NEEDED } from "./helpers/program.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

Deno.test("the demo shows a Mac that heals and one that needs a person, and leaves no file", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { code, stdout, stderr } = await spawn(Deno.execPath(), {
      args: ["task", "--quiet", "--config", CONFIG, "heal:demo"],
      clearEnv: true,
      env: { ...NEEDED, TMPDIR: dir },
      stdout: "piped",
      stderr: "piped",
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const text = new TextDecoder().decode(stdout);
    const commands = Array.from(text.matchAll(/^\$ jamf-heal (\S+)/gm), ([, mode]) => mode);
    assertEquals(commands, ["check", "sweep", "sweep", "status", "sweep", "sweep", "status"]);
    const parts = text.split(/^── .* ──$/m).map((part) => part.split("$ jamf-heal sweep")[1]);
    assertMatch(parts[1]!, /^C02XK1JWJG5H +1 +healed /m);
    assertMatch(parts[1]!, /^C1MQ9D2YH7 +4 +recovered /m);
    assertMatch(parts[2]!, /^C02YT0AAJHD3 +2 +needs_person /m);
    assertEquals(namesIn(dir), []);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
