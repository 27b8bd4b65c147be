export const agentCalls = {} as const
