export const outboxCalls = {} as const
