import { type ReactNode, Suspense, useEffect } from 'react'
import { useLocation } from 'wouter'
import { createStore, useStore } from '../api/store.ts'
import { rememberOpener } from '../parts/opener.ts'

type Render = (close: () => void) => ReactNode

const opened = createStore<Render | undefined>(undefined)

/**
 * Opens a dialog that outlives the row it was asked for in: what happens to a bot may take it out of the list at any
 * moment, and the person before the dialog must still learn what came of it.
 */
export function openSheet(render: Render): void {
  rememberOpener()
  opened.set(render)
}

function close(): void {
  opened.set(undefined)
}

/** Where such a dialog stands; another page closes it. */
export function SheetHost() {
  const render = useStore(opened)
  const [here] = useLocation()
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  useEffect(() => close, [here])
  return <Suspense>{render?.(close)}</Suspense>
}
