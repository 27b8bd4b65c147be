/**
 * The contract between a worker and its server: the identity line on stdin, the gateway's requests and answers, the
 * typed exits. Both sides decode with these schemas; neither trusts the other's words. Written in zod's small dialect,
 * since every worker carries them: of the other one a bundle takes everything, with the words of fifty languages.
 */
import * as z from 'zod/mini'
import { adminCalls } from './admin-calls.ts'
import { agentCalls } from './agent-calls.ts'
import { platforms } from './instance.ts'
import {
  customerSchema,
  languages,
  onceAnswer,
  onceSchema,
  personSchema,
  standingSchema,
  updateKeySchema,
} from './once-call.ts'
import { newsCalls, outboxCalls } from './outbox-calls.ts'
import { pairingMethods } from './pairing.ts'
import { pairingCalls } from './pairing-calls.ts'
import { shopCalls } from './shop-calls.ts'
import { sendingMax, sendingSchema, whatsappCalls } from './whatsapp-calls.ts'

export {
  type Asked,
  type Language,
  languageOfHint,
  languages,
  type Menu,
  menuLabelMax,
  menuMax,
  type Person,
} from './once-call.ts'

export const contractVersion = 1

const limitsSchema = z.object({
  /** Outgoing requests a second beyond direct answers (seed row S2-019). */
  rateLimitRps: z.number().check(z.positive()),
  /** Outgoing requests at once beyond direct answers (seed row S2-020). */
  maxConcurrentRequests: z.int().check(z.positive()),
})
export type WorkerLimits = z.infer<typeof limitsSchema>

/** What a WhatsApp worker is told besides. It pairs and runs by the same line. */
const whatsappIdentitySchema = z.object({
  /** The number of the bot, digits only: a device that was linked to another one is unlinked again. */
  phone: z.string().check(z.regex(/^[1-9][0-9]{6,14}$/)),
  /** Null: the library's own. */
  wsUrl: z.nullable(z.string()),
  /** Null: the library's own (`WA_WEB_VERSION`). */
  version: z.nullable(z.tuple([z.int(), z.int(), z.int()])),
  /** The request to pair that waits for a worker; null when there is none. */
  pairing: z.nullable(
    z.object({
      method: z.enum(pairingMethods),
      /** The request's, for `waPairing`. */
      number: z.int(),
      /** How long it lasts from now on, in milliseconds. */
      forMs: z.number(),
      /** It only pairs: it handles no message, and once the request has ended it waits for its drain. */
      only: z.boolean(),
    }),
  ),
})
export type WhatsappIdentity = z.infer<typeof whatsappIdentitySchema>

/** The one JSON line that a nameless process reads from stdin and by which it becomes the worker of an instance. */
export const workerIdentitySchema = z.object({
  contract: z.literal(contractVersion),
  instanceId: z.string(),
  tenant: z.string(),
  platform: z.enum(platforms),
  name: z.string(),
  epoch: z.int().check(z.positive()),
  nonce: z.string(),
  /** TCP port on 127.0.0.1 for `/health` and `/status`. */
  port: z.int(),
  gatewaySocket: z.string(),
  workerToken: z.string(),
  /** The bot's own secret: the BotFather token of a Telegram bot, nothing of a WhatsApp one. */
  credential: z.string(),
  /** Null for any other platform. */
  whatsapp: z._default(z.nullable(whatsappIdentitySchema), null),
  telegramApiRoot: z.url(),
  limits: limitsSchema,
  heartbeatMs: z.int().check(z.positive()),
  /** How long a drain may take before the process ends anyway. */
  graceMs: z.int().check(z.positive()),
  /** Remove a webhook that somebody else has set (`start --take-webhook`). */
  takeWebhook: z.boolean(),
  /** The highest message id that the bot is known to have reached; null where none is. */
  reached: z._default(z.nullable(z.int()), null),
  /** Chats in which the bot's last worker was telling a message of the outbox when it ended. */
  inDoubt: z._default(z.array(z.string()), []),
  logLevel: z.string(),
})
export type WorkerIdentity = z.infer<typeof workerIdentitySchema>

