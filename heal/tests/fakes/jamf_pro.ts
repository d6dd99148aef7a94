// A fake of Jamf Pro: tokens by client credentials and their privileges, the inventory of computers, redeploying the
// management framework, and the re-enrolment settings, as Jamf's public description of its API defines them.

import { type InventoryVersion, type JamfComputer, serialOf } from "./jamf_computer.ts";
import { apiError, noSuchComputer, searchAnswer } from "./jamf_inventory.ts";
import { authorizationAnswer, type JamfClient, JamfTokens } from "./jamf_tokens.ts";
import { commandsAnswer, type JamfCommand } from "./jamf_commands.ts";
import type { Answer, SeenRequest } from "./misbehaviour.ts";
import { Fake } from "./fake.ts";

/** The requests that it knows, for {@linkcode Fake.misbehave} and {@linkcode Fake.seen}. */
export const JAMF = {
  token: /^POST \/api(\/v1)?\/oauth\/token$/,
  search: /^GET \/api\/v\d\/computers-inventory(\?|$)/,
  redeploy: /^POST \/api\/v1\/jamf-management-framework\/redeploy\/[^/?]*$/,
  reenrollment: /^GET \/api\/v1\/reenrollment$/,
  privileges: /^GET \/api\/v1\/auth$/,
  commands: /^GET \/api\/v2\/mdm\/commands(\?|$)/,
} as const;

/** What the API client may do, by the names in Jamf Pro; nothing more is needed. */
export const JAMF_PRIVILEGES = [
  "Read Computers",
  "Read Computer Check-In",
  "Send Computer Remote Command to Install Package",
] as const;

/** Optional: to read the re-enrolment settings, and to see MDM commands. */
export const READ_REENROLLMENT = "Read Re-enrollment";
export const VIEW_COMMANDS = "View MDM command information in Jamf Pro API";

/** How a fake starts. */
export interface FakeJamfOptions {
  readonly client: JamfClient;
  readonly privileges: readonly string[];
  /** Paths to tokens that it knows: older servers know the second only. */
  readonly tokenPaths: readonly string[];
  readonly inventoryVersions: readonly InventoryVersion[];
  /** The status without the privilege to see commands: reports differ. */
  readonly commandsRefusal: 401 | 403;
  /** Whether an error shows the whole request, as that of a debugging proxy does. */
  readonly echo: boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const DEFAULTS: FakeJamfOptions = {
  client: { id: "fake-client", secret: "fake-client-secret" },
  privileges: JAMF_PRIVILEGES,
  tokenPaths: ["/api/v1/oauth/token", "/api/oauth/token"],
  inventoryVersions: [1, 2, 3, 4],
  commandsRefusal: 403,
  echo: false,
  now: Date.now,
};

/** A fake of Jamf Pro. */
export class FakeJamf extends Fake {
  /** By id. */
  readonly computers = new Map<string, JamfComputer>();
  /** MDM commands, the oldest first. */
  readonly commands: JamfCommand[] = [];
  /** The redeploys that were queued, the oldest first. */
  readonly redeploys: { readonly computerId: string; readonly commandUuid: string }[] = [];
  readonly client: JamfClient;
  readonly tokens: JamfTokens;
  /** What a test may change at any time, as an upgrade or an admin does. */
  readonly options: { -readonly [K in keyof FakeJamfOptions]: FakeJamfOptions[K] };
  readonly reenrollment = {
    isFlushPolicyHistoryEnabled: false,
    isFlushLocationInformationEnabled: false,
    isFlushLocationInformationHistoryEnabled: false,
    isFlushExtensionAttributesEnabled: false,
    isFlushSoftwareUpdatePlansEnabled: false,
    flushMDMQueue: "DELETE_EVERYTHING_EXCEPT_ACKNOWLEDGED",
  };

  private constructor(options: FakeJamfOptions) {
    super(options.now);
    this.options = options;
    this.client = options.client;
    this.tokens = new JamfTokens(options.client, options.now);
  }

