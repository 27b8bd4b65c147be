import type { Room } from '../room.ts'

export const adminRoom: Room = {
  isOf: (tenant) => tenant === 'master',
  routes: {},
  commands: {},
  listeners: {},
  menu: [],
}