/**
 * Why a worker ended, as it reports before it exits; the exit code confirms it. Anything else is a crash.
 * `webhook`: a foreign webhook is set and nobody allowed us to take it. `outdated`: WhatsApp refuses the version that the
 * client says it is (405).
 */
export const exitReasons = {
  stopped: 0,
  lease_lost: 40,
  token_invalid: 41,
  conflict: 42,
  logged_out: 43,
  restricted: 44,
  session_error: 45,
  webhook: 46,
  outdated: 47,
} as const
export type ExitReason = keyof typeof exitReasons
const exitReasonNames = Object.keys(exitReasons) as [ExitReason, ...ExitReason[]]

/**
 * What a worker says of itself in a heartbeat. `running` begins with the first accepted poll or the open connection;
 * `pairing` is that it waits for a person with a phone.
 */
const workerPhases = ['connecting', 'pairing', 'running', 'draining'] as const
export type WorkerPhase = (typeof workerPhases)[number]

export const heartbeatSchema = z.object({
  phase: z.enum(workerPhases),
  /** Process identity as the worker reads it from /proc. */
  pid: z.int().check(z.positive()),
  /** Milliseconds since the last finished poll; null before the first. */
  lastPollAgeMs: z.nullable(z.number().check(z.nonnegative())),
  /** Milliseconds that the poll now under way has taken; null when none is. Workers of older versions do not say. */
  pollPendingMs: z._default(z.nullable(z.number().check(z.nonnegative())), null),
  /** Updates handled since the start. */
  handled: z.int().check(z.nonnegative()),
  /** A trouble that the worker lives with, for example no network: shown as `last_error`; null when all is well. */
  trouble: z.nullable(z.string().check(z.maxLength(500))),
})
export type Heartbeat = z.infer<typeof heartbeatSchema>
/** A heartbeat as a worker writes it. */
export type HeartbeatWords = z.input<typeof heartbeatSchema>

const heartbeatAnswerSchema = z.object({
  /** Milliseconds, counted by the worker from before it sent the heartbeat, that it may go on receiving. */
  grantMs: z.number().check(z.nonnegative()),
  limits: limitsSchema,
  /** The worker is to drain and exit. */
  drain: z.boolean(),
  /** It drains because its bot was deleted: it is to log its device out first. Never with any other end. */
  unlink: z._default(z.boolean(), false),
})
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswerSchema>

/**
 * What the fleet says to a heartbeat: time, or to ask again soon (a new supervisor has not verified the worker yet), or
 * that the instance is no longer the worker's.
 */
export type HeartbeatVerdict =
  | { readonly kind: 'granted'; readonly answer: HeartbeatAnswer }
  | { readonly kind: 'wait' }
  | { readonly kind: 'fenced' }

export const exitReportSchema = z.object({
  reason: z.enum(exitReasonNames),
  message: z.string().check(z.maxLength(500)),
})
export type ExitReport = z.infer<typeof exitReportSchema>

/** What a turn of a conversation may call, one call a turn: it records the update and applies its effect once. */
export const turnCalls = {
  /** A person wrote or pressed something that changes nothing but that they were here. */
  arrive: {
    path: '/v1/arrive',
    request: z.object(onceSchema),
    answer: onceAnswer(customerSchema),
  },
  chooseLanguage: {
    path: '/v1/choose-language',
    request: z.object({ ...onceSchema, language: z.enum(languages) }),
    answer: onceAnswer(customerSchema),
  },
  /** `/start link-<code>`: binds the person's chat identity to a user (`user link`). */
  redeemLink: {
    path: '/v1/redeem-link',
    request: z.object({ ...onceSchema, code: z.string().check(z.minLength(1), z.maxLength(128)) }),
    answer: onceAnswer(
      z.extend(customerSchema, {
        result: z.enum(['linked', 'unknown', 'expired', 'used', 'taken']),
        username: z.nullable(z.string()),
      }),
    ),
  },
  ...shopCalls,
  ...agentCalls,
  ...adminCalls,
  ...newsCalls,
} as const
export type TurnCallName = keyof typeof turnCalls

