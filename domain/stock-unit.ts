/** The states of a unit of goods; which leads to which, the database guards (migration 0006). */
export const stockStates = ['available', 'reserved', 'sold', 'spoilt'] as const
export type StockState = (typeof stockStates)[number]
