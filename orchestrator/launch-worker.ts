import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CommitUnknown } from '../db/database.ts'
import { Failure } from '../domain/failure.ts'
import type { State } from '../domain/instance.ts'
import { open } from '../domain/keyring.ts'
import { formatProcessIdentity } from '../domain/process-identity.ts'
import type { Settings } from '../domain/settings.ts'
import { contractVersion, type WhatsappIdentity, type WorkerIdentity } from '../domain/worker-contract.ts'
import { signWorkerToken } from '../domain/worker-token.ts'
import { type Claim, claimInstance } from '../services/claim-instance.ts'
import type { PlannedInstance } from '../services/read-server-plan.ts'
import { choosePort } from './choose-port.ts'
import type { OrchestratorContext } from './context.ts'
import { endProcess } from './end-process.ts'
import type { FleetContext } from './fleet-context.ts'
import type { Worker } from './slot.ts'
import type { NamelessProcess } from './spawn-process.ts'
import type { Term } from './term.ts'

export type Launch =
  | { readonly kind: 'launched'; readonly worker: Worker }
  /** The instance may not run here now: the plan was older than the database. */
  | { readonly kind: 'refused' }
  /** It lacks what a person must give it: a credential that opens, or a phone that it is linked to. */
  | { readonly kind: 'unusable'; readonly state: State; readonly reason: string }

/**
 * Starts one worker: a nameless process, the spare or a cold one, gets an epoch by one committed transaction, and only
 * then learns who it is (design section 5, point 3). When the commit's outcome is unknown nothing is written to it and
 * it is ended.
 */
export async function launchWorker(fleet: FleetContext, planned: PlannedInstance): Promise<Launch> {
  const { orchestrator: context, term } = fleet
  const { settings, clock, metrics } = context
  const startedAtMs = clock.monotonicMs()
  const bundle = context.workerBundle(planned.platform)
  if (!existsSync(bundle)) {
    const reason = `this botfleet has no worker for ${planned.platform} (${bundle}): npm run build makes those there are`
    return { kind: 'unusable', state: 'failed', reason }
  }
  const port = await choosePort({
    reserved: planned.port,
    others: fleet.portsBut(planned.id),
    base: settings.WORKER_PORT_BASE,
    count: settings.WORKER_PORT_COUNT,
  })
  const nameless = fleet.standby.take(planned.platform)
  try {
    const launch = await giveIdentity(context, term, planned, { nameless, port })
    if (launch.kind === 'launched') metrics.spawned(planned.platform, clock.monotonicMs() - startedAtMs)
    return launch
  } catch (error) {
    await endNameless(nameless)
    if (error instanceof CommitUnknown) {
      context.log.warn({ instance: planned.id }, 'outcome of the claim unknown: the process was ended without a name')
      return { kind: 'refused' }
    }
    throw error
  }
}

async function giveIdentity(
  context: OrchestratorContext,
  term: Term,
  planned: PlannedInstance,
  { nameless, port }: { nameless: NamelessProcess; port: number },
): Promise<Launch> {
  const claimed = await context.database
    .transaction(async (tx) => {
      const claim = await claimInstance(tx, {
        instanceId: planned.id,
        server: context.server,
        serverEpoch: term.serverEpoch,
        process: formatProcessIdentity(nameless.identity),
        port,
      })
      return claim === undefined ? undefined : { claim, credential: credentialOf(context, planned, claim) }
    })
    .catch((error: unknown) => {
      if (error instanceof Unusable) return error
      throw error
    })
  if (claimed === undefined || claimed instanceof Unusable) {
    await endNameless(nameless)
    return claimed === undefined
      ? { kind: 'refused' }
      : { kind: 'unusable', state: claimed.state, reason: claimed.message }
  }
  const { claim, credential } = claimed
  const identity = identityOf(context, planned, { claim, credential, port })
  nameless.name(JSON.stringify(identity), join(context.logFolder, `${planned.id}.log`))
  const worker: Worker = {
    instanceId: planned.id,
    platform: planned.platform,
    epoch: claim.epoch,
    nonce: claim.nonce,
    identity: nameless.identity,
    port,
    namedAtMs: context.clock.monotonicMs(),
    ended: nameless.ended,
    // A child of ours tells of its end by itself.
    hint: () => {},
    leave: () => {},
  }
  return { kind: 'launched', worker }
}

class Unusable extends Error {
  readonly state: State

  constructor(state: State, message: string) {
    super(message)
    this.state = state
  }
}

/** What a worker needs of secrets to begin; a WhatsApp one asks for its own, and is started where it has some or gets some. */
function credentialOf(context: OrchestratorContext, planned: PlannedInstance, claim: Claim): string {
  if (planned.platform === 'whatsapp') {
    if (claim.isLinked || claim.pairing !== null) return ''
    throw new Unusable('logged_out', `it is not linked to a phone: ./botfleet pair ${planned.id}`)
  }
  if (claim.sealedCredential === null) {
    throw new Unusable('failed', `no token is stored: ./botfleet set-token ${planned.id} --token-file FILE`)
  }
  try {
    return open(context.keyring(), `instance_credential:${planned.id}:telegram_token`, claim.sealedCredential)
  } catch (error) {
    const reason = error instanceof Failure ? error.message : 'the stored token does not open'
    throw new Unusable('failed', `${reason}; ./botfleet set-token ${planned.id} --token-file FILE sets it anew`)
  }
}

function identityOf(
  context: OrchestratorContext,
  planned: PlannedInstance,
  given: { claim: Claim; credential: string; port: number },
): WorkerIdentity {
  const { settings } = context
  const { claim } = given
  return {
    contract: contractVersion,
    instanceId: planned.id,
    tenant: claim.tenant,
    platform: planned.platform,
    name: claim.name,
    epoch: claim.epoch,
    nonce: claim.nonce,
    port: given.port,
    gatewaySocket: context.door.socketPath,
    workerToken: signWorkerToken(context.keyring(), {
      instanceId: planned.id,
      epoch: claim.epoch,
      nonce: claim.nonce,
    }),
    credential: given.credential,
    whatsapp: planned.platform === 'whatsapp' ? whatsappPart(settings, claim) : null,
    telegramApiRoot: settings.TELEGRAM_API_ROOT,
    limits: { rateLimitRps: claim.rateLimitRps, maxConcurrentRequests: claim.maxConcurrentRequests },
    heartbeatMs: heartbeatMsOf(settings),
    graceMs: Math.max(500, settings.GRACE_SECONDS * 1000 - 1000),
    takeWebhook: claim.takeWebhook,
    reached: claim.reached,
    inDoubt: [...claim.inDoubt],
    logLevel: settings.LOG_LEVEL,
  }
}

function whatsappPart(settings: Settings, claim: Claim): WhatsappIdentity {
  const { WHATSAPP_WS_URL: wsUrl = null, WA_WEB_VERSION: version } = settings
  return {
    phone: (claim.phoneNumber ?? '').replace('+', ''),
    wsUrl,
    version: version === undefined ? null : [...version],
    pairing: claim.pairing,
  }
}

/** How often a worker reports: six times in a lease's time to live. */
export function heartbeatMsOf(settings: { LEASE_TTL_SECONDS: number }): number {
  return Math.max(200, Math.round((settings.LEASE_TTL_SECONDS * 1000) / 6))
}

async function endNameless(nameless: NamelessProcess): Promise<void> {
  nameless.dismiss()
  await endProcess(nameless.identity, nameless.ended)
}
