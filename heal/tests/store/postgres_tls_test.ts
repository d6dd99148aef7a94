// PostgreSQL with TLS: the program, as a process, trusts an authority of the test's own.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { skip } from "../../../tests/helpers/skip.ts";
import { runProgram } from "../helpers/program.ts";
import { openPostgres } from "../../lib/store/postgres.ts";
import { storeAt } from "../helpers/databases.ts";
import { Postgres, whyNoPostgres } from "../fakes/postgres.ts";

/** Makes an authority, and a certificate of it for a `subjectAltName`. Both keys are new. */
const MAKE = `cd "$1"
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=ca
openssl req -newkey rsa:2048 -nodes -keyout server.key -out request -subj /CN=server
echo "subjectAltName=$2" > extensions
openssl x509 -req -in request -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out server.crt`;

function whyNoOpenssl(): string | undefined {
  try {
    new Deno.Command("openssl", { args: ["version"] }).outputSync();
    return undefined;
  } catch {
    return "It needs OpenSSL: apt-get install openssl";
  }
}

async function makeCertificate(dir: string, subject: string): Promise<void> {
  const args = ["-ec", MAKE, "sh", dir, subject];
  const { success, stderr } = await new Deno.Command("sh", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Has the server use the certificate in a folder. */
async function useCertificate(postgres: Postgres, dir: string): Promise<void> {
  const data = `${postgres.dir}/data`;
  const { uid, gid } = await Deno.stat(data);
  for (const name of ["server.key", "server.crt"]) {
    await Deno.copyFile(`${dir}/${name}`, `${data}/${name}`);
    await Deno.chmod(`${data}/${name}`, 0o600);
    if (Deno.uid() === 0) await Deno.chown(`${data}/${name}`, uid, gid);
  }
  const settings = storeAt(postgres.url).settings as Parameters<typeof openPostgres>[0];
  const admin = openPostgres(settings);
  await admin.query("ALTER SYSTEM SET ssl = on");
  await admin.close();
  await postgres.halt();
  await postgres.begin();
}

Deno.test({
  name: "verify-full takes only the certificate of the host or the IP address in the URL",
  ignore: skip("PostgreSQL with TLS", whyNoPostgres ?? whyNoOpenssl()),
  fn: async () => {
    await using postgres = await Postgres.start();
    for (const subject of ["IP:127.0.0.1", "DNS:localhost"]) {
      const dir = await Deno.makeTempDir();
      try {
        await makeCertificate(dir, subject);
        await useCertificate(postgres, dir);
        for (const host of ["127.0.0.1", "localhost"]) {
          const url = new URL(postgres.url);
          [url.hostname, url.search] = [host, "?sslmode=verify-full"];
          const variables = { HEAL_STORE: url.href, DENO_CERT: `${dir}/ca.crt` };
          const { code, stderr } = await runProgram(["status"], variables);
          const isRight = subject.endsWith(`:${host}`);
          assertEquals(code, isRight ? 0 : 1, `${subject} ${host}: ${stderr}`);
          if (!isRight) assertStringIncludes(stderr, "does not match certificate");
        }
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    }
  },
});