/** The business calls: path, request and answer. Each runs as one fenced transaction, or as one fenced statement. */
export const gatewayCalls = {
  ...turnCalls,
  ...outboxCalls,
  ...whatsappCalls,
  ...pairingCalls,
  /**
   * The answer to these updates has gone out, and with it what the person is asked for from now on. On WhatsApp it
   * stands: `sending` is written down in the same statement, and goes out whatever happens to this worker.
   */
  answered: {
    path: '/v1/answered',
    request: z.object({
      updateKeys: z.array(z.string()).check(z.minLength(1), z.maxLength(100)),
      /** Null leaves it as it is; a state of null is that nothing is asked for, and no menu stands. */
      asked: z._default(z.nullable(z.object({ platformUserId: z.string(), state: z.nullable(standingSchema) })), null),
      sending: z.optional(z.array(sendingSchema).check(z.maxLength(sendingMax))),
      /** The highest message id that the bot is known to have reached; left out where the channel has none. */
      reached: z.optional(z.int()),
    }),
    answer: z.object({}),
  },
  /** What this person was asked for and shown, for a worker that has just begun; and whether this update was answered already. */
  recall: {
    path: '/v1/recall',
    request: z.object({ updateKey: updateKeySchema, person: personSchema }),
    answer: z.object({ state: z.nullable(standingSchema), answered: z.boolean() }),
  },
  /** A product's picture, for a channel that has not shown it yet: base64. */
  picture: {
    path: '/v1/picture',
    request: z.object({ product: z.string().check(z.maxLength(64)) }),
    answer: z.object({ picture: z.nullable(z.string()) }),
  },
  /** A person blocked or unblocked the bot. */
  markBlocked: {
    path: '/v1/mark-blocked',
    request: z.object({ platformUserId: z.string().check(z.maxLength(64)), blocked: z.boolean() }),
    answer: z.object({}),
  },
  /** The channel has ended the connection so many times within so long, each time by an error of its own: admins are told. */
  unsteady: {
    path: '/v1/unsteady',
    request: z.object({ times: z.int().check(z.positive()), withinMs: z.int().check(z.positive()) }),
    answer: z.object({}),
  },
} as const
export type GatewayCallName = keyof typeof gatewayCalls
export type GatewayRequest<N extends GatewayCallName> = z.infer<(typeof gatewayCalls)[N]['request']>
export type GatewayAnswer<N extends GatewayCallName> = z.infer<(typeof gatewayCalls)[N]['answer']>

/**
 * The lifeline: a connection that is upgraded to lines of JSON and stays open while worker and gateway live. Heartbeats
 * travel on it; its end is a hint that one of the two is gone, and no more than that.
 */
export const lifelinePath = '/v1/lifeline'
export const lifelineProtocol = 'botfleet-lifeline'
/** What the gateway answers to a request that becomes a lifeline; lines of JSON follow. */
export const lifelineAccepted = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${lifelineProtocol}\r\n\r\n`

/** By this header a worker says that it understands the line below. */
export const lifelineHearsPokes = 'x-botfleet-hears-pokes'
/** A line to a worker: something waits to be told by its bot. It only hurries; what there is, the worker asks for. */
export const lifelinePoke = '{"poke":"outbox"}'

/** A call about the worker itself. */
export const workerCalls = {
  exit: { path: '/v1/exit', request: exitReportSchema, answer: z.object({}) },
} as const

/**
 * A refused call: `fenced` (stale epoch or nonce: the worker ends as lease_lost), `not_authenticated` (same),
 * `unavailable` (database away: wait and try again), `session_error` (what is kept of the linked device does not open: the
 * worker ends as that, and writes nothing), `usage` and `internal` (a bug).
 */
export const gatewayRefusalSchema = z.object({
  code: z.enum(['fenced', 'not_authenticated', 'unavailable', 'session_error', 'usage', 'internal']),
  message: z.string(),
})
export type GatewayRefusal = z.infer<typeof gatewayRefusalSchema>

/** The answer to a heartbeat, on the lifeline. */
export const heartbeatReplySchema = z.union([
  z.object({ granted: heartbeatAnswerSchema }),
  z.object({ refused: gatewayRefusalSchema }),
])
export type HeartbeatReply = z.infer<typeof heartbeatReplySchema>
