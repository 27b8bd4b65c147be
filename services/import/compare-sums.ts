import { formatAmount } from '../../domain/money.ts'
import { type AgentFacts, balanceOf, readAgentFacts } from './balance-agents.ts'
import { enteredForAgents, enteredForCustomers } from './entered.ts'
import type { ImportRun } from './import-run.ts'
import { oldCurrency } from './row.ts'

/** One number of the report: what the files say, and what is here because of them. */
export interface ComparedSum {
  readonly what: string
  /** Null where it is the master's alone. */
  readonly tenant: string | null
  readonly source: Sum
  readonly imported: Sum
  readonly matches: boolean
}

/** `amount`: a decimal string; null where only the number counts. */
export interface Sum {
  readonly count: number | null
  readonly amount: string | null
}

interface Exact {
  readonly count: bigint | null
  readonly amount: bigint | null
}

type Numbers = Map<string, Exact>

/**
 * Compares, number by number. The source's side is added up from the files while they are read; the other side from the
 * rows and transfers that are here, so that a row that was lost on the way, or money that went elsewhere, is seen.
 */
export async function compareSums(run: ImportRun): Promise<ComparedSum[]> {
  const source = sourceNumbers(run)
  const imported = await importedNumbers(run)
  const keys = [...new Set([...source.keys(), ...imported.keys()])].sort()
  const revenue = await compareRevenue(run)
  const agents = await compareAgents(run)
  return [...keys.map((key) => compared(key, source.get(key), imported.get(key))), ...revenue, ...agents]
}

function compared(key: string, source: Exact | undefined, imported: Exact | undefined): ComparedSum {
  const [what = '', tenant = ''] = key.split('\t')
  const of = source ?? zeroLike(imported)
  const here = imported ?? zeroLike(source)
  return {
    what,
    tenant: tenant === '' ? null : tenant,
    source: shownSum(of),
    imported: shownSum(here),
    matches: of.count === here.count && of.amount === here.amount,
  }
}

function zeroLike(other: Exact | undefined): Exact {
  return { count: other?.count === null ? null : 0n, amount: other?.amount === null ? null : 0n }
}

function shownSum({ count, amount }: Exact): Sum {
  return {
    count: count === null ? null : Number(count),
    amount: amount === null ? null : formatAmount(amount, oldCurrency),
  }
}

/** The files' own words for the report's lines; stock is counted only. */
const namesOf: Readonly<Record<string, (state: string) => string | null>> = {
  agents: () => 'agents',
  users: () => 'customers and their balances',
  stock: (state) => `stock ${state}`,
  orders: (state) => `orders ${state}`,
  agent_ledger: (state) => (state === 'refund' ? null : `profits ${state}`),
  agent_withdrawals: (state) => `withdrawals ${state}`,
  topups: (state) => `top-ups ${state}`,
}

const countedOnly = ['agents', 'stock']

function sourceNumbers(run: ImportRun): Numbers {
  const numbers: Numbers = new Map()
  for (const { collection, tenant, state, count, amount } of run.sums.list()) {
    const what = namesOf[collection]?.(state) ?? null
    if (what === null) continue
    add(numbers, `${what}\t${tenant ?? ''}`, {
      count: BigInt(count),
      amount: countedOnly.includes(collection) ? null : amount,
    })
  }
  return numbers
}

function add(numbers: Numbers, key: string, more: Exact): void {
  const { count, amount } = numbers.get(key) ?? { count: 0n, amount: 0n }
  numbers.set(key, {
    count: more.count === null ? null : (count ?? 0n) + more.count,
    amount: more.amount === null ? null : (amount ?? 0n) + more.amount,
  })
}

