import type { Queryable } from '../db/transaction.ts'

/**
 * What keeps the gateway out of its role. `missing`: there is none; `not_granted`: not to this database's user;
 * `not_equipped`: without its rights in this database; `unbound`: no policy holds for it.
 */
export type GatewayRoleState = 'ready' | 'missing' | 'not_granted' | 'not_equipped' | 'unbound'

/** Whether row-level security stands behind the gateway here (migration 0012). */
export async function gatewayRoleState(database: Queryable): Promise<GatewayRoleState> {
  const { rows } = await database.query<{ state: GatewayRoleState }>('select gateway_role_state() as state')
  return rows[0]?.state ?? 'missing'
}
