/** The collections of the old system and the names that they go by (seeds 000 and 001), in the order they are read. */
export const oldCollections = {
  agents: ['agents', 'agent'],
  users: ['users', 'user'],
  categories: ['categories', 'fenlei'],
  products: ['products', 'product', 'ejfl'],
  stock: ['stock', 'hb', 'inventory'],
  agent_ledger: ['agent_ledger'],
  orders: ['orders', 'order', 'gmjlu'],
  agent_withdrawals: ['agent_withdrawals'],
  topups: ['topups', 'topup'],
} as const satisfies Record<string, readonly string[]>

export type OldCollection = keyof typeof oldCollections
