import { writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Database } from '../../db/database.ts'
import type { Actor } from '../../domain/actor.ts'
import { makeKeyring } from '../../domain/keyring.ts'
import { createProduct } from '../../services/catalogue/create-product.ts'
import { addStock } from '../../services/stock/add-stock.ts'
import type { Figure, Run } from '../figure.ts'

const units = 100_000
const actor: Actor = { name: 'bench', userId: null, role: 'owner', tenant: null, source: 'bench' }
const product = 'vpn'

export const importStock: Figure = {
  name: 'import',
  title: '100,000 stock units imported from a file',
  unit: 'ms',
  digits: 0,
  floor: 'bare COPY of the same rows',
  reach: { text: 'ratio < 10', holds: ({ ratio }) => ratio !== undefined && ratio.median < 10 },
  how: 'A file of 100,000 lines of 40 bytes, read, each line sealed, given its fingerprint and put in stock, from the opening of the file to the commit. The floor: COPY of the very rows that this gave, by the server from a file of its own, into a table with the same columns and neither index, key nor trigger.',
  measure,
}

async function measure({ bench }: Run): Promise<{ ours: number; floor: number }> {
  const made = await bench.makeDatabase()
  const database = Database.open(made.url, { applicationName: 'bench', queryTimeoutMs: 60_000 })
  try {
    const path = join(bench.makeFolder(), 'units.txt')
    writeFileSync(path, Array.from({ length: units }, (_, at) => lineOf(at)).join(''))
    await database.transaction((tx) =>
      createProduct(tx, actor, { id: product, name: 'VPN', currency: 'USDT', basePrice: 1n }),
    )
    await database.query('checkpoint')
    const ours = await timeOf(() => importFile(database, makeKeyring([bench.key]), path))
    await database.query('checkpoint')
    return { ours, floor: await copyBare(database) }
  } finally {
    await database.close()
    await made.drop()
  }
}

function lineOf(at: number): string {
  return `user${String(at).padStart(7, '0')}@mail.example:pw-${String((at * 2_654_435_761) % 2 ** 32).padStart(10, '0')}-x\n`
}

async function importFile(database: Database, keyring: ReturnType<typeof makeKeyring>, path: string): Promise<void> {
  const goods = { lines: await readFile(path) }
  const { added } = await database.transaction((tx) =>
    addStock(tx, actor, { product, keyring, source: 'units.txt', goods }),
  )
  if (added !== units) throw new Error(`${added} units were added`)
}

/** Milliseconds of a bare COPY of the rows that are in stock. */
async function copyBare(database: Database): Promise<number> {
  const shown = await database.query<{ data_directory: string }>('show data_directory')
  const file = join(shown.rows[0]?.data_directory ?? '', 'bench-units.copy')
  await database.query(`copy stock_unit to '${file}'`)
  await database.query('create table bare_unit (like stock_unit)')
  return timeOf(() => database.query(`copy bare_unit from '${file}'`))
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await work()
  return performance.now() - startedAtMs
}
