import type { Room } from '../room.ts'

export const agentRoom: Room = {
  isOf: (tenant) => tenant !== 'master',
  routes: {},
  commands: {},
  listeners: {},
  menu: [],
}
