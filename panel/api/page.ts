/** A page of a list from a service that lists what stands behind an id: asks for one more to know whether there is more. */
export async function pageOf<Item extends { readonly id: string | number }>(
  limit: number,
  list: (limit: number) => Promise<Item[]>,
): Promise<{ items: Item[]; next_cursor: string | null }> {
  const found = await list(limit + 1)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: found.length > limit && last !== undefined ? String(last.id) : null }
}
