/** What is read of the fleet when somebody asks for its metrics. */
export interface FleetFigures {
  readonly bots: readonly { readonly platform: string; readonly state: string; readonly count: number }[]
  /** Ports that workers of the server hold. */
  readonly portsInUse: number
  /** How late the longest overdue subscription, and profit, of the whole database is; 0 when none is. */
  readonly expiryLagSeconds: number
  readonly maturityLagSeconds: number
  /** What waits to be sent, by its kind; `oldestSeconds` from when it was due. */
  readonly outbox: readonly { readonly topic: string; readonly pending: number; readonly oldestSeconds: number }[]
}
