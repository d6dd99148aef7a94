import { assertEquals, assertThrows } from "@std/assert";
import { readSecretFile } from "../../lib/config/secret_file.ts";

Deno.test("readSecretFile() reads a file that only its owner can read, also through a link", () => {
  const dir = Deno.makeTempDirSync();
  const path = `${dir}/secret`;
  const message = (): string => assertThrows(() => readSecretFile(path)).message;
  try {
    assertEquals(message(), `Cannot read "${path}": there is no such file or folder`);
    Deno.writeTextFileSync(path, "s3cret\n");
    for (const mode of [0o600, 0o400]) {
      Deno.chmodSync(path, mode);
      assertEquals(readSecretFile(path), "s3cret\n");
    }
    Deno.symlinkSync(path, `${dir}/link`);
    assertEquals(readSecretFile(`${dir}/link`), "s3cret\n");
    for (const mode of [0o640, 0o604, 0o620]) {
      Deno.chmodSync(path, mode);
      const octal = mode.toString(8).padStart(4, "0");
      assertEquals(
        message(),
        `"${path}" has mode ${octal}, so others can read it: run chmod 600`,
      );
    }
    Deno.removeSync(path);
    Deno.mkdirSync(path);
    assertEquals(message(), `Cannot read "${path}": it is not a small regular file`);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});
