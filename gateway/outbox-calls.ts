import type { outboxCalls } from '../domain/outbox-calls.ts'
import type { BusinessCall } from './call-frame.ts'

export const outboxHandlers: { readonly [N in keyof typeof outboxCalls]: BusinessCall } = {}
