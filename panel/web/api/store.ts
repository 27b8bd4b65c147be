import { useSyncExternalStore } from 'react'

/** A value outside of React that parts of the page may read and follow. */
export interface Store<T> {
  readonly get: () => T
  readonly set: (value: T) => void
  /** Calls the listener after each change. @returns what ends that. */
  readonly follow: (listener: () => void) => () => void
}

export function createStore<T>(first: T): Store<T> {
  let current = first
  const listeners = new Set<() => void>()
  return {
    get: () => current,
    set: (value) => {
      if (Object.is(value, current)) return
      current = value
      for (const listener of listeners) listener()
    },
    follow: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.follow, store.get)
}
