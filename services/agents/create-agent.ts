import type { Tx } from '../../db/transaction.ts'
import { type Actor, assertMay } from '../../domain/actor.ts'
import { type AgentView, parsePlatformUserId } from '../../domain/agent.ts'
import { Failure } from '../../domain/failure.ts'
import type { InstanceView } from '../../domain/instance.ts'
import { agentIdAt, parseAgent } from '../../domain/tenant.ts'
import { type ApproveInstance, approveInstance } from '../approve-instance.ts'
import { type CreateInstance, createInstance } from '../create-instance.ts'
import { addOwner } from './add-owner.ts'
import { auditAgent } from './audit-agent.ts'
import { showAgent } from './show-agent.ts'

export interface CreateAgent extends Omit<CreateInstance, 'tenant' | 'owner'> {
  /** `agent001`; left out, one is made of the time. */
  readonly id?: string | undefined
  /** The owner's id on the bot's own platform. */
  readonly owner?: string | undefined
  /** Approves the bot at once, for so many months. */
  readonly approve?: Omit<ApproveInstance, 'id'> | undefined
}

/** How often a generated id that is taken is tried a second later. */
const generatedTriesMax = 60

/**
 * Makes an agent with its shop and its bot in one step (seed rows S0-001, S0-069). The bot is `new` unless months are
 * given. The edge has asked Telegram of the token, as for `create`.
 * Throws `conflict` when the id is taken or the bot is registered already.
 */
export async function createAgent(
  tx: Tx,
  actor: Actor,
  input: CreateAgent,
): Promise<{ agent: AgentView; instance: InstanceView }> {
  const { id, approve, owner: ownerText, ...bot } = input
  assertMay(actor, 'agent.manage')
  const owner = ownerText === undefined ? undefined : parsePlatformUserId(bot.platform, ownerText)
  const name = bot.name.trim()
  if (name.length < 1 || name.length > 200) throw new Failure('usage', 'a name has 1 to 200 characters')
  const tenant = id === undefined ? await insertGenerated(tx, name) : await insertTenant(tx, parseAgent(id), name)
  if (tenant === undefined) throw new Failure('conflict', `the agent ${id ?? ''} is there already: choose another id`)
  await auditAgent(tx, actor, tenant, 'create', { name })
  let instance = await createInstance(tx, actor, { ...bot, name, tenant, owner })
  if (owner !== undefined) {
    await addOwner(tx, actor, { tenant, platform: bot.platform, platformUserId: owner })
  }
  if (approve !== undefined) instance = await approveInstance(tx, actor, { ...approve, id: instance.id })
  return { agent: await showAgent(tx, actor, { tenant }), instance }
}

/** Inserts a tenant; undefined when its id is taken. */
async function insertTenant(tx: Tx, tenant: string, name: string): Promise<string | undefined> {
  const { rowCount } = await tx.query('insert into tenant (id, name) values ($1, $2) on conflict do nothing', [
    tenant,
    name,
  ])
  return rowCount === 0 ? undefined : tenant
}

async function insertGenerated(tx: Tx, name: string): Promise<string | undefined> {
  const now = Date.now()
  for (let attempt = 0; attempt < generatedTriesMax; attempt += 1) {
    const tenant = await insertTenant(tx, parseAgent(agentIdAt(new Date(now + attempt * 1000))), name)
    if (tenant !== undefined) return tenant
  }
  return undefined
}
