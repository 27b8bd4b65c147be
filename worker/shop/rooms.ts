import { adminRoom } from './admin/room.ts'
import { agentRoom } from './agent/room.ts'
import { customerRoom } from './customer/room.ts'
import { noticesRoom } from './notices/room.ts'
import type { Room } from './room.ts'

export const rooms: readonly Room[] = [customerRoom, agentRoom, adminRoom, noticesRoom]
