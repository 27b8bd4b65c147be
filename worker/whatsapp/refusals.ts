/** What WhatsApp's refusals of a message mean, by the server's numbers. */

/** The recipient is not there, or takes no messages from us. */
const goneCodes: ReadonlySet<number> = new Set([403, 404, 410])
/**
 * They say nothing of the message: the account may not begin chats for a while (463), or sends too much. To try sooner makes
 * it worse.
 */
const heldBackCodes: ReadonlySet<number> = new Set([429, 463])
const heldBackMs = 15 * 60_000

export type Refusal =
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused' }
  /** Null: as ever after a failure. */
  | { readonly kind: 'later'; readonly afterMs: number | null }

export function refusalOf(reason: string): Refusal {
  const code = Number(/\b[45]\d\d\b/.exec(reason)?.[0] ?? 0)
  if (goneCodes.has(code)) return { kind: 'gone' }
  if (heldBackCodes.has(code)) return { kind: 'later', afterMs: heldBackMs }
  return code >= 500 ? { kind: 'later', afterMs: null } : { kind: 'refused' }
}
