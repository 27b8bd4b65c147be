/**
 * What the master's people ask for in the master's bot (seeds 000 and 001): the person behind the chat is a user of ours,
 * and that user's role decides. Anybody else is a stranger, who is not told that there is anything to find.
 */
import type { Tx } from '../db/transaction.ts'
import { type Actor, assertMay } from '../domain/actor.ts'
import type { AgentWords, adminCalls, TopUpWords } from '../domain/admin-calls.ts'
import { type AgentView, claimLinkTtlMs } from '../domain/agent.ts'
import type { Outside, Refused, WithdrawalWords } from '../domain/room-result.ts'
import { holdsTelegramToken, parseTelegramToken } from '../domain/telegram-token.ts'
import { agentIdOf, parseAgent } from '../domain/tenant.ts'
import type { TopUpOutcome, TopUpView } from '../domain/top-up.ts'
import { type WithdrawalOutcome, withdrawalStates } from '../domain/withdrawal.ts'
import { createAgent } from '../services/agents/create-agent.ts'
import { createClaimLink } from '../services/agents/create-claim-link.ts'
import { listAgents } from '../services/agents/list-agents.ts'
import { pauseAgent } from '../services/agents/pause-agent.ts'
import { resumeAgent } from '../services/agents/resume-agent.ts'
import { setMarkup } from '../services/agents/set-markup.ts'
import { showAgent } from '../services/agents/show-agent.ts'
import { adminOf } from '../services/chat/actors.ts'
import { agentByRef, agentRef } from '../services/chat/agent-ref.ts'
import { countOpen } from '../services/chat/count-open.ts'
import { confirmTopUp } from '../services/top-ups/confirm-top-up.ts'
import { listTopUps } from '../services/top-ups/list-top-ups.ts'
import { rejectTopUp } from '../services/top-ups/reject-top-up.ts'
import { showTopUp } from '../services/top-ups/show-top-up.ts'
import { approveWithdrawal } from '../services/withdrawals/approve-withdrawal.ts'
import { listWithdrawals } from '../services/withdrawals/list-withdrawals.ts'
import { payWithdrawal } from '../services/withdrawals/pay-withdrawal.ts'
import { rejectWithdrawal } from '../services/withdrawals/reject-withdrawal.ts'
import { showWithdrawal } from '../services/withdrawals/show-withdrawal.ts'
import { withdrawalStats } from '../services/withdrawals/withdrawal-stats.ts'
import { change, changeSaidOnce, look, type RoomCall, type RoomHandlers } from './call-frame.ts'
import { markupOf } from './markup-words.ts'
import { orRefused, orTrouble, refused, refusedBy } from './refusals.ts'
import { leaveRole } from './tenant-role.ts'
import { stepWords, withdrawalPage, withdrawalWords } from './withdrawal-words.ts'

type AdminCallName = keyof typeof adminCalls
const pageSize = 5

interface Admin {
  readonly tx: Tx
  readonly actor: Actor & { readonly username: string }
}

async function asAdmin<T>(
  { tx, instance, person }: Pick<RoomCall<AdminCallName>, 'tx' | 'instance' | 'person'>,
  work: (admin: Admin) => Promise<T>,
): Promise<T | Refused | Outside> {
  const actor = await adminOf(tx, instance, person)
  if (actor === undefined) return { kind: 'stranger' }
  await leaveRole(tx)
  return orRefused(tx, { not_found: 'unknown_agent', conflict: 'taken' }, () => work({ tx, actor }))
}

/** What is done with one agent. */
function withAgent<N extends 'adminAgent' | 'adminPauseAgent' | 'adminResumeAgent' | 'adminPriceAgent'>(
  work: (admin: Admin, tenant: string, call: RoomCall<N>) => Promise<unknown>,
): (call: RoomCall<N>) => Promise<Refused | Outside | { kind: 'done'; agent: AgentWords }> {
  return (call) =>
    asAdmin(call, async (admin) => {
      const tenant = await agentByRef(admin.tx, call.request.agent)
      await work(admin, tenant, call)
      return { kind: 'done', agent: wordsOf(await showAgent(admin.tx, admin.actor, { tenant })) }
    })
}

