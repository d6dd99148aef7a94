// What logs without a check-in come to: tests change what they are about.

import type { CheckInHistory } from "../../lib/health/check_ins.ts";
import { NO_STREAK } from "../../lib/health/streak.ts";

export const NO_CHECK_INS: CheckInHistory = {
  newest: undefined,
  newestPatches: -Infinity,
  unanswered: NO_STREAK,
  isAtWork: false,
  hasAnswerBefore: false,
  answeredSince: undefined,
  failing: NO_STREAK,
  failure: undefined,
  worked: -Infinity,
  patched: -Infinity,
};
