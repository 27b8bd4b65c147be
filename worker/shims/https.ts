/**
 * Stands in for node:https within telegraf, which makes an agent as it is loaded. Loading TLS costs megabytes; only a
 * worker whose API root is `https:` needs it, and telegram-api.ts loads it then and gives telegraf its agent.
 */
export class Agent {}
