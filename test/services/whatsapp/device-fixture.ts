/** Bots with a linked device, asked as their gateway asks: by the services, under the fence of a worker. */
import { randomBytes } from 'node:crypto'
import { type Keyring, makeKeyring } from '../../../domain/keyring.ts'
import type { GatewayRequest } from '../../../domain/worker-contract.ts'
import type { Fence } from '../../../services/fence.ts'
import { openSession } from '../../../services/whatsapp/open-session.ts'
import { readKeys } from '../../../services/whatsapp/read-keys.ts'
import { storeSession } from '../../../services/whatsapp/store-session.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

export class Devices {
  readonly test: TestDatabase
  keyring: Keyring = makeKeyring([randomBytes(32)])
  #number = 0

  private constructor(test: TestDatabase) {
    this.test = test
  }

  static async open(): Promise<Devices> {
    const test = await createTestDatabase()
    await test.database.query(`insert into server (name) values ('alpha')`)
    await test.database.query(`insert into tenant (id, name) values ('agent:red', 'Red'), ('agent:blue', 'Blue')`)
    return new Devices(test)
  }

  close(): Promise<void> {
    return this.test.drop()
  }

  /** A bot that runs, under epoch 3. */
  async bot(tenant = 'master'): Promise<Fence> {
    this.#number += 1
    const instanceId = `wa-${this.#number}`
    const { database } = this.test
    await database.query(
      `insert into instance (id, tenant_id, platform, name, server_name, created_by, status, desired, approved_at,
         expires_at) values ($1, $2, 'whatsapp', 'Bot', 'alpha', 'test', 'approved', 'running', now(), now() + interval '1 day')`,
      [instanceId, tenant],
    )
    return this.turnEpoch(instanceId, 3)
  }

  /** A new worker of a bot: whoever had it before is stale. */
  async turnEpoch(instanceId: string, epoch: number): Promise<Fence> {
    const nonce = `nonce-${epoch}`
    await this.test.database.query(
      `update instance_lease set epoch = $2, nonce = $3, phase = 'held' where instance_id = $1`,
      [instanceId, epoch, nonce],
    )
    return { instanceId, epoch, nonce }
  }

  store(claim: Fence, request: Partial<GatewayRequest<'waStore'>>): Promise<void> {
    return storeSession(this.test.database, claim, this.keyring, { creds: null, linked: false, keys: [], ...request })
  }

  /** One key of type `session`. */
  put(claim: Fence, id: string, value: string | null): Promise<void> {
    return this.store(claim, { keys: [{ type: 'session', id, value }] })
  }

  async get(claim: Fence, id: string, keyring = this.keyring): Promise<string | null> {
    const values = await readKeys(this.test.database, claim, keyring, { type: 'session', ids: [id] })
    return values[id] ?? null
  }

  creds(claim: Fence, keyring = this.keyring): Promise<{ creds: string | null; linked: boolean }> {
    return openSession(this.test.database, claim, keyring)
  }

  async rows<Row = Record<string, unknown>>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.test.database.query<Row>(text, values)).rows
  }
}
