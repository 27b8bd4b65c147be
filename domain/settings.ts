/**
 * Every setting of a process, parsed once from the environment (design section 8; docs/OPERATING.md lists them).
 * Secrets may come as `<NAME>_FILE` instead; runtime/config.ts resolves those before it calls `parseSettings`.
 */
import { isIP } from 'node:net'
import { z } from 'zod'
import { roles } from './actor.ts'
import { Failure } from './failure.ts'
import { isLoopbackHost } from './loopback.ts'
import { parseAmount } from './money.ts'
import { leaseTtlMaxMs } from './server-lease.ts'

const port = z.coerce.number().int().min(1).max(65535)
const seconds = (fallback: number) => z.coerce.number().positive().max(86_400_000).default(fallback)
const count = (fallback: number) => z.coerce.number().int().min(0).default(fallback)

/** An amount of USDT, in its smallest unit. */
const usdt = (fallback: string) =>
  z
    .string()
    .regex(/^\d{1,12}(\.\d{1,6})?$/, 'must be an amount of USDT such as 10 or 0.5')
    .default(fallback)
    .transform((text) => parseAmount(text, 'USDT'))

const list = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()])))
/** Addresses without a path, as the origins that browsers make of them. */
const origins = list
  .refine((entries) => entries.every(isOrigin), {
    message: 'must be addresses such as https://panel.example, separated by commas, without a path',
  })
  .transform((entries) => entries.map((entry) => new URL(entry).origin))
const networks = list.refine((entries) => entries.every(isNetwork), {
  message: 'must be IP addresses or networks such as 10.0.0.0/8, separated by commas',
})

const settingsSchema = z.object({
  SERVERNAME: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, _ or -, at most 63')
    .default('server1'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional(),
  BOTFLEET_HOME: z.string().min(1).default('./.botfleet'),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65535).default(8080),
  /** Where a TLS proxy shows the panel: the addresses that browsers may use besides loopback. */
  PUBLIC_URL: origins,
  /** Proxies whose X-Forwarded-For is believed when logins are counted by address. */
  TRUSTED_PROXIES: networks,
  /** Shows the panel to other machines without TLS: for a network that nobody else can read. */
  PLAIN_HTTP: z
    .enum(['0', '1'], 'must be 1 or 0')
    .default('0')
    .transform((text) => text === '1'),
  /** Where the other servers of this database reach this one's panel; the panel's own address when unset. */
  PEER_URL: z.url('must be an address such as https://server2.example').optional(),
  /** Asks other servers without TLS, too: for a network that nobody else can read. */
  PEER_PLAIN_HTTP: z
    .enum(['0', '1'], 'must be 1 or 0')
    .default('0')
    .transform((text) => text === '1'),
  /** A port of its own for /metrics, /healthz and /readyz; the panel's own when unset, where only this machine asks. */
  METRICS_PORT: z.coerce.number().int().min(0).max(65535).optional(),
  METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  /** CPU and memory of each bot among the metrics. */
  METRICS_PER_BOT: z
    .enum(['0', '1'], 'must be 1 or 0')
    .default('0')
    .transform((text) => text === '1'),
  ADMIN_USERNAME: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{1,62}$/)
    .default('admin'),
  ADMIN_PASSWORD: z.string().min(8, 'must have at least 8 characters').optional(),
  /** Roles whose people can do nothing in the panel before they have a second factor. */
  REQUIRE_SECOND_FACTOR: list.pipe(z.array(z.enum(roles, `must be roles, separated by commas: ${roles.join(', ')}`))),
  AGENT_TOKEN_AES_KEY: z.string().optional(),
  /** Keys that may still open old boxes, separated by commas, after AGENT_TOKEN_AES_KEY was replaced. */
  AGENT_TOKEN_AES_KEY_PREVIOUS: z.string().optional(),
  BOT_TOKEN: z.string().optional(),
  TELEGRAM_API_ROOT: z.url().default('https://api.telegram.org'),
  /** Where WhatsApp's websocket is; unset: the library's own. Without TLS nothing says who answers. */
  WHATSAPP_WS_URL: z
    .url('must be an address such as wss://web.whatsapp.com/ws/chat')
    .refine(isSafeWebSocket, 'must begin with wss://; ws:// goes to this machine only (127.0.0.1, localhost)')
    .optional(),
  /** The version that the client says it is, where WhatsApp refuses the library's own (405). */
  WA_WEB_VERSION: z
    .string()
    .regex(/^\d{1,9}[.,]\d{1,9}[.,]\d{1,12}$/, 'must be three numbers such as 2.3000.1043857760')
    .transform((text): readonly [number, number, number] => {
      const [major = 0, minor = 0, patch = 0] = text.split(/[.,]/).map(Number)
      return [major, minor, patch]
    })
    .optional(),
  /** WhatsApp bots that log in at once; the others wait for their turn. */
  WHATSAPP_CONNECT_CONCURRENCY: z.coerce.number().int().min(1).max(100).default(5),
  /** After another session took a bot's link (440): the one retry. */
  WHATSAPP_CONFLICT_RETRY_SECONDS: seconds(60),
  /** After WhatsApp refused the client's version (405). */
  WHATSAPP_VERSION_RETRY_SECONDS: seconds(900),
  WORKER_PORT_BASE: port.default(4001),
  WORKER_PORT_COUNT: z.coerce.number().int().min(1).max(20_000).default(1000),
  LEASE_TTL_SECONDS: z.coerce
    .number()
    .min(2)
    .max(leaseTtlMaxMs / 1000)
    .default(30),
  EXPIRY_CHECK_SECONDS: seconds(60),
  DAYS_PER_MONTH: z.coerce.number().positive().max(366).default(30),
  /** How long an agent's profit is pending; 0 is at once (seed rows S0-044, S0-095). */
  MATURITY_HOURS: z.coerce.number().min(0).max(8760).default(48),
  MATURITY_CHECK_SECONDS: seconds(600),
  /** Goods that are held for an order go back to the shelf after this long. */
  ORDER_HOLD_MINUTES: z.coerce.number().positive().max(1440).default(15),
  /** USDT, as decimal strings (seed rows S0-023, S1-051). */
  WITHDRAWAL_MIN: usdt('10'),
  WITHDRAWAL_FEE: usdt('1'),
  /** Above this a withdrawal needs two people. */
  WITHDRAWAL_TWO_PEOPLE_ABOVE: usdt('500'),
  TOP_UP_MIN: usdt('1'),
  TOP_UP_MAX: usdt('10000'),
  /** How long a customer has to pay a top-up. */
  TOP_UP_HOURS: z.coerce.number().positive().max(720).default(24),
  /** What a customer is told of how to pay. */
  TOP_UP_INSTRUCTIONS: z.string().max(2000).default(''),
  MAX_INSTANCES: z.coerce.number().int().min(0).default(100),
  START_CONCURRENCY: z.coerce.number().int().min(1).max(100).default(4),
  START_TIMEOUT_SECONDS: seconds(60),
  GRACE_SECONDS: seconds(12),
  RESTART_MAX_SECONDS: seconds(300),
  RESTART_HEALTHY_SECONDS: seconds(60),
  RESTART_BUDGET: z.coerce.number().int().min(1).default(10),
  RESTART_WINDOW_SECONDS: seconds(600),
  /** One loaded spare worker a platform, for the next start; 0 is none. */
  STANDBY: z
    .enum(['0', '1'], 'must be 1 or 0')
    .default('1')
    .transform((text) => text === '1'),
  /** A poll that has not come back for this long is stuck: its worker is started anew. */
  POLL_STUCK_SECONDS: seconds(90),
  /** A worker whose memory is above this is drained and started anew; also its heap limit. */
  WORKER_MEMORY_MB: z.coerce.number().int().min(32).default(256),
  SAMPLE_SECONDS: seconds(15),
  LOG_MAX_MB: z.coerce.number().positive().default(10),
  LOG_FILES: z.coerce.number().int().min(1).default(3),
  EVENT_RETENTION_DAYS: count(90),
  SAMPLE_RETENTION_HOURS: count(48),
  HANDLED_UPDATE_RETENTION_HOURS: z.coerce
    .number()
    .int()
    .min(48, 'must be at least 48: Telegram redelivers for 24 h')
    .default(192),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
})

