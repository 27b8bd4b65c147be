/** People who operate the fleet: their names, what faces show of them, and the limits of their sessions. */
import type { Role } from './actor.ts'
import { Failure } from './failure.ts'
import type { Platform } from './instance.ts'
import { masterTenant, parseTenant } from './tenant.ts'

/** A person as `user list --json` and `/api/me` show them; times are ISO 8601 in UTC. */
export interface UserView {
  id: string
  username: string
  role: Role
  /** The only tenant an agent may touch; null for staff. */
  tenant: string | null
  created_at: string
  updated_at: string
  disabled_at: string | null
  /** Whether a login asks for a code besides the password. */
  second_factor: boolean
  /** Chat identities bound by link codes. */
  linked: { platform: Platform; platform_user_id: string; linked_at: string }[]
}

/** An open session as faces show it; times are ISO 8601 in UTC. */
export interface SessionView {
  /** What it is called here; no secret. */
  id: string
  username: string
  created_at: string
  last_seen_at: string
  expires_at: string
  /** Where the login came from: `api:<address>`. */
  source: string
  /** What the browser or program called itself. */
  user_agent: string | null
  /** Whether it is the one that asks. */
  current: boolean
}

/** A session ends after this long without a request (facts/panel-and-security.md 4.1, ASVS 7.3.1). */
export const sessionIdleMs = 30 * 60_000
/** A session ends this long after the login whatever happens (ASVS 7.3.2). */
export const sessionAbsoluteMs = 12 * 3_600_000
/** Open sessions of one person; the oldest gives way. */
export const sessionsMax = 20
/** Characters of a User-Agent that are kept. */
export const userAgentCharactersMax = 200
/** How long a link code can be redeemed. */
export const linkCodeTtlMs = 15 * 60_000

/** Throws `usage` unless the text can be a username. */
export function assertUsername(username: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{1,62}$/.test(username)) {
    throw new Failure(
      'usage',
      'a username has 2 to 63 characters: lower-case letters, digits, dot, _ and -, beginning with a letter or digit',
    )
  }
}

/** Throws `usage` unless the role and the tenant fit: an agent has a tenant of its own, nobody else has one. */
export function assertRoleFitsTenant(role: Role, tenant: string | null): void {
  if (role === 'agent' && (tenant === null || parseTenant(tenant) === masterTenant)) {
    throw new Failure('usage', 'an agent needs its tenant, written agent:<id>')
  }
  if (role !== 'agent' && tenant !== null) {
    throw new Failure('usage', `only an agent has a tenant, not the role ${role}`)
  }
}
