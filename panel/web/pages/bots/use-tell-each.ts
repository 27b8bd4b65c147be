import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { type BotVerb, tellBot } from '../../api/bots.ts'
import { newIdempotencyKey } from '../../api/call.ts'
import { Problem } from '../../api/problem.ts'
import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { toast } from '../../shell/toasts.tsx'

interface Each {
  readonly bots: readonly InstanceView[]
  readonly body?: Readonly<Record<string, unknown>>
}

/**
 * Tells several bots the same, one after the other, and says how many took it and why the others did not. Where nobody
 * answers it stops. Another attempt goes on with those that are left, under the keys of the first.
 */
export function useTellEach(verb: BotVerb, done: () => void) {
  const { t } = useLocale()
  const client = useQueryClient()
  const keys = useRef(new Map<string, string>())
  const told = useRef(new Set<string>())
  return useMutation<readonly string[], Problem, Each>({
    networkMode: 'always',
    retry: false,
    mutationFn: async ({ bots, body }) => {
      const refused: string[] = []
      for (const bot of bots) {
        const attempt = `${bot.id} ${JSON.stringify(body)}`
        if (told.current.has(attempt)) continue
        const key = keys.current.get(attempt) ?? newIdempotencyKey()
        keys.current.set(attempt, key)
        try {
          await tellBot({ id: bot.id, verb, ...(body === undefined ? {} : { body }) }, key)
          told.current.add(attempt)
        } catch (error) {
          if (!(error instanceof Problem) || error.outcomeUnknown || bots.length === 1) throw error
          refused.push(`${bot.name}: ${error.message}`)
        }
      }
      return refused
    },
    onSuccess: (refused, { bots }) => {
      if (refused.length > 0) toast('bad', t('bulk.some_refused', { count: refused.length }), refused.join('\n'))
      if (refused.length < bots.length) {
        toast('good', bots.length === 1 ? t(`done.${verb}`) : t('bulk.done', { count: bots.length - refused.length }))
      }
      done()
    },
    onSettled: () =>
      Promise.all(['bots', 'servers', 'pairing'].map((word) => client.invalidateQueries({ queryKey: [word] }))),
  })
}
