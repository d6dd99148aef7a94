import { assertEquals, assertThrows } from "@std/assert";
import { problemWith, readPrivateFile, readSecretFile } from "../../lib/config/secret_file.ts";

Deno.test("readPrivateFile() reads a file that only its owner can read, also through a link", () => {
  const dir = Deno.realPathSync(Deno.makeTempDirSync());
  const path = `${dir}/secret`;
  const message = (): string => assertThrows(() => readPrivateFile(path)).message;
  try {
    assertEquals(message(), `Cannot read "${path}": there is no such file or folder`);
    Deno.writeTextFileSync(path, "s3cret\n");
    Deno.chmodSync(dir, 0o755);
    for (const mode of [0o600, 0o400]) {
      Deno.chmodSync(path, mode);
      assertEquals(readPrivateFile(path), "s3cret\n");
    }
    Deno.symlinkSync(path, `${dir}/link`);
    assertEquals(readPrivateFile(`${dir}/link`), "s3cret\n");
    Deno.chmodSync(path, 0o644);
    assertEquals(
      message(),
      `"${path}" has mode 0644, so others can read it: run chmod 600 "${path}"`,
    );
    // A link in a folder that is closed does not close the folder of the file.
    Deno.mkdirSync(`${dir}/closed`, { mode: 0o700 });
    Deno.symlinkSync(path, `${dir}/closed/link`);
    assertThrows(() => readPrivateFile(`${dir}/closed/link`), Error, "has mode 0644");
    Deno.chmodSync(dir, 0o700);
    assertEquals(readPrivateFile(path), "s3cret\n");
    Deno.chmodSync(path, 0o620);
    assertEquals(
      message(),
      `"${path}" has mode 0620, so others can change it: run chmod 600 "${path}"`,
    );
    Deno.removeSync(path);
    Deno.mkdirSync(path);
    assertEquals(message(), `Cannot read "${path}": it is not a small regular file`);
    Deno.removeSync(path);
    Deno.writeTextFileSync(path, "x".repeat(64 * 1024 + 1), { mode: 0o600 });
    assertThrows(() => readSecretFile(path), Error, "it is not a small regular file");
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("problemWith() accepts what systemd, Docker and Kubernetes lay, and nothing that others can read", () => {
  const read = "so others can read it";
  type Case = [
    path: string,
    file: [mode: number, uid: number],
    folder: [mode: number, uid: number],
    problem: string | undefined,
  ];
  const cases: Case[] = [
    // Docker, also with a file that a user of the host has.
    ["/run/secrets/jamf", [0o444, 0], [0o755, 0], undefined],
    ["/run/secrets/jamf", [0o644, 1000], [0o755, 0], undefined],
    // Kubernetes, below one of these folders, with fsGroup and without.
    ["/run/secrets/heal/..2026_11_29/jamf", [0o440, 0], [0o2755, 0], undefined],
    ["/var/run/secrets/heal/..2026_11_29/jamf", [0o644, 0], [0o755, 0], undefined],
    // systemd: the ACL for the service's user shows as the group's right.
    ["/run/credentials/jamf-heal.service/jamf", [0o440, 0], [0o550, 0], undefined],
    // A folder that is closed to others.
    ["/home/a/secrets/jamf", [0o644, 1000], [0o700, 1000], undefined],
    ["/root/secrets/jamf", [0o444, 65534], [0o500, 0], undefined],
    // Everywhere else.
    ["/home/a/secret", [0o644, 1000], [0o755, 1000], read],
    ["/home/a/secret", [0o640, 1000], [0o755, 1000], read],
    ["/home/a/secret", [0o640, 1000], [0o750, 1000], read],
    ["/home/a/secret", [0o604, 1000], [0o755, 1000], read],
    ["/home/a/secret", [0o600, 1000], [0o755, 1000], undefined],
    ["/run/secrets2/jamf", [0o444, 0], [0o755, 0], read],
    ["/tmp/run/secrets/jamf", [0o444, 0], [0o755, 0], read],
    // A folder in which others can replace the file, or that is another user's.
    ["/run/secrets/jamf", [0o444, 0], [0o1777, 0], read],
    ["/run/secrets/jamf", [0o444, 0], [0o775, 0], read],
    ["/run/secrets/jamf", [0o444, 0], [0o755, 1001], read],
    ["/home/b/jamf", [0o644, 1000], [0o700, 1001], read],
    // A file that others can change, wherever it is.
    ["/run/secrets/jamf", [0o464, 0], [0o755, 0], "so others can change it"],
    ["/home/a/secrets/jamf", [0o602, 1000], [0o700, 1000], "so others can change it"],
  ];
  for (const [path, [mode, uid], [folderMode, folderUid], problem] of cases) {
    const found = problemWith({ mode, uid }, path, { mode: folderMode, uid: folderUid });
    assertEquals(found?.replace(/^has mode 0\d{3}, /, ""), problem, `${path} ${mode.toString(8)}`);
  }
  const windows = { mode: null, uid: null };
  assertEquals(problemWith(windows, "C:\\secrets\\jamf", windows), undefined);
});
