/** An agent's bot and the master's, both real workers on a sandbox, with an owner and people of the master's. */
import { vi } from 'vitest'
import type { Role } from '../../../domain/actor.ts'
import { parseAmount } from '../../../domain/money.ts'
import { signalProcess } from '../../../runtime/process-identity.ts'
import type { ChatMessage } from '../../../sandbox/chat.ts'
import type { PersonChat } from '../../../sandbox/person-chat.ts'
import { type Sandbox, startSandbox } from '../../../sandbox/start-sandbox.ts'
import { createAgent } from '../../../services/agents/create-agent.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { processOf } from '../../support/faults.ts'
import { ownerActor, Rig } from '../../support/rig.ts'
import { dataOf } from './words.ts'

/** A TRC20 address whose checksum is right. */
export const address = 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb'

export interface OfficeBot {
  readonly id: number
  readonly token: string
  readonly instance: string
}

const botNames = { master: 'Main Shop', ann: 'Ann Shop' } as const

export class OfficeRig {
  readonly db: TestDatabase
  readonly sandbox: Sandbox
  readonly rig: Rig
  #users = 0

  private constructor(db: TestDatabase, sandbox: Sandbox) {
    this.db = db
    this.sandbox = sandbox
    this.rig = new Rig(db, { TELEGRAM_API_ROOT: sandbox.apiRoot, RESTART_BUDGET: '1000' }, 'telegram')
  }

  static async start(): Promise<OfficeRig> {
    const rig = new OfficeRig(await createTestDatabase(), await startSandbox())
    await rig.rig.start()
    return rig
  }

  async stop(): Promise<void> {
    await this.rig.stop()
    await this.sandbox.stop()
    await this.db.drop()
  }

  /** The master's bot, running. */
  async masterBot(): Promise<OfficeBot> {
    const bot = this.sandbox.createBot({ name: botNames.master, username: 'main_shop_bot' })
    const instance = await this.rig.approvedBot(botNames.master, { token: bot.token })
    await this.rig.until(instance, 'running')
    return { ...bot, instance }
  }

  /** The bot of an agent, running. */
  async agentBot(id: string, name: string = botNames.ann): Promise<OfficeBot> {
    const bot = this.sandbox.createBot({ name, username: `${id}_bot` })
    const { instance } = await this.db.database.transaction((tx) =>
      createAgent(tx, ownerActor, {
        id,
        name,
        platform: 'telegram',
        token: bot.token,
        verified: { username: `${id}_bot` },
        server: this.rig.settings.SERVERNAME,
        keyring: this.rig.keyring,
        approve: { months: 1, daysPerMonth: 30, portBase: this.rig.settings.WORKER_PORT_BASE, portCount: 500 },
      }),
    )
    await this.rig.until(instance.id, 'running')
    return { ...bot, instance: instance.id }
  }

  /** A person's chat with a bot, in a language. */
  chat(bot: OfficeBot, name: string, languageCode = 'en'): PersonChat {
    return this.sandbox.person(name, { languageCode }).in(bot)
  }

  /** Makes the person an owner of the agent's shop. */
  async own(agent: string, name: string): Promise<void> {
    await this.db.database.query(
      `insert into tenant_owner (tenant_id, platform, platform_user_id) values ($1, 'telegram', $2)`,
      [`agent:${agent}`, String(this.sandbox.person(name).id)],
    )
  }

  /** Links the person's chat identity to a user of this role. @returns the username. */
  async link(name: string, role: Role): Promise<string> {
    this.#users += 1
    const username = `${role}${this.#users}`
    await this.db.database.query(
      `with made as (insert into app_user (id, username, password_hash, role) values ($1, $1, 'none', $2) returning id)
       insert into chat_identity (platform, platform_user_id, user_id) select 'telegram', $3, id from made`,
      [username, role, String(this.sandbox.person(name).id)],
    )
    return username
  }

  /** Gives an agent profit that may be withdrawn. */
  async earn(agent: string, amount: string): Promise<void> {
    await this.db.database.query(
      `with entry as (
         insert into journal_entry (kind, reference, tenant_id, actor)
         values ('import', gen_random_uuid()::text, $1, 'test') returning id
       )
       insert into transfer (entry_id, currency, from_account, to_account, amount)
       select id, 'USDT', account_of('master', 'adjustment', 'USDT'), account_of($1, 'available', 'USDT'), $2 from entry`,
      [`agent:${agent}`, parseAmount(amount, 'USDT').toString()],
    )
  }

  /** Ends a bot's worker with SIGKILL; another one takes its place. */
  async restart(bot: OfficeBot): Promise<void> {
    const { pid } = await this.rig.until(bot.instance, 'running')
    signalProcess(processOf(pid), 'SIGKILL')
    await this.rig.until(bot.instance, 'running', (view) => view.pid !== pid)
  }

  /** One number from the database. */
  async count(sql: string, values: readonly unknown[] = []): Promise<number> {
    const { rows } = await this.db.database.query<{ n: number }>(`select (${sql})::int as n`, values)
    return rows[0]?.n ?? 0
  }

  /** Every text that the tables hold where words of a person could be left. */
  async everythingStored(): Promise<string> {
    const tables = [
      'handled_update',
      'conversation_state',
      'audit_log',
      'outbox_message',
      'tenant',
      'instance',
      'instance_event',
    ]
    const texts = await Promise.all(
      tables.map(async (table) => {
        const { rows } = await this.db.database.query<{ all: string }>(
          `select coalesce(json_agg(t)::text, '') as all from ${table} t`,
        )
        return rows[0]?.all ?? ''
      }),
    )
    return texts.join('\n')
  }
}

export function waitFor<T>(check: () => T, timeout = 30_000): Promise<T> {
  return vi.waitFor(check, { timeout, interval: 20 })
}

/** Asks for a withdrawal as an owner does, in English. @returns the screen that is to be confirmed. */
export async function askWithdrawal(owner: PersonChat, amount: string): Promise<ChatMessage> {
  owner.say('/agent')
  const panel = await owner.answer('Shop: open')
  owner.pressData(panel.message_id, dataOf(panel, 'Withdraw'))
  await owner.answer('How much shall be withdrawn?')
  owner.say(amount)
  await owner.answer('TRC20')
  owner.say(address)
  return owner.answer('Is that right?')
}
