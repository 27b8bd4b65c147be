/** A fleet that exists on paper only: bots with leases, customers with chats, and their workers played by the test. */
import type { Notices } from '../../../domain/notices.ts'
import type { Settled } from '../../../domain/outbox-calls.ts'
import { dueChats } from '../../../services/outbox/due-chats.ts'
import { enqueue } from '../../../services/outbox/enqueue.ts'
import { settleMessage } from '../../../services/outbox/settle-message.ts'
import { type TakenMessage, takeNext } from '../../../services/outbox/take-next.ts'
import type { TestDatabase } from '../../support/database.ts'

export class PaperFleet {
  readonly #db: TestDatabase

  constructor(db: TestDatabase) {
    this.#db = db
  }

  async server(name = 'alpha'): Promise<void> {
    await this.#db.database.query(
      `insert into server (name, server_epoch, holder, lease_until)
       values ($1, 1, 'h', clock_timestamp() + interval '1 hour') on conflict (name) do nothing`,
      [name],
    )
  }

  /** A running bot, its worker under epoch 1. */
  async bot(id: string, tenant = 'agent:one', more: { server?: string; master?: boolean } = {}): Promise<PaperBot> {
    const { database } = this.#db
    await this.server(more.server)
    await database.query(`insert into tenant (id, name) values ($1, $1) on conflict (id) do nothing`, [tenant])
    await database.query(
      `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, state, approved_at,
         expires_at, is_master)
       values ($1, $2, 'telegram', 'Shop ' || $1, $3, 'test', 'approved', 'running', 'running', now(), now() + interval '30 days',
         $4)`,
      [id, tenant, more.server ?? 'alpha', more.master === true],
    )
    await database.query(`update instance_lease set phase = 'held', epoch = 1, nonce = 'n' where instance_id = $1`, [
      id,
    ])
    return new PaperBot(this.#db, id, tenant)
  }

  async set(instance: string, assignment: string): Promise<void> {
    await this.#db.database.query(`update instance set ${assignment} where id = $1`, [instance])
  }

  /** A customer whose chat with each of the bots is the person's own id. */
  async customer(id: string, tenant: string, bots: readonly string[]): Promise<void> {
    await this.#db.database.query(
      `insert into customer (id, tenant_id, platform, platform_user_id) values ($1, $2, 'telegram', $1)`,
      [id, tenant],
    )
    for (const bot of bots) {
      await this.#db.database.query(
        `insert into customer_chat (instance_id, customer_id, chat_id) values ($1, $2, $2)`,
        [bot, id],
      )
    }
  }

  /** An owner of the agent's shop, known by claim link. */
  async owner(person: string, tenant = 'agent:one'): Promise<void> {
    await this.#db.database.query(
      `insert into tenant_owner (tenant_id, platform, platform_user_id) values ($1, 'telegram', $2)`,
      [tenant, person],
    )
  }

  /** A user of the staff whose chat is linked. */
  async admin(person: string, role = 'admin'): Promise<void> {
    await this.#db.database.query(
      `insert into app_user (id, username, password_hash, role) values ($1, 'u' || $1, 'x', $2)`,
      [person, role],
    )
    await this.#db.database.query(
      `insert into chat_identity (platform, platform_user_id, user_id) values ('telegram', $1, $1)`,
      [person],
    )
  }

  /** Queues a message to a customer, told apart by its reference. */
  async tell(
    customerId: string,
    reference: string,
    more: { tenant?: string; instanceId?: string } = {},
  ): Promise<void> {
    const payload: Notices['balance_adjusted'] = { amount: '1', currency: 'USDT', balance: '2', reason: reference }
    const { tenant = 'agent:one', instanceId } = more
    await this.#db.database.transaction((tx) =>
      enqueue(tx, {
        tenant,
        customerId,
        kind: 'balance_adjusted',
        payload,
        reference,
        ...(instanceId === undefined ? {} : { instanceId }),
      }),
    )
  }

  /** What is in the outbox, as `recipient reference state`. */
  async box(): Promise<string[]> {
    const { rows } = await this.#db.database.query<{ line: string }>(
      `select coalesce(customer_id, chat_id) || ' ' || reference || ' ' || state as line from outbox_message order by id`,
    )
    return rows.map(({ line }) => line)
  }
}

/** A worker of a bot, as far as the outbox goes. */
export class PaperBot {
  readonly id: string
  readonly #db: TestDatabase
  readonly #tenant: string
  epoch = 1

  constructor(db: TestDatabase, id: string, tenant: string) {
    this.#db = db
    this.id = id
    this.#tenant = tenant
  }

  get claim() {
    return { instanceId: this.id, epoch: this.epoch, nonce: 'n' }
  }

  due() {
    return dueChats(this.#db.database, this.#instance)
  }

  next(chatId: string, more: { bulk?: boolean; mark?: string } = {}): Promise<TakenMessage | null> {
    const { bulk = false, mark = null } = more
    return this.#db.database.transaction((tx) =>
      takeNext(tx, this.claim, this.#instance, { chatId, bulk, answerMark: mark }),
    )
  }

  settle(settled: Settled): Promise<boolean> {
    return this.#db.database.transaction((tx) => settleMessage(tx, this.claim, settled))
  }

  /** Takes the next message of a chat and sends it. @returns what it tells; null when there was none. */
  async deliver(chatId: string, more: { bulk?: boolean } = {}): Promise<TakenMessage | null> {
    const message = await this.next(chatId, more)
    if (message !== null) await this.settle({ outcome: 'sent', id: message.id, messageId: null })
    return message
  }

  get #instance() {
    return { instanceId: this.id, tenant: this.#tenant, platform: 'telegram' as const }
  }
}
