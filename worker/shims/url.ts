/** Stands in for node:url within telegraf, which only wants the class that is global anyway. */
export const URL = globalThis.URL
