// Asks Jamf Pro and Fleet what the decision about a Mac depends on.

import { isRedeploy, type MdmCommand, sentTo, waitingFor, withUuid } from "../jamf/mdm_commands.ts";
import { isLost } from "../store/redeploys.ts";
import { hasCheckedIn, hasOtherMdm } from "./decide.ts";
import { type Facts, HIDDEN, type Question, UNSEEN, WAITING } from "./decision.ts";
import type { SweepDeps } from "./deps.ts";

/** In seconds: when a lost request may have been sent, before and after its record. The clocks may differ. */
const SENT_BEFORE = 300;
const SENT_AFTER = 600;
const DAY = 86_400;

/** Adds answers to the facts, in one sweep. */
export class Answers {
  /** Whether the API client may not see commands. */
  isHidden = false;

  constructor(private readonly deps: SweepDeps, private readonly abort: AbortSignal) {}

  /** @throws {ServerError} There is no answer. */
  async addTo(facts: Facts, question: Question): Promise<Facts> {
    const { host } = facts;
    switch (question) {
      case "ask_jamf":
      case "ask_jamf_again":
        return await this.#addComputer(facts);
      case "ask_command":
        return await this.#addCommand(facts);
      case "ask_waiting": {
        const managementId = facts.found?.computer?.managementId;
        const isNamed = managementId !== undefined;
        const waiting = isNamed ? await this.#commands(waitingFor(managementId)) : undefined;
        return { ...facts, waiting: waiting ?? [] };
      }
      case "ask_fleet": {
        const { fleet, policies, jamfHosts } = this.deps;
        const detail = await fleet.host(host.id, this.abort);
        const ids = await fleet.hostsWithSerial(host.serial, this.abort);
        const isFailing = detail !== undefined && !hasOtherMdm(detail, jamfHosts) &&
          detail.policies
            .some(({ name, response }) => policies.includes(name) && response === "fail");
        return { ...facts, again: { isFailing, isShared: ids.some((id) => id !== host.id) } };
      }
    }
  }

  async #addComputer(facts: Facts): Promise<Facts> {
    const { host, mac, now } = facts;
    const found = await this.deps.inventory.withSerial(host.serial, this.abort);
    const { computer } = found;
    const isIn = computer !== undefined && hasCheckedIn(host, computer);
    const checkedInSince = isIn ? mac.checkedInSince ?? now : undefined;
    const asked = { computerId: computer?.id ?? mac.computerId, checkedInSince, lookedUpAt: now };
    return { ...facts, found, mac: { ...mac, ...asked } };
  }

  /** That of the last redeploy. If the answer to its request is not known, it is looked for by its computer and time. */
  async #addCommand(facts: Facts): Promise<Facts> {
    const { found, now, redeploys: [last, ...others] } = facts;
    const { commandUuid, askedAt } = last!;
    const managementId = found?.computer?.managementId;
    const filter = commandUuid !== undefined
      ? withUuid(commandUuid)
      : managementId && sentTo(managementId, askedAt - SENT_BEFORE, askedAt + SENT_AFTER);
    const commands = filter === undefined ? undefined : await this.#commands(filter);
    const asked = { ...last!, commandAskedAt: now };
    const isOfLost = isLost(asked);
    const command = isOfLost ? commands?.find(isRedeploy) : commands?.[0];
    // It may be the answer of a gateway, once.
    const isUnseen = asked.commandState === UNSEEN && (asked.commandSince ?? now) > now - 2 * DAY;
    const hidden = isUnseen || WAITING.includes(asked.commandState ?? "") ? UNSEEN : HIDDEN;
    const commandState = commands === undefined ? hidden : command?.state ?? "";
    if (isOfLost && command === undefined) {
      return { ...facts, redeploys: [{ ...asked, commandState }, ...others] };
    }
    const isNew = commandState !== asked.commandState;
    const known = {
      ...asked,
      commandState,
      commandSince: isNew ? now : asked.commandSince,
      ...(isOfLost && { state: "queued" as const, commandUuid: command!.uuid }),
    };
    await this.deps.redeploys.record(known);
    return { ...facts, redeploys: [known, ...others] };
  }

  /** `undefined` if the API client may not see them. */
  async #commands(filter: string): Promise<MdmCommand[] | undefined> {
    const { readCommands } = this.deps;
    const commands = this.isHidden ? undefined : await readCommands(filter, this.abort);
    this.isHidden = commands === undefined;
    return commands;
  }
}
