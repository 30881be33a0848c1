/**
 * What the relay tells about itself, for a page that lets its user choose before the call.
 *
 * @param {Pick<Options, "base" | "token">} [options]
 * @returns {Promise<Config>}
 * @throws {Error & { problem: Problem }}
 */
export function readConfig(options?: Pick<Options, "base" | "token">): Promise<Config>;
/** @typedef {"idle" | "asking" | "connecting" | "listening" | "thinking" | "speaking" | "reconnecting" | "ended" | "failed"} State */
/**
 * @typedef {object} Options
 * @property {string} [base] address of the relay; by default the folder that this module came from
 * @property {string | (() => string | Promise<string>)} [token] access token or ticket, or who gives one; never stored
 * @property {string} [profile] as `/config` names it; by default the first
 * @property {string} [voice]
 * @property {string} [instructions]
 * @property {boolean} [speakFirst] whether the assistant opens the conversation
 * @property {boolean | string} [microphone] a device's id, or whether there is one: without, listen and type
 * @property {string} [speaker] a device's id; empty for the system's
 * @property {HTMLAudioElement} [audio] plays the assistant; by default an element of the call's own
 * @property {boolean} [pushToTalk] whether the microphone is heard only while `talk(true)` holds
 * @property {boolean} [muted]
 * @property {boolean} [reconnect] false to end when the connection breaks; otherwise there is one further try
 * @property {boolean} [direct] whether to exchange the offer with the upstream itself, where the relay allows it
 * @property {Config | null} [config] one that was read before
 * @property {Extras} [extras] from `call/extras.js`: what that file says
 */
/** @typedef {{ Devices?: any, EventLog?: any, Hearing?: any, Sampler?: any, Timing?: any, Waits?: any, connectDirectly?: any, meaningOf?: any }} Extras */
/** @typedef {{ code: string, [param: string]: unknown }} Note  What else a reader should know of an item. */
/** @typedef {{ id: string, who: "caller" | "assistant" | "tool", text: string, final: boolean, standing: "streaming" | "final" | "interrupted" | "failed", note: Note | null, at: number }} Item  At: milliseconds since the click. */
/**
 * @typedef {object} Problem
 * @property {string} code the relay's slug with underscores, or one of the module's own
 * @property {boolean} fatal whether the call is over
 * @property {string} title of the relay's, in English; empty for the module's own
 * @property {string} detail likewise
 * @property {Record<string, unknown>} params what fills the words for the code
 * @property {string} page path at the relay that explains it; may be empty
 * @property {string} requestId under which the relay's log has it; may be empty
 * @property {number | null} retryAfter seconds
 * @property {boolean} typing whether going on without a microphone would work
 */
