/** Why money moved: what an entry of the journal records. */
export const entryKinds = [
  'sale',
  'refund',
  'mature',
  'top_up',
  'adjustment',
  'withdrawal_request',
  'withdrawal_release',
  'withdrawal_payment',
  'import',
] as const
export type EntryKind = (typeof entryKinds)[number]
