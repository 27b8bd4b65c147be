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

const agentPrefix = 'agent:'
const agentIdPattern = /^[a-z0-9_-]{1,50}$/

/** The tenant of an agent, from its id or its tenant: `agent001` and `agent:agent001` (seed row S0-013). */
export function parseAgent(text: string): string {
  const id = text.startsWith(agentPrefix) ? text.slice(agentPrefix.length) : text
  if (agentIdPattern.test(id) && id !== masterTenant) return `${agentPrefix}${id}`
  throw new Failure(
    'usage',
    `the id of an agent has lower-case letters, digits, _ or -, at most 50, and is not '${masterTenant}'; not '${text}'`,
  )
}

/** A shop, from what people call it: `master`, or an agent as `parseAgent` reads it. */
export function parseShop(text: string): string {
  return text === masterTenant ? masterTenant : parseAgent(text)
}

/** The id of an agent behind its tenant; `master` for the master. */
export function agentIdOf(tenant: string): string {
  return tenant.startsWith(agentPrefix) ? tenant.slice(agentPrefix.length) : tenant
}

/** An id for an agent that was given none: `agent_20250124_143022`, in UTC (seed row S1-032). */
export function agentIdAt(time: Date): string {
  const [day = '', clock = ''] = time.toISOString().replaceAll(/[-:]/g, '').split(/[T.]/)
  return `agent_${day}_${clock}`
}