/** @typedef {{ at: number, roundTrip: number | null, jitter: number | null, loss: number | null, sent: number | null, received: number | null, callerLevel: number | null, assistantLevel: number | null, way: string }} Sample  Milliseconds, share, kbit/s, 0 to 1; way: udp, tcp, relay. */
/** @typedef {{ number: number, at: number, milliseconds: number }} Turn  End of speech to first sound. */
/** @typedef {{ inputTokens: number, outputTokens: number, cost: string | null, currency: string, complete: boolean }} Usage */
/** @typedef {{ id: string, label: string }} Device */
/** @typedef {{ microphones: Device[], speakers: Device[], microphone: string, speaker: string }} Choice  The last two: ids in use. */
/** @typedef {{ number: number, at: number, direction: "in" | "out" | "page", type: string, json: string, delta: boolean }} Line */
/** @typedef {{ rows(): { mark: string, ms: number, server: boolean }[], at(mark: string): number | null, elapsed(): number }} Marks  Milliseconds since the click. */
/** @typedef {{ lines: readonly Line[], text(deltas: boolean): string }} Log */
/** @typedef {{ name: string, title: string, description: string, voices: string[], voice: string, instructionsMaxBytes: number, transcribed: boolean, private: boolean, sideband: "off" | "observe" | "guard", recorded: boolean, showsCost: boolean, signIn: boolean, maxCallSeconds: number }} Profile */
/** @typedef {{ version: string, simulated: boolean, profiles: Profile[], maxCallSeconds: number, exchangeSeconds: number, presenceSeconds: number, direct: boolean, prepare: boolean, iceServers: RTCIceServer[], signIn: { kind: "none" | "token" | "link", url: string } }} Config */
/**
 * @typedef {object} CallEvents The details of the events, by name.
 * @property {{ state: State, reason: string }} state
 * @property {{ items: readonly Item[], changed: Item[] }} transcript all in order; those that are new or different
 * @property {{ caller: number, assistant: number }} level 0 to 1, twenty times a second
 * @property {Sample} stats once a second
 * @property {Turn} turn
 * @property {Problem} problem
 * @property {{ code: string, on: boolean, [param: string]: unknown }} notice a condition that holds, or no longer does
 * @property {{ secondsLeft: number | null, cause: "time" | "idle" | "money" | "speech" }} warning
 * @property {{ id: string, name: string, state: "asked" | "done" | "failed" | "timeout", milliseconds?: number }} tool
 * @property {Usage} usage
 * @property {{ changed: string[], reverted: boolean, times: number, ended: boolean }} guard
 * @property {{ state: "attached" | "lost" | "refused" }} sideband
 * @property {{ verdict: "cancel" | "say" | "hang_up" }} moderated
 * @property {{ name: string, remaining: number, resetSeconds: number }} limits
 * @property {Marks} timing
 * @property {{ blocked: boolean }} sound blocked: the browser waits for a tap, in which `allowSound` is to be called
 * @property {{ muted: boolean, talking: boolean, pushToTalk: boolean }} mute
 * @property {Choice} devices
 * @property {Line} log
 * @property {{}} signedout the relay no longer believes the token
 * @property {{ restored: boolean, items: number }} reconnected whether the conversation was given back to the model
 * @property {{ state: "ended" | "failed", reason: string, seconds: number }} ended nothing follows
 */
