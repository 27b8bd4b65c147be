import type { Tx } from '../db/transaction.ts'
import type { Platform } from '../domain/instance.ts'
import { type Language, languages, type Person } from '../domain/worker-contract.ts'
import { type Fence, type FencedInstance, fencedCall } from './fence.ts'

export interface ArrivedCustomer {
  readonly customerId: string
  readonly language: Language | null
}

/** What every call of a turn names. */
export interface TurnWords {
  /** The channel's own key of the update, for example `tg:123`. */
  readonly updateKey: string
  /** A second key for what may come again under another update key; null when there is none. */
  readonly nonce: string | null
  /** Where the channel stands before this attempt to answer; null when it cannot say. */
  readonly answerMark: string | null
  readonly person: Person
}

interface Opened {
  readonly instance: FencedInstance
  /** Under the name by which they are a customer. */
  readonly person: Person
}

export type OpenedTurn =
  | (Opened & { readonly repeated: false; readonly customer: ArrivedCustomer })
  | (Opened & {
      /** The update's effect had been applied before; `outcome` is what it came to then. */
      readonly repeated: true
      readonly outcome: unknown
      /** The answer to this update had gone out before. */
      readonly answered: boolean
      /** Marks of earlier attempts to answer, oldest first, the last few. */
      readonly earlierMarks: readonly string[]
    })

interface TurnRow {
  tenant: string
  channel: Platform
  name: string
  customer: string | null
  language: Language | null
  repeated: boolean
  answered: boolean
  earlier_marks: string[]
  outcome: unknown
}

const marksMax = 5

/**
 * Begins a turn, in one statement: passes the fence, takes the update once, and its nonce where it has one, and notes that
 * the person wrote to the bot: the customer of its tenant is made or refreshed, the chat is known and no longer blocked.
 * A second caller waits for the first one's transaction and then has its outcome. `onlyArrives`: that the person came is
 * all the turn's outcome; else `keepOutcome` must follow in the same transaction.
 * Throws `Fenced`, and `unavailable` when the subscription has ended by the clock alone.
 */
export async function openTurn(
  tx: Tx,
  claim: Fence,
  { updateKey, nonce, answerMark, person }: TurnWords,
  { onlyArrives }: { readonly onlyArrives: boolean },
): Promise<OpenedTurn> {
  const { platformUserId, lid = null, chatId, username, displayName, languageHint } = person
  const [row] = await fencedCall<TurnRow>(tx, 'open_turn', claim, [
    updateKey,
    nonce === null ? null : `nonce:${nonce}`,
    answerMark,
    platformUserId,
    lid,
    chatId,
    username,
    displayName,
    languageHint,
    languages,
    onlyArrives,
    marksMax,
  ])
  if (row === undefined) throw new Error('a function with a row of its own returned none')
  const { tenant, channel: platform, name, answered, outcome, earlier_marks: earlierMarks } = row
  const opened = {
    instance: { instanceId: claim.instanceId, tenant, platform },
    person: { ...person, platformUserId: name },
  }
  if (row.repeated) return { ...opened, repeated: true, outcome, answered, earlierMarks }
  if (row.customer === null) throw new Error('nobody arrived in a turn that began')
  return { ...opened, repeated: false, customer: { customerId: row.customer, language: row.language } }
}
