// The client of Fleet.

import * as z from "zod";
import type { FleetSettings } from "../config/read_settings.ts";
import { HttpClient, type HttpReply, type HttpSystem } from "../http/client.ts";
import { checkLogin, errorMessageOf, parseReply, ReplyError } from "../http/reply.ts";
import {
  countReply,
  fleetsReply,
  type Host,
  type HostDetail,
  hostReply,
  hostsReply,
  type Page,
  policiesReply,
  type Policy,
} from "./schemas.ts";

type Query = Readonly<Record<string, string>>;

const PER_PAGE = 100;
const MAX_PAGES = 2000;
/** Without an order, a host may be on two pages, and another on none. */
const BY_ID = { order_key: "id", disable_issues: "true" };
/** Lists that are read at the same time. */
const MAX_LISTS = 8;

/** Where the policies of a fleet are. */
export interface FleetPath {
  readonly path: string;
  /** `undefined` for the global policies. */
  readonly name: string | undefined;
}

/** The policies of all fleets. */
export const GLOBAL: FleetPath = { path: "global", name: undefined };
/** Hosts without a fleet have policies, too. The list of fleets does not have this one. */
const UNASSIGNED = { id: 0, name: "Unassigned" };

const errorSchema = z.object({ errors: z.array(z.object({ reason: z.string() })).min(1) });

export class Fleet {
  readonly #http: HttpClient;
  /** It is `teams` before Fleet 4.82. */
  #fleetsPath = "fleets";

  constructor(private readonly settings: FleetSettings, system: HttpSystem) {
    this.#http = new HttpClient(settings.url, system, settings.token);
  }

  /** The global policies, and those of each fleet that the token may see; throws if it may see none. */
  async policies(signal?: AbortSignal): Promise<Policy[]> {
    const all = [GLOBAL, ...await this.fleets(signal)];
    const lists = await inParallel(all, (one) => this.policiesOf(one, signal));
    const visible = lists.filter((list) => list !== undefined);
    if (visible.length === 0) throw new ReplyError("Fleet lets this user see no policies");
    return [...new Map(visible.flat().map((policy) => [policy.id, policy])).values()];
  }

  /** The policies of one fleet; `undefined` if the token may not see them. */
  async policiesOf({ path, name }: FleetPath, signal?: AbortSignal): Promise<Policy[] | undefined> {
    const list = await this.#list(`${path}/policies`, policiesReply(name), {}, signal);
    if (Array.isArray(list)) return list;
    return (list.status === 403 && isOwn(list)) || isNotFound(list) ? undefined : refuse(list);
  }

  /** The hosts that fail a policy, of those that the token may see; none if the policy was deleted. */
  async failingHosts(policyId: number, signal?: AbortSignal): Promise<Host[]> {
    const query = { policy_id: `${policyId}`, policy_response: "failing", ...BY_ID };
    const hosts = await this.#list("hosts", hostsReply, query, signal);
    if (Array.isArray(hosts)) return hosts;
    return isNotFound(hosts) ? [] : refuse(hosts);
  }