/** One call. */
export class Call extends EventTarget {
    /** @param {Options} [options] */
    constructor(options?: Options);
    /**
     * @template {keyof CallEvents} Name
     * @overload
     * @param {Name} name
     * @param {(event: CustomEvent<CallEvents[Name]>) => void} listener
     * @param {boolean | AddEventListenerOptions} [options]
     * @returns {void}
     */
    addEventListener<Name extends keyof CallEvents>(name: Name, listener: (event: CustomEvent<CallEvents[Name]>) => void, options?: boolean | AddEventListenerOptions | undefined): void;
    /**
     * @overload
     * @param {string} name
     * @param {EventListenerOrEventListenerObject | null} listener
     * @param {boolean | AddEventListenerOptions} [options]
     * @returns {void}
     */
    addEventListener(name: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions | undefined): void;
    /** @returns {State} */
    get state(): State;
    /** @returns {boolean} whether both sides can talk */
    get isLive(): boolean;
    /** @returns {boolean} whether nothing more can come */
    get isOver(): boolean;
    /** @returns {readonly Item[]} */
    get transcript(): readonly Item[];
    /** @returns {number} milliseconds since the click */
    get elapsed(): number;
    /** @returns {number | null} until the call reaches its limit; null when none is known */
    get secondsLeft(): number | null;
    /** @returns {readonly Sample[]} one for each second, the last hour at most */
    get samples(): readonly Sample[];
    /** @returns {readonly Turn[]} */
    get turns(): readonly Turn[];
    /** @returns {Usage | null} totals so far, where the relay tells */
    get usage(): Usage | null;
    /** @returns {Marks} */
    get timing(): Marks;
    /** @returns {Log} */
    get log(): Log;
    /** @returns {Config | null} once it is read */
    get config(): Config | null;
    /** @returns {Choice} */
    get devices(): Choice;
    /** @returns {string} under which the relay's log has this call */
    get requestId(): string;
    /** @returns {boolean} whether the upstream's events are hidden from the browser */
    get private(): boolean;
    set muted(muted: boolean);
    /** @returns {boolean} whether the microphone sends silence */
    get muted(): boolean;
    set pushToTalk(pushToTalk: boolean);
    /** @returns {boolean} */
    get pushToTalk(): boolean;
    /** @returns {boolean} whether the key of push-to-talk is held */
    get talking(): boolean;
    /** @param {boolean} talking for push-to-talk: whether the key is held */
    talk(talking: boolean): void;
    /** Before the click, when it can be expected: reads the relay's config, and has it get ready. */
    prepare(): Promise<void>;
    /** Make the call. Belongs straight into a click: sound may only be switched on there. */
    start(): Promise<void>;
    /** End the call. */
    hangUp(): void;
    /**
     * @param {string} text what the caller types
     * @returns {boolean} false when it could not be sent
     */
    send(text: string): boolean;
    /** Stop what the assistant is saying. Harmless when it is silent. */
    interrupt(): void;
    /**
     * Use another microphone from now on; mute and push-to-talk stay as they are.
     *
     * @param {string} deviceId empty for the system's
     * @returns {Promise<boolean>} false when it cannot be had, or this call has none
     */
    useMicrophone(deviceId: string): Promise<boolean>;
    /**
     * @param {string} deviceId empty for the system's
     * @returns {Promise<boolean>} false when this browser cannot; the system's is used then
     */
    useSpeaker(deviceId: string): Promise<boolean>;
    /** Play the assistant after all; belongs into a click, after `sound` said that the browser waits for one. */
    allowSound(): Promise<void>;
    #private;
}
export type State = "idle" | "asking" | "connecting" | "listening" | "thinking" | "speaking" | "reconnecting" | "ended" | "failed";
export type Options = {
    /**
     * address of the relay; by default the folder that this module came from
     */
    base?: string | undefined;
    /**
     * access token or ticket, or who gives one; never stored
     */
    token?: string | (() => string | Promise<string>) | undefined;
    /**
     * as `/config` names it; by default the first
     */
    profile?: string | undefined;
    voice?: string | undefined;
    instructions?: string | undefined;
    /**
     * whether the assistant opens the conversation
     */
    speakFirst?: boolean | undefined;
    /**
     * a device's id, or whether there is one: without, listen and type
     */
    microphone?: string | boolean | undefined;
    /**
     * a device's id; empty for the system's
     */
    speaker?: string | undefined;
    /**
     * plays the assistant; by default an element of the call's own
     */
    audio?: HTMLAudioElement | undefined;
    /**
     * whether the microphone is heard only while `talk(true)` holds
     */
    pushToTalk?: boolean | undefined;
    muted?: boolean | undefined;
    /**
     * false to end when the connection breaks; otherwise there is one further try
     */
    reconnect?: boolean | undefined;
    /**
     * whether to exchange the offer with the upstream itself, where the relay allows it
     */
    direct?: boolean | undefined;
    /**
     * one that was read before
     */
    config?: Config | null | undefined;
    /**
     * from `call/extras.js`: what that file says
     */
    extras?: Extras | undefined;
};
export type Extras = {
    Devices?: any;
    EventLog?: any;
    Hearing?: any;
    Sampler?: any;
    Timing?: any;
    Waits?: any;
    connectDirectly?: any;
    meaningOf?: any;
};
/**
 * What else a reader should know of an item.
 */
export type Note = {
    code: string;
    [param: string]: unknown;
};
/**
 * At: milliseconds since the click.
 */
export type Item = {
    id: string;
    who: "caller" | "assistant" | "tool";
    text: string;
    final: boolean;
    standing: "streaming" | "final" | "interrupted" | "failed";
    note: Note | null;
    at: number;
};
export type Problem = {
    /**
     * the relay's slug with underscores, or one of the module's own
     */
    code: string;
    /**
     * whether the call is over
     */
    fatal: boolean;
    /**
     * of the relay's, in English; empty for the module's own
     */
    title: string;
    /**
     * likewise
     */
    detail: string;
    /**
     * what fills the words for the code
     */
    params: Record<string, unknown>;
    /**
     * path at the relay that explains it; may be empty
     */
    page: string;
    /**
     * under which the relay's log has it; may be empty
     */
    requestId: string;
    /**
     * seconds
     */
    retryAfter: number | null;
    /**
     * whether going on without a microphone would work
     */
    typing: boolean;
};
/**
 * Milliseconds, share, kbit/s, 0 to 1; way: udp, tcp, relay.
 */
