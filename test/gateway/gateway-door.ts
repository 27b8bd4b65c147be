/** A gateway over its real socket, asked as workers ask. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Keyring } from '../../domain/keyring.ts'
import { parseSettings } from '../../domain/settings.ts'
import { type GatewayCallName, gatewayCalls } from '../../domain/worker-contract.ts'
import { signWorkerToken } from '../../domain/worker-token.ts'
import { Gateway } from '../../gateway/gateway.ts'
import { createLog } from '../../runtime/log.ts'
import type { TestDatabase } from '../support/database.ts'

export interface Speaker {
  readonly instance: string
  readonly nonce: string
}

export interface Door {
  readonly socketPath: string
  /** What the gateway wrote to its log. */
  readonly logged: string[]
  ask(speaker: Speaker, call: GatewayCallName, body: object): Promise<{ status: number; text: string }>
  close(): Promise<void>
}

/** Workers speak under epoch 3. */
export async function openDoor(db: TestDatabase, keyring: Keyring): Promise<Door> {
  const folder = mkdtempSync(join(tmpdir(), 'botfleet-door-'))
  const logged: string[] = []
  const gateway = new Gateway({
    server: 'alpha',
    socketFolder: folder,
    database: db.database,
    keyring: () => keyring,
    settings: parseSettings({ TOP_UP_INSTRUCTIONS: 'pay here' }),
    fleet: () => undefined,
    log: createLog({ level: 'warn', name: 'test', write: (line) => void logged.push(line) }),
  })
  await gateway.open(1)
  return {
    socketPath: gateway.socketPath,
    logged,
    ask: ({ instance, nonce }, call, body) =>
      new Promise((resolve, reject) => {
        const token = signWorkerToken(keyring, { instanceId: instance, epoch: 3, nonce })
        const sent = request(
          {
            socketPath: gateway.socketPath,
            agent: false,
            path: gatewayCalls[call].path,
            method: 'POST',
            headers: { authorization: `Bearer ${token}` },
          },
          (response) => {
            let text = ''
            response.on('data', (chunk: Buffer) => (text += chunk.toString()))
            response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
          },
        )
        sent.on('error', reject)
        sent.end(JSON.stringify(body))
      }),
    close: async () => {
      await gateway.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