/** Each by the rows that the documents of this export became, and their money by the transfers. */
const statements: readonly string[] = [
  `select 'agents', d.tenant_id, count(*), null from seen join imported_document d using (collection, key)
   join tenant t on t.id = d.target where collection = 'agents' group by d.tenant_id`,
  `select 'customers and their balances' as what, d.tenant_id as tenant, count(distinct c.id) as count,
     coalesce(sum(m.amount), 0) as amount
   from seen join imported_document d using (collection, key) join customer c on c.id = d.target
   left join entered m on m.customer = c.id where collection = 'users' group by d.tenant_id`,
  `select 'stock ' || d.state, null, count(*), null from seen join imported_document d using (collection, key)
   left join stock_unit u on u.id = d.target::bigint
   where collection = 'stock' and (u.id is not null or d.entered_state = 'duplicate') group by d.state`,
  `select 'orders ' || d.state, d.tenant_id, count(*), sum(o.total) from seen join imported_document d using (collection, key)
   join customer_order o on o.id = d.target::bigint where collection = 'orders' group by d.tenant_id, d.state`,
  `select 'profits ' || d.state, d.tenant_id, count(*), coalesce(sum(p.amount), 0)
   from seen join imported_document d using (collection, key)
   left join agent_profit p on p.order_id = d.target::bigint
   where collection = 'agent_ledger' and d.state <> 'refund' group by d.tenant_id, d.state`,
  `select 'withdrawals ' || d.state, d.tenant_id, count(*), sum(w.amount)
   from seen join imported_document d using (collection, key) join withdrawal w on w.id = d.target
   where collection = 'agent_withdrawals' group by d.tenant_id, d.state`,
  `select 'top-ups ' || d.state, d.tenant_id, count(*), sum(case when d.state = 'confirmed' then p.amount else t.amount end)
   from seen join imported_document d using (collection, key) join top_up t on t.id = d.target::bigint
   left join payment p on p.top_up_id = t.id
   where collection = 'topups' group by d.tenant_id, d.state`,
]

async function importedNumbers(run: ImportRun): Promise<Numbers> {
  const numbers: Numbers = new Map()
  for (const statement of statements) {
    const { rows } = await run.tx.query<{ what: string; tenant: string | null; count: string; amount: string | null }>(
      `with seen as (select distinct collection, key from seen_document),
       entered as (${enteredForCustomers})
       select what, tenant, count::text, amount::text from (${statement}) as r (what, tenant, count, amount)`,
    )
    for (const { what, tenant, count, amount } of rows) {
      add(numbers, `${what}\t${tenant ?? ''}`, {
        count: BigInt(count),
        amount: amount === null ? null : BigInt(amount),
      })
    }
  }
  return numbers
}

/** What customers have paid for orders that were not refunded, against what left their accounts for them. */
async function compareRevenue(run: ImportRun): Promise<ComparedSum[]> {
  const { rows } = await run.tx.query<{ tenant: string; said: string; paid: string }>(
    `with seen as (select distinct collection, key from seen_document), sold as (
       select d.tenant_id as tenant, 'orders:' || d.key as reference,
         d.amount - coalesce((d.details ->> 'taken_back')::bigint, 0) as amount
       from seen join imported_document d using (collection, key)
       where collection = 'orders' and d.entered_state = 'paid'
     ), paid as (
       select e.reference, sum(t.amount) as amount from journal_entry e join transfer t on t.entry_id = e.id
       join account a on a.id = t.from_account and a.kind = 'customer'
       where e.kind = 'import' group by e.reference
     )
     select tenant, sum(sold.amount)::text as said, coalesce(sum(paid.amount), 0)::text as paid
     from sold left join paid using (reference) group by tenant order by tenant`,
  )
  return rows.map(({ tenant, said, paid }) => ({
    what: 'revenue, with agents’ profits',
    tenant,
    source: shownSum({ count: null, amount: BigInt(said) }),
    imported: shownSum({ count: null, amount: BigInt(paid) }),
    matches: said === paid,
  }))
}

/** What each agent has, by all documents of it, against its accounts as imports have entered them. */
async function compareAgents(run: ImportRun): Promise<ComparedSum[]> {
  const { rows } = await run.tx.query<{ tenant: string; kind: string; amount: string }>(
    `select tenant, kind, amount::text from (${enteredForAgents}) as entered
     where kind in ('pending', 'available', 'held', 'paid_out', 'debt')`,
  )
  const entered = new Map(rows.map(({ tenant, kind, amount }) => [`${tenant}\t${kind}`, BigInt(amount)]))
  return (await readAgentFacts(run)).flatMap((facts) => agentSums(facts, entered))
}

function agentSums(facts: AgentFacts, entered: ReadonlyMap<string, bigint>): ComparedSum[] {
  const balance = balanceOf(facts)
  if (typeof balance === 'string') throw new Error(`${facts.tenant}: ${balance}`)
  const wanted: Readonly<Record<string, bigint>> = {
    pending: facts.pending,
    available: balance.available,
    held: balance.held,
    paid_out: balance.paidOut,
    debt: balance.debt,
  }
  return Object.entries(wanted).flatMap(([kind, amount]) => {
    const here = entered.get(`${facts.tenant}\t${kind}`) ?? 0n
    const sum = {
      what: `profit ${kind.replace('_', ' ')}`,
      tenant: facts.tenant,
      source: shownSum({ count: null, amount }),
      imported: shownSum({ count: null, amount: here }),
      matches: amount === here,
    }
    return kind === 'debt' && amount === 0n && here === 0n ? [] : [sum]
  })
}