function ofWithdrawal<N extends 'adminApprove' | 'adminReject' | 'adminPay'>(
  work: (admin: Admin, call: RoomCall<N>) => Promise<WithdrawalOutcome>,
): (call: RoomCall<N>) => Promise<Refused | Outside | { kind: 'done'; withdrawal: WithdrawalWords }> {
  return (call) => asAdmin(call, async (admin) => stepWords(await work(admin, call)))
}

function ofTopUp<N extends 'adminTopUp' | 'adminConfirmTopUp' | 'adminRejectTopUp'>(
  work: (admin: Admin, id: number, call: RoomCall<N>) => Promise<TopUpOutcome | TopUpView | undefined>,
): (call: RoomCall<N>) => Promise<Refused | Outside | { kind: 'done'; topUp: TopUpWords }> {
  return (call) =>
    asAdmin(call, async (admin) => {
      const { topUp: id } = call.request
      const found = /^[0-9]{1,15}$/.test(id) ? await work(admin, Number(id), call) : undefined
      if (found === undefined) return refused('unknown_top_up')
      if (!('kind' in found)) return { kind: 'done', topUp: topUpWords(found) }
      if (found.kind === 'refused') return refusedBy(found, 'unknown_top_up')
      return { kind: 'done', topUp: topUpWords(found.topUp) }
    })
}

export const adminHandlers: RoomHandlers<AdminCallName> = {
  adminMenu: look((call) =>
    asAdmin(call, async ({ tx, actor }) => {
      const open = await countOpen(tx, actor)
      return { kind: 'done', username: actor.username, ...open } as const
    }),
  ),

  adminAgents: look((call) =>
    asAdmin(call, async ({ tx, actor }) => {
      const all = await listAgents(tx, actor, {})
      const pages = Math.max(1, Math.ceil(all.length / pageSize))
      const page = Math.min(call.request.page, pages)
      const agents = all.slice((page - 1) * pageSize, page * pageSize).map(wordsOf)
      return { kind: 'done', agents, page, pages } as const
    }),
  ),

  adminAgent: look(withAgent<'adminAgent'>(async () => {})),

  adminCreateAgent: change((call) => asAdmin(call, (admin) => makeAgent(admin, call))),

  adminPauseAgent: change(withAgent<'adminPauseAgent'>(({ tx, actor }, tenant) => pauseAgent(tx, actor, { tenant }))),

  adminResumeAgent: change(
    withAgent<'adminResumeAgent'>(({ tx, actor }, tenant) => resumeAgent(tx, actor, { tenant })),
  ),

  adminPriceAgent: change(
    withAgent<'adminPriceAgent'>(({ tx, actor }, tenant, { request }) =>
      setMarkup(tx, actor, { tenant, markup: markupOf(request.markup) }),
    ),
  ),

  adminClaimLink: changeSaidOnce(
    (call) =>
      asAdmin(call, async ({ tx, actor }) => {
        const tenant = await agentByRef(tx, call.request.agent)
        const { link, message } = await createClaimLink(tx, actor, { tenant })
        const agent = wordsOf(await showAgent(tx, actor, { tenant }))
        return { kind: 'done', agent, link, message, hours: claimLinkTtlMs / 3_600_000 } as const
      }),
    (result) => (result.kind === 'done' ? { ...result, link: null, message: null } : result),
  ),

  adminWithdrawals: look((call) =>
    asAdmin(call, async ({ tx, actor }) => {
      const { status, before } = call.request
      const found = await listWithdrawals(tx, actor, {
        status: status ?? undefined,
        before: before ?? undefined,
        limit: pageSize + 1,
      })
      return { kind: 'done', ...withdrawalPage(found, pageSize), status } as const
    }),
  ),

  adminWithdrawal: look((call) =>
    asAdmin(call, async ({ tx, actor }) => {
      const found = await showWithdrawal(tx, actor, { id: call.request.withdrawal })
      if (found === undefined) return refused('unknown_withdrawal')
      return { kind: 'done', withdrawal: withdrawalWords(found) } as const
    }),
  ),

  adminApprove: change(
    ofWithdrawal<'adminApprove'>(({ tx, actor }, { request }) =>
      approveWithdrawal(tx, actor, { id: request.withdrawal }),
    ),
  ),

  adminReject: change(
    ofWithdrawal<'adminReject'>(({ tx, actor }, { request }) =>
      rejectWithdrawal(tx, actor, { id: request.withdrawal, reason: request.reason }),
    ),
  ),

  adminPay: change(
    ofWithdrawal<'adminPay'>(({ tx, actor }, { request }) =>
      payWithdrawal(tx, actor, { id: request.withdrawal, txid: request.txid }),
    ),
  ),

  adminWithdrawalStats: look((call) =>
    asAdmin(call, async ({ tx, actor }) => {
      const stats = (await withdrawalStats(tx, actor)).map(({ currency, states, paid_out, fees }) => ({
        currency,
        paid_out,
        fees,
        states: withdrawalStates.map((status) => ({ status, ...states[status] })),
      }))
      return { kind: 'done', stats } as const
    }),
  ),

  adminTopUps: look((call) =>
    asAdmin(call, async ({ tx, actor }) => {
      const before = call.request.before ?? undefined
      const found = await listTopUps(tx, actor, { status: 'requested', before, limit: pageSize + 1 })
      const shown = found.slice(0, pageSize)
      const older = found.length > pageSize ? (shown.at(-1)?.id ?? null) : null
      return { kind: 'done', topUps: shown.map(topUpWords), older } as const
    }),
  ),

  adminTopUp: look(ofTopUp<'adminTopUp'>(({ tx, actor }, id) => showTopUp(tx, actor, { id }))),

  adminConfirmTopUp: change(
    ofTopUp<'adminConfirmTopUp'>(({ tx, actor }, id, { request }) =>
      confirmTopUp(tx, actor, { id, externalId: request.reference }),
    ),
  ),

  adminRejectTopUp: change(
    ofTopUp<'adminRejectTopUp'>(({ tx, actor }, id, { request }) =>
      rejectTopUp(tx, actor, { id, reason: request.reason }),
    ),
  ),
}

