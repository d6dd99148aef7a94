// A client of a fake of Jamf Pro, for the tests in this folder.

import { Secret } from "../../lib/config/secret.ts";
import { Inventory } from "../../lib/jamf/inventory.ts";
import { JamfPro } from "../../lib/jamf/jamf_pro.ts";
import { FakeJamf, type FakeJamfOptions } from "../fakes/jamf_pro.ts";
import { TestHttpSystem } from "../helpers/http_system.ts";

interface JamfFixture extends AsyncDisposable {
  readonly fake: FakeJamf;
  readonly system: TestHttpSystem;
  readonly jamf: JamfPro;
  readonly inventory: Inventory;
}

/** @param secret What the client sends, if it is not that of the fake. */
export async function start(
  options?: Partial<FakeJamfOptions>,
  secret?: string,
): Promise<JamfFixture> {
  const system = new TestHttpSystem();
  const fake = await FakeJamf.start({ now: system.now, ...options });
  const jamf = new JamfPro(
    {
      url: new URL(fake.url),
      clientId: fake.client.id,
      clientSecret: new Secret(secret ?? fake.client.secret),
    },
    system,
  );
  const inventory = new Inventory(jamf);
  const dispose = () => fake[Symbol.asyncDispose]();
  return { fake, system, jamf, inventory, [Symbol.asyncDispose]: dispose };
}
