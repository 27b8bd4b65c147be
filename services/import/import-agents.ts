import { Failure } from '../../domain/failure.ts'
import { addOwner } from '../agents/add-owner.ts'
import { appendAudit } from '../append-audit.ts'
import { createInstance } from '../create-instance.ts'
import { suspendInstance } from '../suspend-instance.ts'
import type { AgentDocument } from './decode/agent.ts'
import { type ImportRun, placeOf } from './import-run.ts'
import type { ReadAgent } from './read-sources.ts'
import { oldCurrency } from './row.ts'

/**
 * Agents become tenants with their owners, settings and bots. No bot runs before somebody approves it here, whatever it
 * did there: an approval is a paid period, of which the old system knew nothing. One that was paused there is paused
 * here, one that was suspended is suspended. What is here already keeps its settings.
 */
export async function importAgents(run: ImportRun, agents: readonly ReadAgent[]): Promise<void> {
  const { rows } = await run.tx.query<{ tenant_id: string; was: string | null }>(
    'select tenant_id, was from staged_agents',
  )
  const staged = new Map(rows.map((row) => [row.tenant_id, row.was]))
  let waiting = 0
  for (const { line, agent } of agents) {
    const was = staged.get(agent.tenant)
    if (was === undefined) continue
    const place = placeOf(run, 'agents', line)
    for (const dropped of agent.dropped)
      run.notes.add('settings', `settings that are none here were left out: ${dropped}`, [place])
    if (was === null && (await insertTenant(run, agent))) await importSettings(run, agent)
    else run.notes.add('agents_here', 'agents that are here already keep the settings that they have here', [place])
    if (was === null && (await importBot(run, agent, line))) waiting += 1
  }
  if (waiting > 0) {
    run.notes.add(
      'approval',
      'bots wait for approval: ./botfleet list --status new, then ./botfleet approve',
      [],
      waiting,
    )
  }
}

/** Whether it was not there. */
async function insertTenant(run: ImportRun, agent: AgentDocument): Promise<boolean> {
  const { markup } = agent
  const { rowCount } = await run.tx.query(
    `insert into tenant (id, name, created_at, status, markup_kind, markup_hundredths, support_link, channel_link,
       announcement_link, extra_links, notice_chat_id)
     values ($1, $2, coalesce($3, now()), $4, $5, $6, $7, $8, $9, $10, $11) on conflict (id) do nothing`,
    [
      agent.tenant,
      agent.name,
      agent.createdAt,
      agent.status === 'active' ? 'active' : 'paused',
      markup.kind,
      markup.kind === 'percent' ? markup.hundredths.toString() : '0',
      agent.supportLink,
      agent.channelLink,
      agent.announcementLink,
      JSON.stringify(agent.extraLinks),
      agent.noticeChat,
    ],
  )
  return rowCount === 1
}

async function importSettings(run: ImportRun, agent: AgentDocument): Promise<void> {
  const { tenant, markup } = agent
  if (markup.kind === 'fixed') {
    await run.tx.query('insert into tenant_fixed_markup (tenant_id, currency, amount) values ($1, $2, $3)', [
      tenant,
      oldCurrency,
      markup.amount.toString(),
    ])
  }
  for (const owner of agent.owners) {
    await addOwner(run.tx, run.actor, { tenant, platform: 'telegram', platformUserId: owner })
  }
  await appendAudit(run.tx, run.actor, {
    action: 'agent.create',
    targetKind: 'tenant',
    targetId: tenant,
    tenantId: tenant,
    details: { name: agent.name, source: 'import' },
  })
}

/** Registers the agent's bot; whether it waits for approval. */
async function importBot(run: ImportRun, agent: AgentDocument, line: number): Promise<boolean> {
  const place = placeOf(run, 'agents', line)
  if (agent.token === null) {
    run.notes.add('no_token', 'agents without a token have no bot: ./botfleet create --tenant', [place])
    return false
  }
  if (await isOwnBot(run, agent)) return false
  try {
    const [owner] = agent.owners
    const { id } = await createInstance(run.tx, run.actor, {
      platform: 'telegram',
      name: agent.name,
      server: run.server,
      keyring: run.keyring,
      tenant: agent.tenant,
      owner,
      token: agent.token,
    })
    if (agent.status !== 'suspended') return true
    await suspendInstance(run.tx, run.actor, { id, reason: 'suspended in the old system' })
    return false
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    run.misfits.add({ file: run.files.get('agents')?.name ?? 'agents', line, why: error.message })
    return false
  }
}

/** The bot is registered for this agent already. */
async function isOwnBot(run: ImportRun, agent: AgentDocument): Promise<boolean> {
  const { rowCount } = await run.tx.query(
    `select from instance where platform = 'telegram' and platform_bot_id = split_part($1, ':', 1) and tenant_id = $2`,
    [agent.token, agent.tenant],
  )
  return rowCount > 0
}
