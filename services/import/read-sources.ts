import { parseExtendedJson } from '../../domain/extended-json.ts'
import { fingerprintKey } from '../stock/fingerprint-key.ts'
import { makeSealer, type Sealer } from '../stock/seal-stock.ts'
import { type AgentDocument, decodeAgent } from './decode/agent.ts'
import type { Decoded } from './decode/decoded.ts'
import { decodeOrder, orderNumberOf } from './decode/order.ts'
import type { LedgerPrice } from './decode/price-of.ts'
import { decodeCategory, decodeProduct } from './decode/product.ts'
import { decodeProfit } from './decode/profit.ts'
import { decodeStock, type Goods, GoodsGuess, type GoodsIn } from './decode/stock.ts'
import { decodeTopUp } from './decode/top-up.ts'
import { decodeUser } from './decode/user.ts'
import { decodeWithdrawal } from './decode/withdrawal.ts'
import type { ImportRun } from './import-run.ts'
import { Misfit } from './misfit.ts'
import { type CollectionReader, readCollection } from './read-collection.ts'
import { Row } from './row.ts'

/** An agent that is new in this import, or has changed. */
export interface ReadAgent {
  readonly line: number
  readonly agent: AgentDocument
}

/** Reads every file once (stock twice) into the stage. @returns the agents, whose bots are made one by one. */
export async function readSources(run: ImportRun): Promise<ReadAgent[]> {
  const agents: ReadAgent[] = []
  await readCollection(run, 'agents', {
    decode: (row, line) => {
      const { decoded, agent } = decodeAgent(row, run.oldKeys)
      agents.push({ line, agent })
      return decoded
    },
  })
  await readCollection(run, 'users', { decode: decodeUser })
  await readCollection(run, 'categories', { decode: decodeCategory })
  await readCollection(run, 'products', { decode: decodeProduct })
  await readCollection(run, 'stock', await stockReader(run))
  await readCollection(run, 'agent_ledger', { decode: decodeProfit })
  await readCollection(run, 'orders', await orderReader(run))
  await readCollection(run, 'agent_withdrawals', { decode: decodeWithdrawal })
  await readCollection(run, 'topups', { decode: decodeTopUp })
  return agents
}

/** Stock is sealed as soon as it is read: no temporary table holds goods in plain words. */
async function stockReader(run: ImportRun): Promise<CollectionReader> {
  if (!run.files.has('stock')) return { decode: () => never() }
  const goodsIn = await guessGoods(run)
  const key = await fingerprintKey(run.tx, run.keyring)
  const sealers = new Map<string, Sealer>()
  const sealerOf = (product: string) => {
    const sealer = sealers.get(product) ?? makeSealer(product, run.keyring, key)
    sealers.set(product, sealer)
    return sealer
  }
  const goodsOf = new WeakMap<Decoded, { goods: Goods; sealer: Sealer }>()
  return {
    decode: (row) => {
      const { decoded, product, goods } = decodeStock(row, goodsIn)
      const sealer = sealerOf(product)
      const known = { ...decoded, columns: { ...decoded.columns, fingerprint: sealer.fingerprint(goods.bytes) } }
      goodsOf.set(known, { goods, sealer })
      return known
    },
    complete: (decoded) => {
      const found = goodsOf.get(decoded) ?? never()
      return { key_id: found.sealer.keyId, sealed: found.sealer.seal(found.goods.bytes) }
    },
  }
}

/** Where a menu of products is exported, `projectname` of stock is the goods; else the documents tell. */
async function guessGoods(run: ImportRun): Promise<GoodsIn> {
  const file = run.files.get('stock')
  if (file === undefined || run.files.has('products')) return 'projectname'
  const guess = new GoodsGuess()
  for await (const document of file.documents()) {
    if ('trouble' in document) continue
    try {
      guess.look(new Row(parseExtendedJson(document.text), run.reading))
    } catch {
      // The second reading says what is wrong with it.
    }
  }
  if (guess.hasLooked) {
    const field = guess.goodsIn
    run.notes.add('goods', `the goods of stock are read from ${field}, since no other field has them`, [file.name])
  }
  return guess.goodsIn
}

async function orderReader(run: ImportRun): Promise<CollectionReader> {
  await run.tx.query('create index on staged_agent_ledger (number)')
  const withLedger = await tenantsWithLedger(run)
  let prices = new Map<string, LedgerPrice>()
  return {
    prepare: async (rows) => {
      prices = await ledgerPrices(run, rows.flatMap(numbersOf))
    },
    decode: (row) => {
      const hasLedger = withLedger.has(row.tenant())
      return decodeOrder(row, prices.get(orderNumberOf(row)) ?? (hasLedger ? null : undefined))
    },
  }
}

/** A row without a number is found when it is decoded. */
function numbersOf(row: Row): string[] {
  try {
    return [orderNumberOf(row)]
  } catch (error) {
    if (error instanceof Misfit) return []
    throw error
  }
}

/** Agents whose profits are documents (seed 000); the others only count them (seed 001). */
async function tenantsWithLedger(run: ImportRun): Promise<Set<string>> {
  const { rows } = await run.tx.query<{ tenant_id: string }>(
    `select tenant_id from staged_agent_ledger
     union select tenant_id from imported_document where collection = 'agent_ledger'`,
  )
  return new Set(rows.map((row) => row.tenant_id))
}

interface LedgerRow {
  number: string
  tenant_id: string
  quantity: number | null
  base_price: string | null
  unit_price: string | null
  amount: string
  state: string
  taken_back: string
}

/** What the agents' ledger says of these orders, from this export or an earlier one. */
async function ledgerPrices(run: ImportRun, numbers: readonly string[]): Promise<Map<string, LedgerPrice>> {
  const { rows } = await run.tx.query<LedgerRow>(
    `with entry as (
       select key, number, tenant_id, state, amount, details from staged_agent_ledger where number = any($1)
       union all
       select key, number, tenant_id, state, amount, details from imported_document d
       where collection = 'agent_ledger' and number = any($1)
         and not exists (select from staged_agent_ledger s where s.key = d.key)
     )
     select number, tenant_id, (details ->> 'quantity')::int as quantity, details ->> 'base_price' as base_price,
       details ->> 'unit_price' as unit_price, amount::text, state,
       (select coalesce(sum(r.amount), 0) from entry r where r.number = e.number and r.state = 'refund')::text as taken_back
     from entry e where state <> 'refund'`,
    [numbers],
  )
  return new Map(
    rows.map((row) => [
      row.number,
      {
        tenant: row.tenant_id,
        quantity: row.quantity,
        base: amountOf(row.base_price),
        unit: amountOf(row.unit_price),
        profit: BigInt(row.amount),
        isReverted: row.state === 'reverted' || (row.amount !== '0' && BigInt(row.taken_back) >= BigInt(row.amount)),
      },
    ]),
  )
}

function amountOf(text: string | null): bigint | null {
  return text === null ? null : BigInt(text)
}

function never(): never {
  throw new Error('stock was decoded that was not read')
}
