import { formatAmount } from '../../domain/money.ts'
import { enteredForAgents } from './entered.ts'
import type { ImportRun } from './import-run.ts'
import { oldCurrency } from './row.ts'

/** What the documents of an agent come to, all imports together. */
export interface AgentFacts {
  readonly tenant: string
  readonly line: number | null
  /** Whether its profits are documents (seed 000), or only counted in its own (seed 001). */
  readonly hasLedger: boolean
  readonly counters: { readonly available: bigint; readonly held: bigint; readonly paid: bigint } | null
  readonly pending: bigint
  /** Profits that have matured, less what was taken back. */
  readonly matured: bigint
  /** Of those, what the old ledger marks as withdrawn. */
  readonly withdrawn: bigint
  /** What was taken back of profits that had matured: it may have been paid out before. */
  readonly takenBack: bigint
  /** Requests that are open, and those that were paid, fees included. */
  readonly open: bigint
  readonly paid: bigint
  readonly fees: bigint
}

/** What an agent's accounts should say. */
export interface AgentBalance {
  readonly available: bigint
  readonly held: bigint
  /** Fees not included. */
  readonly paidOut: bigint
  /** Below zero, or zero. */
  readonly debt: bigint
}

/**
 * What an agent has, by its documents. Where it keeps a ledger, that and its withdrawals count, and counters must agree;
 * else its counters count, and its withdrawals must agree. @returns why they do not, in a sentence, where they do not.
 */
export function balanceOf(facts: AgentFacts): AgentBalance | string {
  const { counters, open, paid, fees } = facts
  if (!facts.hasLedger) {
    const counted = counters ?? { available: 0n, held: 0n, paid: 0n }
    if (counted.held !== open) {
      return `its profit_frozen_usdt is ${shown(counted.held)}, but its open withdrawals come to ${shown(open)}`
    }
    if (counted.paid < paid) {
      return `its total_paid_usdt is ${shown(counted.paid)}, but its paid withdrawals come to ${shown(paid)}`
    }
    return { available: counted.available, held: open, paidOut: counted.paid - fees, debt: 0n }
  }
  const left = facts.matured - open - paid
  const debt = left < 0n ? left : 0n
  if (-debt > facts.takenBack) {
    return `its matured profits come to ${shown(facts.matured)}, but its withdrawals to ${shown(open + paid)}`
  }
  const balance = { available: left - debt, held: open, paidOut: paid - fees, debt }
  const isCounted = counters !== null && counters.available + counters.held + counters.paid > 0n
  if (isCounted && (counters.available !== balance.available || counters.held !== open || counters.paid !== paid)) {
    return (
      `it counts ${shown(counters.available)} available, ${shown(counters.held)} frozen and ${shown(counters.paid)} paid, ` +
      `but agent_ledger and its withdrawals come to ${shown(balance.available)}, ${shown(open)} and ${shown(paid)}: ` +
      'remove what does not hold, its profit_..._usdt and total_paid_usdt or its rows of agent_ledger'
    )
  }
  return balance
}

function shown(amount: bigint): string {
  return formatAmount(amount, oldCurrency)
}

/** Brings each agent's accounts to what its documents come to, after their own entries. */
export async function balanceAgents(run: ImportRun): Promise<void> {
  const entered = await readEntered(run)
  for (const facts of await readAgentFacts(run)) {
    const balance = balanceOf(facts)
    const file = run.files.get('agents')?.name ?? 'agents'
    if (typeof balance === 'string') {
      run.misfits.add({ file, line: facts.line ?? 0, why: `${facts.tenant}: ${balance}` })
      continue
    }
    noteAgent(run, facts, balance)
    await enter(run, facts, balance, entered.get(facts.tenant) ?? nothing)
  }
}

