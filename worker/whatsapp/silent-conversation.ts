import type { ConversationSide } from './connection.ts'

/** In the conversation's place until there is one: it takes nothing and says nothing. */
export function silentConversation(): ConversationSide {
  return {
    setLimits() {},
    start() {},
    poke() {},
    drain: () => Promise.resolve(),
    readSent: () => Promise.resolve(null),
  }
}
