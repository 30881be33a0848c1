/**
 * All English words. The other languages have the same keys; English stands in for what a language lacks.
 */

import { call } from "./en/call.js";
import { checks } from "./en/checks.js";
import { page } from "./en/page.js";
import { problems } from "./en/problems.js";

/** @type {Readonly<Record<string, string>>} */
export const words = Object.freeze({ ...page, ...call, ...problems, ...checks });