  /**
   * The number of hosts that pass a policy, of those that the token may see. The counts in the list of policies are of all
   * fleets, and up to an hour old.
   *
   * @param status `online` counts only those that are online now.
   */
  async countPassing(policyId: number, signal?: AbortSignal, status?: "online"): Promise<number> {
    const query = {
      policy_id: `${policyId}`,
      policy_response: "passing",
      ...(status && { status }),
    };
    return parseReply("Fleet", await this.#get("hosts/count", query, signal), 200, countReply);
  }

  /** The ids of the hosts with a serial number. */
  async hostsWithSerial(serial: string, signal?: AbortSignal): Promise<number[]> {
    // Fleet searches in other fields, too, and for a part of them.
    const hosts = await this.#list("hosts", hostsReply, { query: serial, ...BY_ID }, signal);
    if (!Array.isArray(hosts)) return refuse(hosts);
    const same = hosts.filter((host) => host.serial.toUpperCase() === serial.toUpperCase());
    return same.map(({ id }) => id);
  }

  /** Looks up a host; `undefined` if Fleet has none with this id, or the token may not see it. */
  async host(id: number, signal?: AbortSignal): Promise<HostDetail | undefined> {
    // The list of installed software is long, and not used.
    const reply = await this.#get(`hosts/${id}`, { exclude_software: "true" }, signal);
    if (isNotFound(reply)) return undefined;
    if (reply.status === 403 && isOwn(reply) && await this.#showsHosts(signal)) return undefined;
    return parseReply("Fleet", reply, 200, hostReply);
  }

  /** One of the hosts that the token may list; `undefined` if there is none. */
  async anyHost(signal?: AbortSignal): Promise<Host | undefined> {
    const list = await this.#get("hosts", { page: "0", per_page: "1", ...BY_ID }, signal);
    return parseReply("Fleet", list, 200, hostsReply)[0];
  }

  /** Whether the token may get a host that it may list: else, a refusal tells nothing about one host. */
  async #showsHosts(signal?: AbortSignal): Promise<boolean> {
    const host = await this.anyHost(signal);
    if (host === undefined) return true;
    return (await this.#get(`hosts/${host.id}`, { exclude_software: "true" }, signal)).status ===
      200;
  }

  /** The fleets that the token may see. Fleet Free has none. */
  async fleets(signal?: AbortSignal): Promise<FleetPath[]> {
    const request = () => this.#list(this.#fleetsPath, fleetsReply, {}, signal);
    let list = await request();
    if (!Array.isArray(list) && list.status === 404) {
      this.#fleetsPath = this.#fleetsPath === "fleets" ? "teams" : "fleets";
      list = await request();
    }
    if (!Array.isArray(list)) return list.status === 402 ? [] : refuse(list);
    return [...list, UNASSIGNED].map((one) => ({ ...one, path: `${this.#fleetsPath}/${one.id}` }));
  }

  /** All items of a list, each id once; or the answer, if its status is not 200. */
  async #list<T extends { readonly id: number }>(
    path: string,
    schema: z.ZodType<Page<T>>,
    query: Query,
    signal?: AbortSignal,
  ): Promise<T[] | HttpReply> {
    const found = new Map<number, T>();
    for (let page = 0; page < MAX_PAGES && found.size < MAX_PAGES * PER_PAGE; page++) {
      const paging = { page: `${page}`, per_page: `${PER_PAGE}` };
      const reply = await this.#get(path, { ...query, ...paging }, signal);
      if (reply.status !== 200) return reply;
      const items = parseReply("Fleet", reply, 200, schema);
      const readable = items.filter((item) => item !== undefined);
      if (items.length > 0 && readable.length === 0) {
        throw new ReplyError(`Cannot read the answer of Fleet: ${path}: no item is as expected`);
      }
      const { size } = found;
      for (const item of readable) found.set(item.id, item);
      // A server that ignores `page` sends the same items again.
      if (items.length < PER_PAGE || found.size === size) return [...found.values()];
    }
    throw new ReplyError(`Cannot read the answer of Fleet: ${path}: it has too many pages`);
  }

  async #get(path: string, query: Query, signal?: AbortSignal): Promise<HttpReply> {
    const request = {
      method: "GET",
      path: `api/v1/fleet/${path}`,
      query: new URLSearchParams(query),
      token: this.settings.token,
      signal,
    } as const;
    const reply = await this.#http.send(request);
    checkLogin("Fleet", "FLEET_API_TOKEN", [401], reply);
    if (reply.status !== 403 || isOwn(reply)) return reply;
    // A user that is restricted to some endpoints.
    const what = `403 to ${path}${errorMessageOf(reply)}`;
    throw new ReplyError(`Fleet answered ${what}; see deploy/heal/api-access.md`, 403);
  }
}

/** Does some work for each item, for a few at a time. */
export async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const done: R[] = [];
  for (let first = 0; first < items.length; first += MAX_LISTS) {
    done.push(...await Promise.all(items.slice(first, first + MAX_LISTS).map(work)));
  }
  return done;
}

/** Throws the error for an answer whose status is not 200. */
function refuse(reply: HttpReply): never {
  return parseReply("Fleet", reply, 200, z.never());
}

function isNotFound(reply: HttpReply): boolean {
  return reply.status === 404 && isOwn(reply);
}

/** Whether an error has Fleet's form: a gateway before Fleet also answers 404 or 403, in another form. */
function isOwn({ text }: HttpReply): boolean {
  try {
    return errorSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