async function makeAgent({ tx, actor }: Admin, call: RoomCall<'adminCreateAgent'>) {
  const { request, settings, keyring } = call
  // Whoever may not is told so before anything is said of the token.
  assertMay(actor, 'agent.manage')
  const { token } = orTrouble('bad_token', () => parseTelegramToken(request.token))
  const id = request.id === null ? undefined : orTrouble('bad_id', () => agentIdOf(parseAgent(request.id ?? '')))
  const name = request.name.trim()
  // A name is kept and shown: a token that slipped into it would be, too.
  if (name.length < 1 || name.length > 200 || holdsTelegramToken(name)) return refused('bad_name')
  if (request.telegram.kind === 'invalid') return refused('token_refused')
  const verified = request.telegram.kind === 'valid' ? { username: request.telegram.username } : undefined
  const bot = { platform: 'telegram', verified, name, token, server: settings.SERVERNAME, keyring: keyring() } as const
  const { agent } = await createAgent(tx, actor, { ...bot, id })
  return { kind: 'done', agent: wordsOf(agent) } as const
}

function wordsOf({ id, tenant, name, status, markup, owners, instances }: AgentView): AgentWords {
  const bots = instances.map((bot) => ({ id: bot.id, status: bot.status, state: bot.state }))
  return { ref: agentRef(tenant), id, name, status, markup, owners: owners.length, bots }
}

function topUpWords(view: TopUpView): TopUpWords {
  const { id, tenant, customer, customer_name: name, currency, amount, status, created_at, pay_until } = view
  return { id, tenant, customer: name ?? customer, currency, amount, status, created_at, pay_until }
}
