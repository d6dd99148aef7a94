import { assertEquals } from "@std/assert";
import { Schedule } from "../../lib/server/schedule.ts";

const { signal: never } = new AbortController();

/** A sleep that ends when the test says so, or at once with an error if its signal is aborted. */
class Sleeper {
  readonly slept: number[] = [];
  #end = Promise.withResolvers<void>();

  sleep = async (time: number, signal?: AbortSignal): Promise<void> => {
    this.slept.push(time / 1000);
    const { promise, reject } = Promise.withResolvers<never>();
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal?.aborted) reject(signal.reason);
    await Promise.race([this.#end.promise, promise]);
  };

  end(): void {
    this.#end.resolve();
    this.#end = Promise.withResolvers();
  }
}

Deno.test("a schedule waits for its time, or for a request and thirty seconds", async () => {
  const sleeper = new Sleeper();
  const schedule = new Schedule(sleeper.sleep);
  const first = schedule.wait(900, never);
  sleeper.end();
  await first;
  assertEquals(sleeper.slept, [900]);

  const second = schedule.wait(900, never);
  for (let call = 0; call < 50; call++) schedule.request();
  while (sleeper.slept.length < 3) await Promise.resolve();
  sleeper.end();
  await second;
  assertEquals(sleeper.slept, [900, 900, 30]);

  // The calls were gathered.
  const third = schedule.wait(900, never);
  for (let i = 0; i < 9; i++) await Promise.resolve();
  assertEquals(sleeper.slept, [900, 900, 30, 900]);
  sleeper.end();
  await third;

  schedule.request();
  const fourth = schedule.wait(40, never);
  while (sleeper.slept.length < 6) await Promise.resolve();
  sleeper.end();
  await fourth;
  assertEquals(sleeper.slept.slice(4), [40, 4]);
});

Deno.test("a request during a sweep asks for the next one, and a stop ends the wait", async () => {
  const sleeper = new Sleeper();
  const schedule = new Schedule(sleeper.sleep);
  schedule.request();
  const waiting = schedule.wait(900, never);
  while (sleeper.slept.length < 2) await Promise.resolve();
  assertEquals(sleeper.slept, [900, 30]);
  sleeper.end();
  await waiting;
  const stop = new AbortController();
  const last = schedule.wait(900, stop.signal);
  stop.abort();
  await last;
});
