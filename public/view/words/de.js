/**
 * All German words.
 */

import { call } from "./de/call.js";
import { checks } from "./de/checks.js";
import { page } from "./de/page.js";
import { problems } from "./de/problems.js";

/** @type {Readonly<Record<string, string>>} */
export const words = Object.freeze({ ...page, ...call, ...problems, ...checks });
