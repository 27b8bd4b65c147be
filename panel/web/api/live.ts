import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { createStore } from './store.ts'

/** Whether changes are told as they happen; while they are not, the pages ask from time to time. */
export const live = createStore(false)

/** Follows the server's events while somebody is signed in, and reads anew what they say has changed. */
export function useLiveUpdates(): void {
  const client = useQueryClient()
  useEffect(() => {
    const source = new EventSource('/api/events')
    source.addEventListener('open', () => live.set(true))
    source.addEventListener('error', () => live.set(false))
    source.addEventListener('message', () => void client.invalidateQueries())
    return () => {
      source.close()
      live.set(false)
    }
  }, [client])
}
