/** To be: RoomHandlers<keyof typeof agentCalls>, one for each call of domain/agent-calls.ts. */
export const agentHandlers = {}
