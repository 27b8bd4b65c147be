import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { newIdempotencyKey } from './call.ts'
import type { Problem } from './problem.ts'

export interface ChangeOptions<I, O> {
  /** Carries the change out; gets the key that all attempts of the same input share. */
  readonly send: (input: I, idempotencyKey: string) => Promise<O>
  /** First words of the queries that show something else afterwards. */
  readonly stale: readonly string[]
  readonly onDone?: (answer: O, input: I) => void
  readonly onProblem?: (problem: Problem) => void
}

/**
 * A change that a person makes. It is sent at once or fails: nothing waits for the network to come back and surprises
 * them later. A repeated attempt whose first outcome is unknown carries the same key, so it takes effect once.
 */
export function useChange<I, O = unknown>(options: ChangeOptions<I, O>) {
  const client = useQueryClient()
  const attempt = useRef<{ input: string; key: string } | undefined>(undefined)
  return useMutation<O, Problem, I>({
    networkMode: 'always',
    retry: false,
    mutationFn: (input) => {
      const text = JSON.stringify(input) ?? ''
      if (attempt.current?.input !== text) attempt.current = { input: text, key: newIdempotencyKey() }
      return options.send(input, attempt.current.key)
    },
    onSuccess: (answer, input) => {
      attempt.current = undefined
      options.onDone?.(answer, input)
    },
    onError: (problem) => {
      if (!problem.outcomeUnknown) attempt.current = undefined
      options.onProblem?.(problem)
    },
    onSettled: () => Promise.all(options.stale.map((word) => client.invalidateQueries({ queryKey: [word] }))),
  })
}
