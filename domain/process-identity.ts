/**
 * A process identity: boot id, pid namespace, pid and raw start ticks (design section 5). Only a process whose
 * identity checks out is ever signalled; a pid alone may belong to a stranger.
 */
export interface ProcessIdentity {
  readonly bootId: string
  /** The inode number of `/proc/self/ns/pid`. */
  readonly pidNamespace: string
  readonly pid: number
  /** Field 22 of `/proc/<pid>/stat`. */
  readonly startTicks: string
}

/** What `/proc` says of a pid on this host. */
export type ProcessSighting =
  | { readonly kind: 'gone' }
  | { readonly kind: 'seen'; readonly startTicks: string; readonly state: string }

export type Liveness = 'alive' | 'dead' | 'unprovable'

/** `<boot id>/<pid namespace>/<pid>/<start ticks>`: how an identity stands in a database column. */
export function formatProcessIdentity(identity: ProcessIdentity): string {
  return `${identity.bootId}/${identity.pidNamespace}/${identity.pid}/${identity.startTicks}`
}

/** Reads what `formatProcessIdentity` wrote; undefined for anything else, which counts as not provable. */
export function parseProcessIdentity(text: string): ProcessIdentity | undefined {
  const match = /^([0-9a-f-]{36})\/([0-9]+)\/([0-9]+)\/([0-9]+)$/.exec(text)
  if (match === null) return undefined
  const [, bootId = '', pidNamespace = '', pid = '', startTicks = ''] = match
  return { bootId, pidNamespace, pid: Number(pid), startTicks }
}

/**
 * Dead only where boot id and namespace are our own and the pid is gone, has other start ticks, or is a zombie
 * (state Z or X). Any difference in the first two is not provable.
 */
export function judgeLiveness(
  own: Pick<ProcessIdentity, 'bootId' | 'pidNamespace'>,
  other: ProcessIdentity,
  sighting: ProcessSighting,
): Liveness {
  if (own.bootId !== other.bootId || own.pidNamespace !== other.pidNamespace) return 'unprovable'
  if (sighting.kind === 'gone') return 'dead'
  if (sighting.startTicks !== other.startTicks) return 'dead'
  return sighting.state === 'Z' || sighting.state === 'X' ? 'dead' : 'alive'
}
