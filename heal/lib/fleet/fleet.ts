/**
 * The client of Fleet.
 *
 * @module
 */

import * as z from "zod";
import type { FleetSettings } from "../config/settings.ts";
import { HttpClient, type HttpReply, type HttpSystem } from "../http/client.ts";
import { errorMessageOf, parseReply } from "../http/parse_reply.ts";
import type { Secret } from "../config/secret.ts";

/** What is used of a host. */
export interface FleetHost {
  readonly serial: string;
  /** `darwin` is a Mac. */
  readonly platform: string;
  readonly policies: readonly FleetPolicy[];
}

/** A policy on a host. */
export interface FleetPolicy {
  readonly id: number;
  readonly name: string;
  readonly isFailing: boolean;
}

const policySchema = z.object({ id: z.number().int(), name: z.string(), response: z.string() })
  .transform(({ id, name, response }): FleetPolicy => ({
    id,
    name,
    isFailing: response === "fail",
  }));

const replySchema = z.object({
  host: z.object({
    hardware_serial: z.string(),
    platform: z.string(),
    policies: z.array(policySchema).nullish(),
  }),
}).transform(({ host }): FleetHost => ({
  serial: host.hardware_serial,
  platform: host.platform,
  policies: host.policies ?? [],
}));

/** The list of installed software is long, and not used. */
const WITHOUT_SOFTWARE = new URLSearchParams({ exclude_software: "true" });

/** Sends requests to Fleet with an API token. */
export class Fleet {
  readonly #http: HttpClient;
  readonly #token: Secret;

  /** @param timeout In milliseconds, for one answer. */
  constructor(settings: FleetSettings, system: HttpSystem, timeout?: number) {
    this.#http = new HttpClient(settings.url, system, timeout);
    this.#token = settings.token;
  }

  /**
   * Looks up a host; `undefined` if Fleet has none with this id.
   *
   * @throws {ServerError} Fleet gives no usable answer.
   */
  async host(id: number, signal?: AbortSignal): Promise<FleetHost | undefined> {
    const reply = await this.#http.send({
      method: "GET",
      path: `api/v1/fleet/hosts/${id}`,
      query: WITHOUT_SOFTWARE,
      headers: { authorization: `Bearer ${this.#token.reveal()}` },
      signal,
    });
    return isNoSuchHost(reply) ? undefined : parseReply("Fleet", reply, 200, replySchema);
  }
}

/** A proxy that does not find Fleet also answers 404, but without Fleet's error message. */
function isNoSuchHost(reply: HttpReply): boolean {
  return reply.status === 404 && errorMessageOf(reply) !== "";
}
