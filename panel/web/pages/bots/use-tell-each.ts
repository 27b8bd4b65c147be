import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { type BotCommand, tellBot } from '../../api/bots.ts'
import { newIdempotencyKey } from '../../api/call.ts'
import { Problem } from '../../api/problem.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { toast } from '../../shell/toasts.tsx'

/**
 * Tells several bots the same, one after the other, and says how many took it and why the others did not. Where nobody
 * answers it stops. Another attempt goes on with those that are left, under the keys of the first.
 */
export function useTellEach(done: () => void) {
  const { t } = useLocale()
  const client = useQueryClient()
  const keys = useRef(new Map<string, string>())
  const told = useRef(new Set<string>())
  return useMutation<readonly string[], Problem, readonly BotCommand[]>({
    networkMode: 'always',
    retry: false,
    mutationFn: async (commands) => {
      const refused: string[] = []
      for (const command of commands) {
        const attempt = JSON.stringify(command)
        if (told.current.has(attempt)) continue
        const key = keys.current.get(attempt) ?? newIdempotencyKey()
        keys.current.set(attempt, key)
        try {
          await tellBot(command, key)
          told.current.add(attempt)
        } catch (error) {
          if (!(error instanceof Problem) || error.outcomeUnknown || commands.length === 1) throw error
          refused.push(error.message)
        }
      }
      return refused
    },
    onSuccess: (refused, commands) => {
      const taken = commands.length - refused.length
      const verb = commands[0]?.verb ?? 'start'
      if (refused.length > 0) toast('bad', t('bulk.some_refused', { count: refused.length }), refused.join('; '))
      if (taken > 0) toast('good', commands.length === 1 ? t(`done.${verb}`) : t('bulk.done', { count: taken }))
      done()
    },
    onSettled: () =>
      Promise.all(['bots', 'servers', 'pairing'].map((word) => client.invalidateQueries({ queryKey: [word] }))),
  })
}
