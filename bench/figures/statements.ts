import type { Figure } from '../figure.ts'
import { idleFleet } from '../support/idle-fleet.ts'

export const statements: Figure = {
  name: 'statements',
  title: 'database statements a minute, idle, 50 bots',
  unit: 'a minute',
  digits: 0,
  floor: 'with 1 bot',
  reach: { text: 'ratio <= 1.2', holds: ({ ratio }) => ratio !== undefined && ratio.median <= 1.2 },
  how: 'Every statement that Postgres logs (`log_statement = all`, BEGIN and COMMIT included) from the connections of the server and its parts, over 60 idle seconds; the server with one bot runs beside it, on a database of its own.',
  measure: async (run) => {
    const idle = await idleFleet(run)
    return { ours: idle.statements, floor: idle.statementsOfOneBot }
  },
}
