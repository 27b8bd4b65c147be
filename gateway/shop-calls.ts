/** To be: RoomHandlers<keyof typeof shopCalls>, one for each call of domain/shop-calls.ts. */
export const shopHandlers = {}
