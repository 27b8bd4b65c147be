/** Agents and their owners over HTTP. What a shop has set is next door (shops.ts). */
import { z } from 'zod'
import { agentStatuses } from '../agent.ts'
import { placements, platforms } from '../instance.ts'
import { agentSchema, ownerSchema } from './agent-schemas.ts'
import { endpoint } from './endpoint.ts'
import { months, name, paid, phone, serverName, token } from './instances.ts'
import { agentTenant, cursor, instant, limit, pageOf } from './parts.ts'

const ofAgent = z.strictObject({ id: agentTenant })
const owners = z.strictObject({ items: z.array(ownerSchema) })

export const listAgents = endpoint({
  method: 'get',
  path: '/api/agents',
  access: 'agent.read',
  tag: 'agents',
  summary: 'Agents with their bots, customers and sales, by name; an agent sees itself.',
  command: 'agent list',
  query: z.strictObject({
    status: z.enum(agentStatuses).optional(),
    limit: limit(),
    cursor: cursor.optional(),
  }),
  answer: pageOf(agentSchema),
})

export const createAgent = endpoint({
  method: 'post',
  path: '/api/agents',
  access: 'agent.manage',
  tag: 'agents',
  summary: 'Adds an agent with its shop and its first bot, and approves the bot when months are given.',
  command: 'agent create',
  key: 'optional',
  body: z.strictObject({
    /** Left out: made of the time. */
    id: z.string().max(100).optional(),
    name,
    /** Left out: what the token or the number says. */
    platform: z.enum(platforms).optional(),
    token: token.optional(),
    phone_number: phone.optional(),
    /** The owner's id on that platform. */
    owner_id: z.string().max(100).optional(),
    server: serverName.optional(),
    placement: z.enum(placements).optional(),
    duration_months: months.optional(),
    ...paid,
  }),
  status: 201,
  answer: agentSchema,
})

export const showAgent = endpoint({
  method: 'get',
  path: '/api/agents/:id',
  access: 'agent.read',
  tag: 'agents',
  summary: 'One agent.',
  command: 'agent show',
  params: ofAgent,
  answer: agentSchema,
})

export const pauseAgent = endpoint({
  method: 'post',
  path: '/api/agents/:id/pause',
  access: 'agent.manage',
  tag: 'agents',
  summary: 'Stops its bots; it sells nothing until it resumes.',
  command: 'agent pause',
  key: 'optional',
  params: ofAgent,
  answer: agentSchema,
})

export const resumeAgent = endpoint({
  method: 'post',
  path: '/api/agents/:id/resume',
  access: 'agent.manage',
  tag: 'agents',
  summary: 'Lets it sell again, and starts the bots that pausing stopped.',
  command: 'agent resume',
  key: 'optional',
  params: ofAgent,
  answer: agentSchema,
})

export const listOwners = endpoint({
  method: 'get',
  path: '/api/agents/:id/owners',
  access: 'agent.read',
  tag: 'agents',
  summary: "Who owns an agent's shop, in the order in which they came.",
  command: 'agent owner list',
  params: ofAgent,
  answer: owners,
})

export const addOwner = endpoint({
  method: 'post',
  path: '/api/agents/:id/owners',
  access: 'agent.manage',
  tag: 'agents',
  summary: 'Makes a chat identity an owner; answers with all of them.',
  command: 'agent owner add',
  key: 'optional',
  params: ofAgent,
  body: z.strictObject({
    platform: z.enum(platforms).default('telegram'),
    platform_user_id: z.string().min(1).max(40),
  }),
  answer: owners,
})

export const removeOwner = endpoint({
  method: 'delete',
  path: '/api/agents/:id/owners/:platform/:platform_user_id',
  access: 'agent.manage',
  tag: 'agents',
  summary: 'Takes an owner away; answers with those that are left.',
  command: 'agent owner remove',
  params: z.strictObject({
    id: agentTenant,
    platform: z.enum(platforms),
    platform_user_id: z.string().min(1).max(40),
  }),
  answer: owners,
})

export const createClaimLink = endpoint({
  method: 'post',
  path: '/api/agents/:id/claim-links',
  access: 'agent.manage',
  tag: 'agents',
  summary: 'Makes a one-time link that makes whoever opens it an owner; it is shown once.',
  command: 'agent owner claim',
  key: 'optional',
  secretAnswer: true,
  params: ofAgent,
  status: 201,
  answer: z
    .strictObject({
      tenant: z.string(),
      /** Null where the shop has no bot that a link could open. */
      link: z.string().nullable(),
      /** What is sent to a bot of the shop instead. */
      message: z.string(),
      expires_at: instant,
    })
    .meta({ id: 'ClaimLink' }),
})
