import type { Turn } from '../turn.ts'

/**
 * Names a press for good, under whatever update it comes again. The chat stands in it, since whoever knows another
 * person's button would else be told what came of it.
 */
export function pressOf({ chatKey }: Turn, route: string, nonce: string): string {
  return `${chatKey}:${route}:${nonce}`
}
