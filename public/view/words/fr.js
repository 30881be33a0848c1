/**
 * All French words.
 */

import { call } from "./fr/call.js";
import { checks } from "./fr/checks.js";
import { page } from "./fr/page.js";
import { problems } from "./fr/problems.js";

/** @type {Readonly<Record<string, string>>} */
export const words = Object.freeze({ ...page, ...call, ...problems, ...checks });
