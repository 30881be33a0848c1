/**
 * All Spanish words.
 */

import { call } from "./es/call.js";
import { checks } from "./es/checks.js";
import { page } from "./es/page.js";
import { problems } from "./es/problems.js";

/** @type {Readonly<Record<string, string>>} */
export const words = Object.freeze({ ...page, ...call, ...problems, ...checks });