function noteAgent(run: ImportRun, facts: AgentFacts, { debt }: AgentBalance): void {
  const { tenant, counters, paid, withdrawn } = facts
  if (debt < 0n) {
    run.notes.add(
      'debts',
      'agents owe what was taken back after it was paid to them; it is repaid by their next profits',
      [`${tenant}: ${shown(-debt)}`],
    )
  }
  if (facts.hasLedger && withdrawn !== paid) {
    run.notes.add(
      'withdrawn',
      'where agent_ledger marks another sum as withdrawn than was paid, the paid withdrawals count',
      [`${tenant}: ${shown(withdrawn)} marked, ${shown(paid)} paid`],
    )
  }
  if (!facts.hasLedger && counters !== null && counters.paid > paid) {
    run.notes.add(
      'paid_before',
      'total_paid_usdt is more than the paid withdrawals of the export: the rest is one paid withdrawal',
      [`${tenant}: ${shown(counters.paid - paid)}`],
    )
  }
}

/** What entries of imports have come to, this one's included. */
interface Entered {
  readonly available: bigint
  readonly paid_out: bigint
  readonly debt: bigint
}
const nothing: Entered = { available: 0n, paid_out: 0n, debt: 0n }

/** Enters the difference. */
async function enter(run: ImportRun, facts: AgentFacts, balance: AgentBalance, entered: Entered): Promise<void> {
  const { tenant } = facts
  const paidOut = balance.paidOut - entered.paid_out
  const debt = balance.debt - entered.debt
  const available = balance.available - entered.available + paidOut + debt
  if (facts.hasLedger && (available !== 0n || paidOut !== 0n)) {
    throw new Error(`the entries of ${tenant} do not come to what its ledger and its withdrawals say`)
  }
  const reference = `agents:${tenant}`
  if (paidOut < 0n) {
    run.misfits.add({
      file: run.files.get('agents')?.name ?? 'agents',
      line: facts.line ?? 0,
      why: `${tenant}: an earlier import entered ${shown(-paidOut)} of its paid withdrawals as paid before: leave those out`,
    })
    return
  }
  if (paidOut > 0n) await insertPaidBefore(run, tenant, paidOut)
  await leg(run, { reference, tenant, from: [tenant, 'available'], to: [tenant, 'paid_out'], amount: paidOut })
  await leg(run, { reference, tenant, from: [tenant, 'available'], to: [tenant, 'debt'], amount: debt })
  await leg(run, { reference, tenant, from: ['master', 'adjustment'], to: [tenant, 'available'], amount: available })
}

/** What was paid without a request that is left of it: one paid withdrawal, so that all that was paid is among them. */
async function insertPaidBefore(run: ImportRun, tenant: string, amount: bigint): Promise<void> {
  await run.tx.query(
    `insert into withdrawal (id, tenant_id, key, currency, amount, fee, address, state, approvals_needed, requested_at,
       requested_by, reviewed_at, reviewed_by, reason, paid_at, paid_by, txid)
     select id, tenant, 'import:before:' || id, $2, $3, 0, 'not recorded', 'paid', 1, at, $4, at, $4,
       'what the old system had paid, without the requests', at, $4, 'not recorded: ' || id
     from (select 'aw_before_' || left(md5($1 || pg_current_xact_id()), 20) as id, t.id as tenant, t.created_at as at
       from tenant t where t.id = $1) as paid`,
    [tenant, oldCurrency, amount.toString(), 'old system'],
  )
}

async function leg(
  run: ImportRun,
  move: {
    readonly reference: string
    readonly tenant: string
    readonly from: readonly [string, string]
    readonly to: readonly [string, string]
    /** Below zero it goes the other way. */
    readonly amount: bigint
  },
): Promise<void> {
  const { reference, tenant, amount } = move
  if (amount === 0n) return
  const [from, to] = amount > 0n ? [move.from, move.to] : [move.to, move.from]
  await run.tx.query(
    `insert into staged_leg values ($1 || '@' || pg_current_xact_id(), $2, now(), 'earnings of the old system', $3, $4, null,
       $5, $6, null, $7)`,
    [reference, tenant, ...from, ...to, (amount < 0n ? -amount : amount).toString()],
  )
}

