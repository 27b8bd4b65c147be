import { tellStock } from '../services/stock/tell-stock.ts'
import type { OrchestratorContext } from './context.ts'
import { type Part, startRepeating } from './repeating.ts'

const everyMs = 60_000

/**
 * Tells who should know that a product runs low or is there again. What is added or removed is told of at once; this is
 * for what orders take and what they give back. On several servers each is told once all the same.
 */
export function startStockWatch(context: OrchestratorContext): Part {
  return startRepeating(context, {
    name: 'telling of the stock',
    work: async () => void (await context.database.transaction((tx) => tellStock(tx))),
    nextInMs: () => everyMs,
  })
}
