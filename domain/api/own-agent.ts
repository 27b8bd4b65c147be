/** What an agent does with its own tenant, by the routes of the seeds: staff name the agent instead. */
import { z } from 'zod'
import { shopSchema } from './agent-schemas.ts'
import { endpoint } from './endpoint.ts'
import { pageOf } from './parts.ts'
import { setPricing } from './shops.ts'
import { earningsAnswer, withdrawalPage, withdrawalRequest, withdrawalSchema, withdrawalState } from './withdrawals.ts'

export const ownEarnings = endpoint({
  method: 'get',
  path: '/api/agent/earnings',
  access: 'agent.self',
  tag: 'withdrawals',
  summary: 'What the agent who asks has earned (seed row S0-080).',
  answer: earningsAnswer,
})

export const ownWithdrawals = endpoint({
  method: 'get',
  path: '/api/agent/withdrawals',
  access: 'agent.self',
  tag: 'withdrawals',
  summary: 'The withdrawals of the agent who asks, newest first (seed row S0-083).',
  query: z.strictObject({ status: withdrawalState, ...withdrawalPage }),
  answer: pageOf(withdrawalSchema),
})

export const requestOwnWithdrawal = endpoint({
  method: 'post',
  path: '/api/agent/withdrawals',
  access: 'agent.self',
  tag: 'withdrawals',
  summary: 'Requests a withdrawal of the own profit (seed row S0-082).',
  key: 'optional',
  body: z.strictObject(withdrawalRequest),
  status: 201,
  answer: withdrawalSchema,
})

export const setOwnPricing = endpoint({
  method: 'put',
  path: '/api/agent/pricing',
  access: 'agent.self',
  tag: 'agents',
  summary: 'Sets the own markup, for later orders (seed row S0-081).',
  body: setPricing.body,
  answer: shopSchema,
})
