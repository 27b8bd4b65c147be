/** The identity line of a worker that no supervisor of ours has started. */
import { contractVersion, type WorkerIdentity } from '../../domain/worker-contract.ts'
import { plainLimits } from '../../test/support/stand-in-gateway.ts'
import type { SandboxBot } from './sandbox-client.ts'

const portBase = 33_600
/** What such a worker is granted with each heartbeat: the default lease. */
export const bareGrantMs = 30_000

export function bareIdentityOf(bot: SandboxBot, given: { index: number; socket: string; api: string }): string {
  const instanceId = `bare-${given.index}`
  const identity: WorkerIdentity = {
    contract: contractVersion,
    instanceId,
    tenant: 'master',
    platform: 'telegram',
    name: `Bench ${bot.botId}`,
    epoch: 1,
    nonce: 'n',
    port: portBase + given.index,
    gatewaySocket: given.socket,
    workerToken: `${instanceId}.1.n.k.x`,
    credential: bot.token,
    whatsapp: null,
    telegramApiRoot: given.api,
    limits: plainLimits,
    heartbeatMs: 5000,
    graceMs: 1000,
    takeWebhook: false,
    reached: null,
    inDoubt: [],
    logLevel: 'info',
  }
  return JSON.stringify(identity)
}
