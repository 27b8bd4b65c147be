import { type ImportRun, noteLines, refuseWhere } from './import-run.ts'

/** Refuses changes that an import cannot follow. */
export async function checkChanges(run: ImportRun): Promise<void> {
  for (const collection of ['orders', 'stock', 'agent_ledger', 'agent_withdrawals', 'topups'] as const) {
    await refuseWhere(
      run,
      collection,
      `select line, 'it has changed since it was imported' as why from staged_${collection} where was is not null`,
    )
  }
}

/** Takes over what documents say now. @returns how many. */
export async function applyChanges(run: ImportRun): Promise<number> {
  let changed = 0
  for (const collection of ['agents', 'users', 'categories', 'products'] as const) {
    const { rowCount } = await run.tx.query(
      `update imported_document d set digest = s.digest, state = s.state, amount = s.amount, details = s.details
       from staged_${collection} s where s.was is not null and d.collection = $1 and d.key = s.key`,
      [collection],
    )
    changed += rowCount
  }
  const { rows } = await run.tx.query<{ line: number }>('select line from staged_products where was is not null')
  noteLines(run, 'products', {
    about: 'products_here',
    message: 'products that have changed there stay as they are here',
    lines: rows.map(({ line }) => line),
  })
  return changed
}
