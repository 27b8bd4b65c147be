import { randomInt } from 'node:crypto'
import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay, type Permission } from '../domain/actor.ts'
import { Failure } from '../domain/failure.ts'
import type { InstanceView, Placement, Platform } from '../domain/instance.ts'
import type { Keyring } from '../domain/keyring.ts'
import { parsePhoneNumber } from '../domain/phone-number.ts'
import { parseTelegramToken } from '../domain/telegram-token.ts'
import { masterTenant } from '../domain/tenant.ts'
import { appendAudit } from './append-audit.ts'
import { ensureServer } from './ensure-server.ts'
import { ensureTenant } from './ensure-tenant.ts'
import { showInstance } from './show-instance.ts'
import { storeCredential } from './store-credential.ts'

/** MTProto credentials of seed 002, stored sealed with the instance and nothing more. */
export interface MtprotoCredentials {
  readonly apiId: number
  readonly apiHash: string
  readonly phone?: string | undefined
  readonly session?: string | undefined
}

export interface CreateInstance {
  readonly platform: Platform
  readonly name: string
  readonly server: string
  readonly keyring: Keyring
  readonly tenant?: string | undefined
  readonly owner?: string | undefined
  readonly phone?: string | undefined
  readonly placement?: Placement | undefined
  /** The BotFather token of a Telegram bot. */
  readonly token?: string | undefined
  /** What getMe said of the token; left out when Telegram could not be asked. */
  readonly verified?: { readonly username: string | null } | undefined
  readonly mtproto?: MtprotoCredentials | undefined
  /** The right that it takes: `instance.create`, or `agent.self` where an agent makes its own. */
  readonly permission?: Extract<Permission, 'instance.create' | 'agent.self'>
}

const idAlphabet = '23456789abcdefghjkmnpqrstvwxyz'
const idLength = 6

/**
 * Registers a bot as `new` (seed row S4-040). The key of a Telegram bot is its bot id, of a WhatsApp bot its number:
 * one that is registered already is refused with `conflict`. A missing `agent:` tenant is made.
 */
export async function createInstance(tx: Tx, actor: Actor, input: CreateInstance): Promise<InstanceView> {
  assertMay(actor, input.permission ?? 'instance.create', input.tenant ?? masterTenant)
  await tx.query(`select set_config('botfleet.actor', $1, true)`, [actor.name])
  const credential = checkCredential(input)
  const name = checkName(input.name)
  const tenant = await ensureTenant(tx, actor, { tenant: input.tenant ?? masterTenant })
  await ensureServer(tx, { name: input.server })
  const id = await insertInstance(tx, actor, { ...input, name, tenant, ...credential })
  if (input.token !== undefined) {
    const { token } = parseTelegramToken(input.token)
    await storeCredential(tx, input.keyring, { instanceId: id, kind: 'telegram_token', secret: token })
  }
  if (input.mtproto !== undefined) {
    const secret = JSON.stringify(input.mtproto)
    await storeCredential(tx, input.keyring, { instanceId: id, kind: 'mtproto', secret })
  }
  await appendAudit(tx, actor, {
    action: 'instance.create',
    targetKind: 'instance',
    targetId: id,
    tenantId: tenant,
    details: {
      platform: input.platform,
      name,
      server: input.server,
      bot_id: credential.botId,
      verified: credential.isVerified,
    },
  })
  return showInstance(tx, actor, { id })
}

interface CheckedCredential {
  readonly botId: string | null
  readonly phoneNumber: string | null
  readonly username: string | null
  readonly isVerified: boolean
}

function checkCredential(input: CreateInstance): CheckedCredential {
  const phoneNumber = input.phone === undefined ? null : parsePhoneNumber(input.phone)
  switch (input.platform) {
    case 'telegram':
      if (input.token === undefined) throw new Failure('usage', 'a Telegram bot needs its token, which @BotFather gave')
      return {
        botId: parseTelegramToken(input.token).botId,
        phoneNumber,
        username: input.verified?.username ?? null,
        isVerified: input.verified !== undefined,
      }
    case 'whatsapp':
      if (phoneNumber === null) throw new Failure('usage', 'a WhatsApp bot needs its number, such as +1234567890')
      return { botId: null, phoneNumber, username: null, isVerified: false }
    default:
      throw new Failure('usage', 'the platform is telegram or whatsapp')
  }
}

function checkName(text: string): string {
  const name = text.trim()
  if (name.length >= 1 && name.length <= 200) return name
  throw new Failure('usage', 'a name has 1 to 200 characters')
}

async function insertInstance(
  tx: Tx,
  actor: Actor,
  input: CreateInstance & CheckedCredential & { tenant: string; name: string },
): Promise<string> {
  const { rows } = await tx.query<{ id: string }>(
    `insert into instance (id, tenant_id, platform, name, owner_id, phone_number, server_name, placement,
       platform_bot_id, platform_username, verified_at, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $11 then now() end, $12)
     on conflict do nothing returning id`,
    [
      newInstanceId(),
      input.tenant,
      input.platform,
      input.name,
      input.owner || null,
      input.phoneNumber,
      input.server,
      input.placement ?? 'pinned',
      input.botId,
      input.username,
      input.isVerified,
      actor.name,
    ],
  )
  const id = rows[0]?.id
  if (id !== undefined) return id
  throw await alreadyRegistered(tx, actor, input)
}

async function alreadyRegistered(
  tx: Tx,
  actor: Actor,
  input: CheckedCredential & { platform: Platform },
): Promise<Failure> {
  const { rows } = await tx.query<{ id: string; tenant_id: string }>(
    `select id, tenant_id from instance where platform = $1 and (platform_bot_id = $2 or phone_number = $3)`,
    [input.platform, input.botId, input.phoneNumber],
  )
  const holder = rows[0]
  const subject =
    input.platform === 'telegram' ? `the Telegram bot ${input.botId ?? ''}` : `the number ${input.phoneNumber ?? ''}`
  if (holder === undefined) return new Failure('conflict', 'this bot was registered at the same moment: try again')
  const visible = actor.role !== 'agent' || holder.tenant_id === actor.tenant
  return new Failure(
    'conflict',
    `${subject} is registered already${visible ? ` as ${holder.id}: ./botfleet show ${holder.id}` : ''}`,
    {
      details: visible ? { registered_as: holder.id } : {},
    },
  )
}

/** `bot-` and six characters that are not mistaken for one another. */
function newInstanceId(): string {
  return `bot-${Array.from({ length: idLength }, () => idAlphabet[randomInt(idAlphabet.length)]).join('')}`
}
