/** API tokens: `bfl_<id>_<secret>`, a name that is known and 256 bits that are not (facts/panel-and-security.md 4.2). */
import type { Permission } from './actor.ts'
import { permissionNames } from './actor.ts'
import { Failure } from './failure.ts'

/** A token as faces show it; never its secret. Times are ISO 8601 in UTC. */
export interface ApiTokenView {
  id: string
  name: string
  /** Whom it speaks for. */
  username: string
  /** What of the person's rights it has; null: all of them. */
  scopes: Permission[] | null
  created_at: string
  created_by: string
  expires_at: string | null
  last_used_at: string | null
  last_used_from: string | null
  revoked_at: string | null
}

/** Tokens of one person that are neither revoked nor expired. */
export const apiTokensMax = 50
/** Ten years; what is to be good for longer has no end. */
export const apiTokenTtlMaxMs = 3653 * 86_400_000

const shape = /^bfl_([a-z2-7]{8})_([\w-]{43})$/

/** A token's two parts; undefined for what is none. */
export function parseApiToken(text: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = shape.exec(text) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** A token as its holder gets it. */
export function apiTokenText(id: string, secret: string): string {
  return `bfl_${id}_${secret}`
}

/** Throws `usage` for a word that is no permission; scopes come out once each. */
export function parseScopes(words: readonly string[]): Permission[] {
  const scopes = words.map((word) => {
    const scope = permissionNames.find((name) => name === word)
    if (scope === undefined) {
      throw new Failure('usage', `${JSON.stringify(word)} is no scope; scopes are rights such as ${scopeExamples}`)
    }
    return scope
  })
  return [...new Set(scopes)]
}

const scopeExamples = 'instance.read, instance.approve or audit.read'
