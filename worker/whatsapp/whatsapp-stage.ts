import type { PlatformStage } from '../rehearsal.ts'

/** The platform of a rehearsal: a server that takes no connection, for now. */
export const whatsappStage: PlatformStage = () => () => undefined