async function readEntered(run: ImportRun): Promise<Map<string, Entered>> {
  const { rows } = await run.tx.query<{ tenant: string; available: string; paid_out: string; debt: string }>(
    `with moved as (
       ${enteredForAgents}
       union all select to_tenant, to_kind, amount from staged_leg
       union all select from_tenant, from_kind, -amount from staged_leg
     )
     select tenant, coalesce(sum(amount) filter (where kind = 'available'), 0)::text as available,
       coalesce(sum(amount) filter (where kind = 'paid_out'), 0)::text as paid_out,
       coalesce(sum(amount) filter (where kind = 'debt'), 0)::text as debt
     from moved where tenant like 'agent:%' group by tenant`,
  )
  return new Map(
    rows.map(({ tenant, available, paid_out: paidOut, debt }) => [
      tenant,
      { available: BigInt(available), paid_out: BigInt(paidOut), debt: BigInt(debt) },
    ]),
  )
}

interface FactsRow {
  tenant: string
  line: number | null
  has_ledger: boolean
  counters: { available: string; held: string; paid: string } | null
  pending: string
  matured: string
  withdrawn: string
  taken_back: string
  open: string
  paid: string
  fees: string
}

export async function readAgentFacts(run: ImportRun): Promise<AgentFacts[]> {
  const { rows } = await run.tx.query<FactsRow>(
    `with document as (
       select collection, tenant_id as tenant, state, entered_state, amount, details,
         case when collection = 'agent_ledger' then amount - coalesce((details ->> 'taken_back')::bigint, 0) end as left_over,
         case when collection <> 'agent_ledger' or entered_state in ('reverted', 'refund') then null
           when state = 'pending' then 'pending' else 'matured' end as profit
       from imported_document
       where tenant_id like 'agent:%' and collection in ('agents', 'agent_ledger', 'agent_withdrawals')
     )
     select tenant,
       (select min(s.line) from seen_document s join imported_document d on d.collection = s.collection and d.key = s.key
        where s.collection = 'agents' and d.tenant_id = tenant) as line,
       bool_or(collection = 'agent_ledger') as has_ledger,
       (array_agg(details -> 'counters') filter (where collection = 'agents' and details -> 'counters' <> 'null'))[1] as counters,
       coalesce(sum(left_over) filter (where profit = 'pending'), 0)::text as pending,
       coalesce(sum(left_over) filter (where profit = 'matured'), 0)::text as matured,
       coalesce(sum(left_over) filter (where state = 'withdrawn' and profit = 'matured'), 0)::text as withdrawn,
       coalesce(sum((details ->> 'taken_back')::bigint) filter (where details ->> 'had_matured' = 'true'), 0)::text as taken_back,
       coalesce(sum(amount) filter (where collection = 'agent_withdrawals' and state in ('requested', 'approved')), 0)::text as open,
       coalesce(sum(amount) filter (where collection = 'agent_withdrawals' and state = 'paid'), 0)::text as paid,
       coalesce(sum((details ->> 'fee')::bigint) filter (where collection = 'agent_withdrawals' and state = 'paid'), 0)::text as fees
     from document group by tenant order by tenant`,
  )
  return rows.map((row) => ({
    tenant: row.tenant,
    line: row.line,
    hasLedger: row.has_ledger,
    counters:
      row.counters === null
        ? null
        : {
            available: BigInt(row.counters.available),
            held: BigInt(row.counters.held),
            paid: BigInt(row.counters.paid),
          },
    pending: BigInt(row.pending),
    matured: BigInt(row.matured),
    withdrawn: BigInt(row.withdrawn),
    takenBack: BigInt(row.taken_back),
    open: BigInt(row.open),
    paid: BigInt(row.paid),
    fees: BigInt(row.fees),
  }))
}
