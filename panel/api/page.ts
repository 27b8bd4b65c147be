import { Failure } from '../../domain/failure.ts'

/**
 * A page of a list from a service that lists what stands behind a cursor: asks for one more to know whether there is
 * more. The cursor of an item is its id where nothing else is said.
 */
export async function pageOf<Item extends { readonly id: string | number }>(
  limit: number,
  list: (limit: number) => Promise<Item[]>,
): Promise<Page<Item>>
export async function pageOf<Item>(
  limit: number,
  list: (limit: number) => Promise<Item[]>,
  cursorOf: (item: Item) => string,
): Promise<Page<Item>>
export async function pageOf<Item extends { readonly id?: unknown }>(
  limit: number,
  list: (limit: number) => Promise<Item[]>,
  cursorOf = (item: Item) => String(item.id),
): Promise<Page<Item>> {
  const found = await list(limit + 1)
  const items = found.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: found.length > limit && last !== undefined ? cursorOf(last) : null }
}

interface Page<Item> {
  items: Item[]
  next_cursor: string | null
}

/** The refusal of a cursor that no page has said. */
export function noCursor(cause?: unknown): Failure {
  return new Failure('usage', 'cursor is the next_cursor of the page before', { cause })
}

/** Throws `usage` for a cursor that names nothing: the page behind it would look like the last one. */
export async function assertCursor(cursor: string | undefined, find: (id: string) => Promise<unknown>): Promise<void> {
  if (cursor === undefined) return
  await find(cursor).catch((error: unknown) => {
    throw error instanceof Failure && error.code === 'not_found' ? noCursor(error) : error
  })
}
