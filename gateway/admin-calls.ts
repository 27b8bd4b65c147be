/** To be: RoomHandlers<keyof typeof adminCalls>, one for each call of domain/admin-calls.ts. */
export const adminHandlers = {}
