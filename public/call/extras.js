/**
 * What a call can do beyond being a call: keep a log, take figures, list devices, judge a silent microphone, understand all
 * that the relay tells, exchange offers directly. A page that
 * wants it hands it to the call (`new Call({ extras: EXTRAS })`); a page that does not, does not load it.
 */

import { Devices } from "./devices.js";
import { connectDirectly } from "./direct.js";
import { meaningOf } from "./entries.js";
import { Hearing } from "./hearing.js";
import { Waits } from "./latency.js";
import { EventLog } from "./log.js";
import { Sampler } from "./stats.js";
import { Timing } from "./timing.js";

/** @type {Required<import("../relay-call.js").Extras>} */
export const EXTRAS = Object.freeze({ Devices, EventLog, Hearing, Sampler, Timing, Waits, connectDirectly, meaningOf });