export type Settings = z.infer<typeof settingsSchema>

/** Every setting there is, by the name of its variable. */
export const settingNames = Object.keys(settingsSchema.shape) as (keyof Settings)[]

/** The settings that hold a secret and so have a `_FILE` twin. */
export const secretSettings = [
  'DATABASE_URL',
  'ADMIN_PASSWORD',
  'AGENT_TOKEN_AES_KEY',
  'AGENT_TOKEN_AES_KEY_PREVIOUS',
  'BOT_TOKEN',
] as const satisfies readonly (keyof Settings)[]

/** What a setting was called before: passed over, it would be as if nobody had set it. */
const renamed = { PANEL_ORIGINS: 'PUBLIC_URL', PANEL_TRUSTED_PROXIES: 'TRUSTED_PROXIES' } as const

/** Checks every setting; throws `usage` naming each wrong variable and what it must be, never its value. */
export function parseSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const present = Object.fromEntries(
    settingNames.flatMap((name) =>
      environment[name] === undefined || environment[name] === '' ? [] : [[name, environment[name]]],
    ),
  )
  const result = settingsSchema.safeParse(present)
  const old = Object.entries(renamed).filter(([name]) => (environment[name] ?? '') !== '')
  if (result.success && old.length === 0) return result.data
  const lines = [
    ...(result.error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    ...old.map(([name, now]) => `${name}: is called ${now} now`),
  ]
  throw new Failure('usage', `wrong settings in the environment or .env:\n  ${lines.join('\n  ')}`)
}

function isOrigin(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false
  const { origin, href } = new URL(text)
  return href === `${origin}/`
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0) return false
  return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

function isSafeWebSocket(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username } = new URL(text)
  if (username !== '') return false
  return protocol === 'wss:' || (protocol === 'ws:' && isLoopbackHost(hostname))
}
