/** The answers of the API that the pages show, by their names in its document. */
import type { Operations, Schemas } from './api-types.ts'

export type InstanceView = Schemas['Instance']
export type EventView = Schemas['InstanceEvent']
export type PairingView = Schemas['Pairing']
export type TokenVerdict = Schemas['TokenVerdict']
export type Me = Schemas['Me']
export type ServerView = Schemas['Server']
export type Servers = Operations['GET /api/servers']['answer']
export type LogEntry = Schemas['LogEntry']
