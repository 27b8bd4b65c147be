import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call, reach } from '../api/call.ts'
import { readAnew } from '../api/live.ts'
import { useStore } from '../api/store.ts'
import { useLocale } from '../i18n/locale.tsx'
import { Note } from '../parts/note.tsx'

const askEveryMs = 3_000

/** While the server or its database is away: says so, asks until it is back, and then shows everything anew. */
export function ReachBanner() {
  const state = useStore(reach)
  const { t } = useLocale()
  const client = useQueryClient()
  useEffect(() => {
    if (state === 'fine') return undefined
    const timer = setInterval(() => {
      call('GET /api/health', {}).then(
        () => readAnew(client),
        () => undefined,
      )
    }, askEveryMs)
    return () => clearInterval(timer)
  }, [state, client])
  if (state === 'fine') return null
  return (
    <Note isUrgent tone="bad" title={t(state === 'server_away' ? 'reach.server_away' : 'reach.database_away')}>
      {t('reach.nothing_is_sent')}
    </Note>
  )
}
