import { Failure } from './failure.ts'

export const masterTenant = 'master'
const pattern = /^agent:[a-z0-9_-]{1,50}$/

/** Checks a tenant id: `master` or `agent:<agent_id>` (seed rows S0-007, S0-008). */
export function parseTenant(text: string): string {
  if (text === masterTenant || pattern.test(text)) return text
  throw new Failure(
    'usage',
    `a tenant is 'master' or 'agent:<id>' with lower-case letters, digits, _ or -, at most 50; not '${text}'`,
  )
}