export type Sample = {
    at: number;
    roundTrip: number | null;
    jitter: number | null;
    loss: number | null;
    sent: number | null;
    received: number | null;
    callerLevel: number | null;
    assistantLevel: number | null;
    way: string;
};
/**
 * End of speech to first sound.
 */
export type Turn = {
    number: number;
    at: number;
    milliseconds: number;
};
export type Usage = {
    inputTokens: number;
    outputTokens: number;
    cost: string | null;
    currency: string;
    complete: boolean;
};
export type Device = {
    id: string;
    label: string;
};
/**
 * The last two: ids in use.
 */
export type Choice = {
    microphones: Device[];
    speakers: Device[];
    microphone: string;
    speaker: string;
};
export type Line = {
    number: number;
    at: number;
    direction: "in" | "out" | "page";
    type: string;
    json: string;
    delta: boolean;
};
/**
 * Milliseconds since the click.
 */
export type Marks = {
    rows(): {
        mark: string;
        ms: number;
        server: boolean;
    }[];
    at(mark: string): number | null;
    elapsed(): number;
};
export type Log = {
    lines: readonly Line[];
    text(deltas: boolean): string;
};
export type Profile = {
    name: string;
    title: string;
    description: string;
    voices: string[];
    voice: string;
    instructionsMaxBytes: number;
    transcribed: boolean;
    private: boolean;
    sideband: "off" | "observe" | "guard";
    recorded: boolean;
    showsCost: boolean;
    signIn: boolean;
    maxCallSeconds: number;
};
export type Config = {
    version: string;
    simulated: boolean;
    profiles: Profile[];
    maxCallSeconds: number;
    exchangeSeconds: number;
    presenceSeconds: number;
    direct: boolean;
    prepare: boolean;
    iceServers: RTCIceServer[];
    signIn: {
        kind: "none" | "token" | "link";
        url: string;
    };
};
/**
 * The details of the events, by name.
 */
export type CallEvents = {
    state: {
        state: State;
        reason: string;
    };
    /**
     * all in order; those that are new or different
     */
    transcript: {
        items: readonly Item[];
        changed: Item[];
    };
    /**
     * 0 to 1, twenty times a second
     */
    level: {
        caller: number;
        assistant: number;
    };
    /**
     * once a second
     */
    stats: Sample;
    turn: Turn;
    problem: Problem;
    /**
     * a condition that holds, or no longer does
     */
    notice: {
        code: string;
        on: boolean;
        [param: string]: unknown;
    };
    warning: {
        secondsLeft: number | null;
        cause: "time" | "idle" | "money" | "speech";
    };
    tool: {
        id: string;
        name: string;
        state: "asked" | "done" | "failed" | "timeout";
        milliseconds?: number;
    };
    usage: Usage;
    guard: {
        changed: string[];
        reverted: boolean;
        times: number;
        ended: boolean;
    };
    sideband: {
        state: "attached" | "lost" | "refused";
    };
    moderated: {
        verdict: "cancel" | "say" | "hang_up";
    };
    limits: {
        name: string;
        remaining: number;
        resetSeconds: number;
    };
    timing: Marks;
    /**
     * blocked: the browser waits for a tap, in which `allowSound` is to be called
     */
    sound: {
        blocked: boolean;
    };
    mute: {
        muted: boolean;
        talking: boolean;
        pushToTalk: boolean;
    };
    devices: Choice;
    log: Line;
    /**
     * the relay no longer believes the token
     */
    signedout: {};
    /**
     * whether the conversation was given back to the model
     */
    reconnected: {
        restored: boolean;
        items: number;
    };
    /**
     * nothing follows
     */
    ended: {
        state: "ended" | "failed";
        reason: string;
        seconds: number;
    };
};