  static async start(options: Partial<FakeJamfOptions> = {}): Promise<FakeJamf> {
    const fake = new FakeJamf({ ...DEFAULTS, ...options });
    await fake.listen();
    return fake;
  }

  /** Adds a computer that is managed and last checked in 30 days ago, unless given otherwise. */
  addComputer(given: Partial<JamfComputer> = {}): JamfComputer {
    const id = given.id ?? `${this.computers.size + 1}`;
    const computer: JamfComputer = {
      id,
      name: `Mac ${id}`,
      serialNumber: serialOf(Number(id)),
      managed: true,
      mdmCapable: true,
      lastContactTime: new Date(this.options.now() - 30 * 86_400_000),
      managementId: `management-${id}`,
      ...given,
    };
    this.computers.set(id, computer);
    return computer;
  }

  protected override answer(request: SeenRequest): Answer {
    const answer = this.#answer(request);
    return this.options.echo && answer.status >= 400 ? echoed(request, answer) : answer;
  }

  #answer(request: SeenRequest): Answer {
    if (this.options.tokenPaths.includes(request.path)) {
      return request.method === "POST" ? this.tokens.answer(request) : apiError(405);
    }
    const route = this.#routeOf(request);
    if (route === undefined) return apiError(404);
    return this.#refusal(request, route) ?? route.answer();
  }

  #routeOf(request: SeenRequest): Route | undefined {
    const line = `${request.method} ${request.path}`;
    const id = line.slice(line.lastIndexOf("/") + 1);
    if (JAMF.redeploy.test(line)) {
      return { privileges: JAMF_PRIVILEGES.slice(1), answer: () => this.#redeploy(id) };
    }
    if (JAMF.reenrollment.test(line)) {
      const body = this.reenrollment;
      return { privileges: [READ_REENROLLMENT], answer: () => ({ status: 200, body }) };
    }
    if (JAMF.commands.test(line)) {
      const answer = (): Answer => commandsAnswer(this.commands, request);
      return { privileges: [VIEW_COMMANDS], answer, refusal: this.options.commandsRefusal };
    }
    if (JAMF.privileges.test(line)) {
      return { privileges: [], answer: () => authorizationAnswer(this.options.privileges) };
    }
    const version = this.options.inventoryVersions
      .find((known) => line.startsWith(`GET /api/v${known}/`));
    if (version === undefined) return undefined;
    const privileges = JAMF_PRIVILEGES.slice(0, 1);
    if (!JAMF.search.test(line)) return undefined;
    const computers = this.computers.values();
    return { privileges, answer: () => searchAnswer(computers, request, version) };
  }

  /** Why the request is refused; `undefined` if it is not. */
  #refusal(request: SeenRequest, { privileges, refusal = 403 }: Route): Answer | undefined {
    const state = this.tokens.stateOf(request);
    if (state === "unknown") return apiError(401);
    if (state === "expired") return apiError(401, "INVALID_TOKEN", "Unauthorized");
    if (privileges.every((one) => this.options.privileges.includes(one))) return undefined;
    return apiError(refusal, "INVALID_PRIVILEGE", "Forbidden");
  }

  #redeploy(computerId: string): Answer {
    const computer = this.computers.get(computerId);
    if (computer === undefined) return noSuchComputer(computerId);
    const commandUuid = crypto.randomUUID();
    const { managementId } = computer;
    const sentAt = new Date(this.options.now());
    this.commands.push({ uuid: commandUuid, managementId, sentAt, state: "PENDING" });
    this.redeploys.push({ computerId, commandUuid });
    return { status: 202, body: { deviceId: computerId, commandUuid } };
  }
}

function echoed({ headers, body }: SeenRequest, { status }: Answer): Answer {
  const description = `${headers["authorization"]} ${body}`;
  return { status, body: { httpStatus: status, errors: [{ description }] } };
}

interface Route {
  readonly privileges: readonly string[];
  readonly answer: () => Answer;
  readonly refusal?: number;
}
